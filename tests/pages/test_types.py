"""Values of each type as places in an order: out to the client and back, they are what the database has."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    CHAR,
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Time,
    TypeDecorator,
    insert,
)
from sqlalchemy.orm import registry

from django_like_repos import Database, F, QuerySet
from tests.pages.conftest import SECRET


class Backwards(TypeDecorator[str]):
    """Stored the other way round than Python sees it."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None else value[::-1]

    process_result_value = process_bind_param


VALUES: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "small": (Integer, [-(2**31), -1, 0, 2**31 - 1]),
    "large": (BigInteger, [-(2**63), 0, 2**53 + 1, 2**63 - 1]),
    "flag": (Boolean, [False, True]),
    "single": (REAL, [-0.1, 0.1, 1 / 3, 16777216.0]),
    "double": (Double, [-1e300, 0.1, 0.1 + 2**-55, 1 / 3, 5e-324]),
    "exact": (lambda: Numeric(20, 8), [Decimal("-0.00000001"), Decimal("0.1"), Decimal("123456.12345678")]),
    "loose": (Numeric, [Decimal("0.1"), Decimal("0.10000001"), Decimal(3)]),
    "text": (String, ["", " ", "%_\\", "'", "a", "é", "ж", "\U0001f511"]),
    "padded": (lambda: CHAR(4), ["a", "ab", "abcd"]),
    "bytes": (LargeBinary, [b"", b"\x00", b"\xff"]),
    "day": (Date, [date.min, date(2026, 2, 28), date.max]),
    "hour": (Time, [time(), time(1, 2, 3, 4), time.max]),
    "naive": (DateTime, [datetime(1, 1, 1), datetime(2026, 1, 2, 3, 4, 5, 6), datetime.max]),
    "aware": (
        lambda: DateTime(timezone=True),
        [
            datetime(1, 1, 2, tzinfo=UTC),
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
        ],
    ),
    "span": (Interval, [timedelta(0), timedelta(microseconds=1), timedelta(days=400, hours=5)]),
    "own": (Backwards, ["ab", "ba", "cab"]),
}

TABLE = Table(
    "values_of_types",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *[Column(name, make()) for name, (make, _) in VALUES.items()],
)


class Held:
    """A row with a value of each type."""

    id: int


registry().map_imperatively(Held, TABLE)


async def test_each_type(fresh_database: Database) -> None:
    await fresh_database.create_all(TABLE.metadata)
    rows: list[dict[str, Any]] = [
        {
            "id": number,
            **{
                name: [*values, None, values[-1]][number % (len(values) + 2)]
                for name, (_, values) in VALUES.items()
            },
        }
        for number in range(20)
    ]
    async with fresh_database.session() as session:
        await session.execute(insert(Held), rows)
        for name in VALUES:
            for term in (name, F(name).desc(nulls_last=True)):
                queryset = QuerySet(Held, session).order_by(term, "id").values_list("id", flat=True)
                found: list[int] = []
                token: str | None = None
                while True:
                    page = await queryset.cursor_page(after=token, size=6, secret=SECRET)
                    found += page.items
                    token = page.next
                    if token is None:
                        break
                assert found == await queryset, (name, term)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_what_is_no_number(fresh_database: Database) -> None:
    """PostgreSQL has it, beyond all numbers."""
    await fresh_database.create_all(TABLE.metadata)
    values = [(float("nan"), Decimal("NaN")), (float("inf"), Decimal(2)), (1.0, Decimal(1))]
    async with fresh_database.session() as session:
        await session.execute(
            insert(Held), [{"id": n, "double": a, "loose": b} for n, (a, b) in enumerate(values * 2)]
        )
        for name in ("double", "loose"):
            queryset = QuerySet(Held, session).order_by(name).values_list("id", flat=True)
            first = await queryset.cursor_page(size=5, secret=SECRET)
            last = await queryset.cursor_page(after=first.next, size=5, secret=SECRET)
            assert (first.items, last.items) == ([2, 5, 1, 4, 0], [3])
