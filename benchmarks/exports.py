"""What it costs to have all rows as columns of Arrow, against ``pandas.read_sql`` over the same engine.

``python -m benchmarks.exports [ROWS]`` runs this: 1,000,000 rows of 5 columns where nobody says otherwise.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas  # pyright: ignore[reportMissingImports]
from sqlalchemy import Connection, DateTime, String, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.bulk_running import show
from benchmarks.measuring import OURS, AsyncWay, Comparison, Rounds, timed
from django_like_repos import Database, QuerySet

ROWS: Final = 1_000_000
HOW: Final = Rounds(rounds=5, repeat=1)
READ_SQL: Final = "pandas.read_sql"
CURSOR: Final = "by a cursor"
TARGET: Final = 0.25


class Base(DeclarativeBase):
    """The model that is read."""


class Measurement(Base):
    __tablename__ = "export_measurements"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    level: Mapped[int | None]
    weight: Mapped[float]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


async def exports(database: Database, number: int = ROWS) -> list[Comparison]:
    """The costs of all rows as a table, a frame of pandas, and in batches."""
    async with _filled(database, number):
        ways = {
            READ_SQL: _read_sql(database, number),
            OURS: _table(database, number),
            CURSOR: _batches(database, number),
        }
        times = await timed(ways, HOW)
        return [Comparison(f"{number} rows of 5 columns as Arrow", times, READ_SQL, TARGET)]


def _read_sql(database: Database, number: int) -> AsyncWay:
    statement = select(*Measurement.__table__.columns)

    def read(connection: Connection) -> Any:
        return pandas.read_sql(statement, connection)

    async def way() -> None:
        async with database.engine.connect() as connection:
            assert len(await connection.run_sync(read)) == number

    return way


def _table(database: Database, number: int) -> AsyncWay:
    async def way() -> None:
        async with database.session() as session:
            assert (await QuerySet(Measurement, session).to_arrow()).num_rows == number

    return way


def _batches(database: Database, number: int) -> AsyncWay:
    async def way() -> None:
        async with database.session() as session:
            counted = 0
            async for batch in QuerySet(Measurement, session).arrow_batches():
                counted += batch.num_rows
            assert counted == number

    return way


@asynccontextmanager
async def _filled(database: Database, number: int) -> AsyncIterator[None]:
    await database.create_all(Base.metadata)
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.session() as session:
        for start in range(0, number, 10_000):
            values = [
                {
                    "id": key,
                    "name": f"no {key}",
                    "level": None if key % 10 == 0 else key * 7,
                    "weight": key / 8,
                    "at": begun + timedelta(seconds=key),
                }
                for key in range(start + 1, min(start + 10_000, number) + 1)
            ]
            await session.execute(insert(Measurement), values)
        await session.commit()
    try:
        yield
    finally:
        await database.drop_all(Base.metadata)


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    asyncio.run(show(lambda database: exports(database, asked)))
