"""Work that is done whole in its caller's task, and goes on where that is cancelled; so sessions end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from django_like_repos.execution.shielding import shielded
from tests.database.models import ShelfRepository


@contextmanager
def turns() -> Iterator[list[None]]:
    """How often the event loop turns."""
    loop: Any = asyncio.get_running_loop()
    found: list[None] = []
    once = loop._run_once

    def counting() -> None:
        found.append(None)
        once()

    with patch.object(loop, "_run_once", counting):
        yield found


class Steps:
    """Work of several steps, each of which waits for the test."""

    def __init__(self) -> None:
        self.waits: list[asyncio.Future[str]] = [asyncio.get_running_loop().create_future() for _ in range(3)]
        self.done: list[str] = []
        self.over = asyncio.Event()

    async def work(self) -> str:
        try:
            for each in self.waits:
                await asyncio.sleep(0)
                try:
                    self.done.append(await each)
                except (ValueError, asyncio.CancelledError) as error:
                    self.done.append(type(error).__name__)
        finally:
            self.over.set()
        return "result"


@pytest.fixture
async def steps() -> AsyncIterator[Steps]:
    steps = Steps()
    yield steps
    for each in steps.waits:
        each.cancel()


async def _until_it_waits() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_its_result(steps: Steps) -> None:
    task = asyncio.create_task(_asking(steps))
    for at, each in enumerate(steps.waits):
        await _until_it_waits()
        each.set_result(f"{at}")
    assert await task == "result"
    assert steps.done == ["0", "1", "2"]


async def _asking(steps: Steps) -> str:
    return await shielded(steps.work())


async def test_errors_and_cancellations_of_what_it_waits_for_are_its_own(steps: Steps) -> None:
    task = asyncio.create_task(_asking(steps))
    await _until_it_waits()
    steps.waits[0].set_exception(ValueError())
    await _until_it_waits()
    steps.waits[1].cancel()
    steps.waits[2].set_result("2")
    assert await task == "result"
    assert steps.done == ["ValueError", "CancelledError", "2"]


async def test_its_error() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await shielded(fail())


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("late", [False, True])
async def test_cancelled_it_goes_on(steps: Steps, at: int, late: bool) -> None:
    """``late``: when what it waits for is done already, and nobody has been told."""
    task = asyncio.create_task(_asking(steps))
    for each in steps.waits[:at]:
        await _until_it_waits()
        each.set_result("before")
    await _until_it_waits()
    if late:
        steps.waits[at].set_result("late")
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not steps.over.is_set()
    for each in steps.waits[at + late :]:
        await _until_it_waits()
        each.set_result("after")
    await steps.over.wait()
    assert steps.done == ["before"] * at + ["late"] * late + ["after"] * (3 - at - late)


async def test_cancelled_while_it_lets_others_run(steps: Steps) -> None:
    task = asyncio.create_task(_asking(steps))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for each in steps.waits:
        each.set_result("after")
    await steps.over.wait()
    assert steps.done == ["after"] * 3


async def test_left_for_good_it_goes_on(steps: Steps) -> None:
    """As a generator that nobody asks any more is closed."""
    asking = _asking(steps)
    asking.send(None)
    asking.close()
    for each in steps.waits:
        each.set_result("after")
    await steps.over.wait()
    assert steps.done == ["after"] * 3


async def test_in_time(steps: Steps) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await _asking(steps)
    for each in steps.waits:
        each.set_result("after")
    await steps.over.wait()


async def test_a_session_with_nothing_to_end_ends_at_once(shelves: Database) -> None:
    with turns() as found:
        async with shelves.session():
            pass
    assert found == []


async def _read(session: AsyncSession, _: int) -> None:
    await ShelfRepository(session).objects.get(name="Проза")


async def _create(session: AsyncSession, at: int) -> None:
    await ShelfRepository(session).commit().create(name=f"new {at}")


@pytest.mark.parametrize(("operation", "most"), [(_read, (3, 6)), (_create, (5, 2))])
async def test_how_often_the_loop_turns(shelves: Database, operation: Any, most: tuple[int, int]) -> None:
    """Twice for each time that PostgreSQL is asked: it answers, and who waits goes on."""

    async def whole(database: Database, at: int) -> None:
        async with database.session() as session:
            await operation(session, at)

    # Others may have listened to what the shared engine executes.
    async with Database(shelves.engine.url) as database:
        for at in range(3):
            await whole(database, at)
        counted = []
        for at in range(3, 8):
            with turns() as found:
                await whole(database, at)
            counted.append(len(found))
        # Others may turn it besides.
        assert min(counted) <= most[database.engine.dialect.name == "postgresql"]


async def test_a_session_that_is_cancelled_at_its_end_gives_its_connection_back(shelves: Database) -> None:
    async def write() -> None:
        async with shelves.session() as session:
            await ShelfRepository(session).flush().create(name="new")
            leaving.set()

    for _ in range(2):
        leaving = asyncio.Event()
        task = asyncio.create_task(write())
        await leaving.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        pool: Any = shelves.engine.pool
        assert pool.checkedout() == 0
    async with shelves.session() as session:
        assert not await ShelfRepository(session).objects.filter(name="new").exists()
