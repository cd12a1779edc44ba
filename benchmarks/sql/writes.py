"""What is written in the shop, and rolled back: by an expert's SQL, and by ours in both forms."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from benchmarks.measuring import HAND, OURS, AsyncWay
from benchmarks.sql.shop import Invoice, Line
from django_like_repos import Database, QuerySet

KEYS: Final = f"{OURS}, by keys"
NUMBER: Final = f"{OURS}, a number"


class Write(NamedTuple):
    name: str
    rows: QuerySet[Any]
    sets: Mapping[str, Any]
    """What an UPDATE sets; a DELETE has nothing."""
    expert: str | Mapping[str, str]
    """In SQL, of each database if they differ."""

    def by_hand(self, dialect: str) -> str:
        """The expert's SQL, which gives back the keys as ours does."""
        return self.expert if isinstance(self.expert, str) else self.expert[dialect]


_MARCH: Final = (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))

WRITES: Final = (
    Write(
        "writing: a month's invoices of a status",
        QuerySet(Invoice).filter(created__gte=_MARCH[0], created__lt=_MARCH[1], status=1),
        {"status_id": 2},
        {
            "postgresql": "UPDATE invoices SET status_id = 2 WHERE created >= '2025-03-01 00:00+00' "
            "AND created < '2025-04-01 00:00+00' AND status_id = 1 RETURNING id",
            "sqlite": "UPDATE invoices SET status_id = 2 WHERE created >= '2025-03-01' "
            "AND created < '2025-04-01' AND status_id = 1 RETURNING id",
        },
    ),
    Write(
        "writing: the invoices of a region",
        QuerySet(Invoice).filter(customer__region__name="region 7"),
        {"status_id": 2},
        {
            "postgresql": "UPDATE invoices SET status_id = 2 FROM customers AS c "
            "JOIN regions AS r ON r.id = c.region_id "
            "WHERE c.id = invoices.customer_id AND r.name = 'region 7' RETURNING invoices.id",
            "sqlite": "UPDATE invoices SET status_id = 2 WHERE customer_id IN "
            "(SELECT c.id FROM customers AS c JOIN regions AS r ON r.id = c.region_id "
            "WHERE r.name = 'region 7') RETURNING id",
        },
    ),
    Write(
        "writing: no lines of a kind of products",
        QuerySet(Line).filter(product__kind="kind 7"),
        {},
        {
            "postgresql": "DELETE FROM lines USING products AS p "
            "WHERE p.id = lines.product_id AND p.kind = 'kind 7' RETURNING lines.id",
            "sqlite": "DELETE FROM lines WHERE product_id IN (SELECT id FROM products WHERE kind = 'kind 7') "
            "RETURNING id",
        },
    ),
)


def ways_of(database: Database, write: Write) -> dict[str, AsyncWay]:
    """The ways to write, each of which gives the number of rows and leaves nothing."""
    by_hand = write.by_hand(database.engine.dialect.name)

    async def hand() -> int:
        async with database.engine.connect() as connection:
            return len((await connection.exec_driver_sql(by_hand)).all())

    async def written(rows: QuerySet[Any]) -> int:
        async with database.session() as session:
            rows = rows.in_session(session)
            return int(await (rows.update(write.sets) if write.sets else rows.delete()))

    return {
        HAND: hand,
        OURS: lambda: written(write.rows.writing("direct")),
        NUMBER: lambda: written(write.rows.writing("direct").returning(None)),
        KEYS: lambda: written(write.rows),
    }
