"""Upserting many rows of which half are there, against the best that is written by hand with SQLAlchemy.

By hand it is ``session.execute(insert(M).on_conflict_do_update(…), rows)``, which tells nothing of what
became of the rows; ours tells the keys of those that were created, updated and left alone. Both leave the
same rows, in a transaction that is rolled back. ``python -m benchmarks.bulk_upserts`` shows the figures.
"""

import asyncio
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.bulk_running import show, undone
from benchmarks.measuring import HAND, OURS, Comparison, Rounds, timed_prepared
from django_like_repos import BaseRepository, Database

ROWS: Final = 17_000
TARGETS: Final = {"postgresql": 0.40, "sqlite": 0.60}


class Base(DeclarativeBase):
    """The model that is written."""


class Stock(Base):
    __tablename__ = "stock"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    amount: Mapped[int]
    price: Mapped[float | None]


class StockRepository(BaseRepository[Stock]): ...


def rows_of(numbers: range, version: int) -> list[dict[str, Any]]:
    """Rows, whose values are of a version."""
    return [
        {"code": f"code {n}", "title": f"title {n} {version}", "amount": n % 97, "price": n * 1.5}
        for n in numbers
    ]


async def bulk_upserts(database: Database) -> list[Comparison]:
    """The costs of upserting, and what a bare number of rows costs."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        await session.execute(insert(Stock), rows_of(range(0, ROWS, 2), 0))
        await session.commit()
    name = database.engine.dialect.name
    dialect: Any = {"postgresql": postgresql, "sqlite": sqlite}[name]
    upsert = dialect.insert(Stock)
    upsert = upsert.on_conflict_do_update(
        index_elements=["code"], set_={key: upsert.excluded[key] for key in ("title", "amount", "price")}
    )
    rows = rows_of(range(ROWS), 1)

    async def by_hand(session: Any) -> None:
        await session.execute(upsert, rows)

    async def here(session: Any) -> None:
        upserted = await StockRepository(session).upsert(rows, ["code"])
        assert upserted.counts == (ROWS // 2, ROWS // 2, 0)

    assert await _stored(database, by_hand) == await _stored(database, here)
    found = await timed_prepared(undone(database, {HAND: by_hand, OURS: here}), Rounds(11, 1))
    await database.drop_all(Base.metadata)
    return [Comparison(f"upsert of {ROWS:,} rows, half of them there", found, target=TARGETS[name])]


async def _stored(database: Database, work: Any) -> Any:
    async with database.session() as session:
        await work(session)
        columns = Stock.code, Stock.title, Stock.amount, Stock.price
        found = (await session.execute(select(*columns).order_by(Stock.code))).all()
        assert await session.scalar(select(func.count(Stock.id))) == ROWS
        await session.rollback()
    return found


if __name__ == "__main__":
    asyncio.run(show(bulk_upserts))
