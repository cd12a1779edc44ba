"""Sessions of an engine of the user's own, which no `Database` has set up: what they lose, what they keep."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import F
from tests.faults.sqlite_counters import Base, CounterRepository, Figures

TASKS = 50


@pytest.fixture(params=["delete", "wal"])
async def engine(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    async with engine.connect() as connection:
        await connection.execute(text(f"PRAGMA journal_mode = {request.param}"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await CounterRepository(session).commit().create(id=1, name="one")
    yield engine
    await engine.dispose()


async def rows(engine: AsyncEngine) -> list[tuple[str, int]]:
    async with AsyncSession(engine) as session:
        found = await CounterRepository(session).objects.order_by("id").values_list("name", "n")
        return [(name, n) for name, n in found]


async def get_or_create(session: AsyncSession) -> None:
    await CounterRepository(session).objects.get_or_create(name="new")


async def update_or_create(session: AsyncSession) -> None:
    await CounterRepository(session).objects.update_or_create(name="new", defaults={"n": 1})


async def read_and_create(session: AsyncSession) -> None:
    assert await CounterRepository(session).objects.count() == 1
    await get_or_create(session)


async def update_and_create(session: AsyncSession) -> None:
    await CounterRepository(session).objects.filter(id=1).update(n=7)
    await get_or_create(session)


async def create_and_update(session: AsyncSession) -> None:
    await get_or_create(session)
    await CounterRepository(session).objects.filter(id=1).update(n=7)


Work = Callable[[AsyncSession], Coroutine[Any, Any, None]]
UNDONE: list[Work] = [get_or_create, update_or_create, read_and_create, update_and_create, create_and_update]


@pytest.mark.sampled
@pytest.mark.parametrize("work", UNDONE)
@pytest.mark.parametrize("end", ["rollback", "close", "error"])
async def test_what_is_not_committed_is_undone(engine: AsyncEngine, work: Work, end: str) -> None:
    try:
        async with async_sessionmaker(engine)() as session:
            await work(session)
            if end == "rollback":
                await session.rollback()
            if end == "error":
                raise RuntimeError
    except RuntimeError:
        assert end == "error"
    assert await rows(engine) == [("one", 0)]
    async with AsyncSession(engine) as session:
        await work(session)
        await session.commit()
    assert [name for name, _ in await rows(engine)] == ["one", "new"]


async def count_up(session: AsyncSession) -> None:
    counter = CounterRepository(session).objects.filter(id=1)
    assert await counter.exists()
    await counter.update(n=F("n") + 1)


async def create_and_count_up(session: AsyncSession) -> None:
    await CounterRepository(session).objects.get_or_create(name="new")
    await count_up(session)


@pytest.mark.parametrize("work", [count_up, create_and_count_up])
async def test_fifty_tasks(engine: AsyncEngine, work: Work) -> None:
    """They wait in their drivers, and some may wait in vain; nothing is lost, and nothing done twice."""
    figures = Figures()

    async def one() -> None:
        async with AsyncSession(engine) as session:
            await work(session)
            await session.commit()

    await figures.run([one] * TASKS)
    figures.show(f"{TASKS} tasks, {work.__name__}, plain engine")
    for error in figures.errors:
        assert isinstance(error, OperationalError)
        assert "database is locked" in str(error)
    counted: Any = dict(await rows(engine))
    assert counted["one"] == len(figures.seconds)
    assert len(counted) == (2 if work is create_and_count_up else 1)


async def test_a_task_that_is_cancelled(engine: AsyncEngine) -> None:
    begun = asyncio.Event()

    async def one() -> None:
        async with AsyncSession(engine) as session:
            await get_or_create(session)
            begun.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(one())
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await rows(engine) == [("one", 0)]
