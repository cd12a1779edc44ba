"""What it costs to go through many rows one by one, against SQLAlchemy's streams by hand.

``stream_scalars()`` and ``stream()`` give one row at a time, ``partitions()`` some thousand. Beside the time
stand the first row and the peak of what Python allocates. ``python -m benchmarks.streams [ROWS]`` runs this.
"""

import asyncio
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from time import perf_counter
from typing import Any, Final

from sqlalchemy import String, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.bulk_running import show
from benchmarks.measuring import OURS, AsyncWay, Comparison, Rounds, timed
from django_like_repos import BaseRepository, Database

ROWS: Final = 100_000
CHUNK: Final = 2_000
HOW: Final = Rounds(rounds=5, repeat=1)
EACH: Final = "one at a time, by hand"
PARTED: Final = "partitions, by hand"
TARGETS: Final = {"models": (0.5, 0.9), "tuples": (0.06, 0.4)}
"""The ratios that are wanted: to models one at a time, and to partitions of the same kind."""


class Base(DeclarativeBase):
    """The model that is read."""


class Reading(Base):
    __tablename__ = "stream_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    level: Mapped[int]
    weight: Mapped[float]


class ReadingRepository(BaseRepository[Reading]): ...


Rows = Callable[[AsyncSession], AsyncIterator[Any]]
COLUMNS: Final = select(Reading.id, Reading.name, Reading.level, Reading.weight)


async def _each(session: AsyncSession) -> AsyncIterator[Any]:
    async for row in await session.stream_scalars(select(Reading)):
        yield row


async def _parted(session: AsyncSession) -> AsyncIterator[Any]:
    async for rows in (await session.stream_scalars(select(Reading))).partitions(CHUNK):
        for row in rows:
            yield row


async def _tuples_parted(session: AsyncSession) -> AsyncIterator[Any]:
    async for rows in (await session.stream(COLUMNS)).partitions(CHUNK):
        for row in rows:
            yield row


def _models(session: AsyncSession) -> AsyncIterator[Any]:
    return ReadingRepository(session).objects.iterator(CHUNK)


def _tuples(session: AsyncSession) -> AsyncIterator[Any]:
    return ReadingRepository(session).objects.values_list().iterator(CHUNK)


KINDS: Final[dict[str, dict[str, Rows]]] = {
    "models": {EACH: _each, PARTED: _parted, OURS: _models},
    "tuples": {EACH: _each, PARTED: _tuples_parted, OURS: _tuples},
}


async def streams(database: Database, number: int = ROWS) -> list[Comparison]:
    """The costs of all rows, against each of the two ways by hand."""
    async with _filled(database, number):
        found: list[Comparison] = []
        for kind, ways in KINDS.items():
            times = await timed({name: _whole(database, rows, number) for name, rows in ways.items()}, HOW)
            for way, target in zip((EACH, PARTED), TARGETS[kind], strict=True):
                found.append(Comparison(f"{number} {kind}, {way}", times, way, target))
        return found


def _whole(database: Database, rows: Rows, number: int) -> AsyncWay:
    async def way() -> None:
        async with database.session() as session:
            counted = 0
            async for _ in rows(session):
                counted += 1
            assert counted == number

    return way


@asynccontextmanager
async def _filled(database: Database, number: int) -> AsyncIterator[None]:
    await database.create_all(Base.metadata)
    async with database.session() as session:
        for start in range(0, number, 10_000):
            keys = range(start + 1, min(start + 10_000, number) + 1)
            values = [{"id": key, "name": f"no {key}", "level": key * 7, "weight": key / 8} for key in keys]
            await session.execute(insert(Reading), values)
        await session.commit()
    try:
        yield
    finally:
        await database.drop_all(Base.metadata)


async def _first(database: Database) -> float:
    """Milliseconds to the first model."""
    async with database.session() as session:
        begun = perf_counter()
        async with aclosing(ReadingRepository(session).objects.iterator(CHUNK)) as rows:
            async for _ in rows:
                break
        return (perf_counter() - begun) * 1e3


async def _peak(database: Database, rows: Rows) -> float:
    """MiB that Python has allocated at most while rows were gone through."""
    async with database.session() as session:
        tracemalloc.start()
        async for _ in rows(session):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak / 2**20


async def _of_sizes(database: Database, number: int) -> None:
    """Prints what the first row takes, and the memory of all, of some rows and of ten times as many."""
    for some in (number // 10, number):
        async with _filled(database, some):
            await _first(database)
            first = min([await _first(database) for _ in range(5)])
            peaks = [f"{await _peak(database, rows):.1f}" for rows in (_models, _tuples)]
            print(
                f"  {some} rows: the first after {first:.1f} ms; peak {' and '.join(peaks)} MiB", flush=True
            )


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    asyncio.run(show(lambda database: streams(database, asked), lambda database: _of_sizes(database, asked)))
