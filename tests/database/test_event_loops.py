"""A `Database` in several event loops: one after the other it works, two at once are refused in words."""

import asyncio
import gc
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from django_like_repos import Database, UnsupportedOperationError
from tests.database.models import Base, ShelfRepository


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, postgres: URL) -> URL:
    if request.param == "postgresql":
        return postgres
    path = str(tmp_path / "test.sqlite3") if request.param == "sqlite" else None
    return URL.create("sqlite+aiosqlite", database=path)


async def one(database: Database) -> int:
    async with database.session() as session:
        return int(await session.scalar(text("SELECT 1")) or 0)


async def many(database: Database) -> list[int]:
    """More than the pool holds, so that some wait for a connection."""
    return await asyncio.gather(*(one(database) for _ in range(8)))


def in_a_thread(database: Database, close: bool = False) -> list[int]:
    """What each of three new event loops says, one after the other."""
    said: list[int] = []

    async def work() -> None:
        said.append(sum(await many(database)))
        if close:
            await database.close()

    def loops() -> None:
        for _ in range(3):
            asyncio.run(work())

    thread = threading.Thread(target=loops)
    thread.start()
    thread.join()
    return said


def test_in_one_loop_after_the_other(url: URL) -> None:
    options: dict[str, Any] = {} if url.database is None else {"pool_size": 3, "max_overflow": 0}
    with warnings.catch_warnings():
        # Nobody closed the connections of the loops that are over.
        warnings.simplefilter("ignore", ResourceWarning)
        assert in_a_thread(Database(url, **options)) == [8, 8, 8]
        gc.collect()
    assert in_a_thread(Database(url, **options), close=True) == [8, 8, 8]


def test_a_database_in_memory_outlives_a_loop() -> None:
    database = Database("sqlite+aiosqlite://")

    async def make() -> None:
        await database.create_all(Base)
        async with database.session() as session:
            await ShelfRepository(session).commit().create(name="kept")

    async def count() -> int:
        async with database.session() as session:
            counted = await ShelfRepository(session).objects.count()
        await database.close()
        return counted

    found: list[int] = []

    def loops() -> None:
        asyncio.run(make())
        found.append(asyncio.run(count()))

    thread = threading.Thread(target=loops)
    thread.start()
    thread.join()
    assert found == [1]


async def test_in_two_loops_at_once(url: URL) -> None:
    refused: list[Exception] = []

    async def elsewhere() -> None:
        try:
            await one(database)
        except UnsupportedOperationError as error:
            refused.append(error)

    async with Database(url) as database:
        assert await one(database) == 1
        await asyncio.to_thread(asyncio.run, elsewhere())
        (error,) = refused
        assert "at work in another event loop" in str(error)
        assert "a Database for each loop, or await database.close()" in str(error)
        assert await one(database) == 1
        await database.close()
        assert await asyncio.to_thread(asyncio.run, one_and_close(database)) == 1


async def one_and_close(database: Database) -> int:
    found = await one(database)
    await database.close()
    return found
