"""Blocks of several tasks in one session: each ends before those around it, or nothing of them looks kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RolledBackError, UnsupportedOperationError, atomic
from tests.database.models import Shelf, ShelfRepository
from tests.transactions.conftest import BoomError, Sessions, added, leaves, write

ONE_TASK = "a session serves one task at a time, so give each task a session of its own"


class Hooked(ShelfRepository):
    """Does in its hook what it is given."""

    def __init__(self, session: AsyncSession, within: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(session)
        self._within = within

    async def after_create(self, objs: Sequence[Shelf]) -> None:
        await self._within()


async def is_as_new(session: AsyncSession, database: Database) -> None:
    """A session of which no block is left takes whatever is asked of it."""
    await session.rollback()
    async with atomic(session):
        await write(session, "kept")
    await session.reset()
    await write(session, "kept, too")
    await session.commit()
    assert (await added(database))[-2:] == ["kept", "kept, too"]


# Queries of a block that are at work at its end.


async def test_two_queries_at_once_in_a_hook(sessions: Sessions, database: Database) -> None:
    async with sessions() as session:
        shelves = ShelfRepository(session)

        async def both() -> None:
            await asyncio.gather(shelves.objects.count(), shelves.objects.count())

        with leaves(UnsupportedOperationError, match="is running another query: " + ONE_TASK):
            await Hooked(session, both).flush().create(name="undone")
        assert await shelves.objects.count() == 2
        await session.commit()
        await is_as_new(session, database)
    assert await added(database) == ["kept", "kept, too"]


async def test_a_stray_query_of_a_hook(sessions: Sessions, database: Database) -> None:
    stray: list[asyncio.Task[int]] = []
    async with sessions() as session:

        async def begin() -> None:
            stray.append(asyncio.create_task(ShelfRepository(session).objects.count()))
            await asyncio.sleep(0)

        await Hooked(session, begin).commit().create(name="a")
        assert stray[0].result() == 3
        await is_as_new(session, database)
    assert await added(database) == ["a", "kept", "kept, too"]


Opens = Callable[[AsyncSession], AbstractAsyncContextManager[Any]]
BLOCKS: dict[str, Opens] = {"atomic": atomic, "begin_nested": lambda session: session.begin_nested()}


def slow(session: AsyncSession) -> asyncio.Task[Any]:
    """A query of another task, that goes on for longer than anybody waits."""
    if session.get_bind().dialect.name == "postgresql":
        return asyncio.create_task(session.execute(text("SELECT pg_sleep(60)")))
    counted = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    return asyncio.create_task(session.execute(text(counted)))


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("block", ["atomic", "begin_nested", "hook"])
async def test_cancelled_while_its_end_waits(database: Database, block: str, times: int) -> None:
    """However often; the query of the other task is cancelled, too, and the block undone."""
    async with database.session() as session:
        tasks: list[asyncio.Task[Any]] = []
        waits = asyncio.Event()

        async def begin() -> None:
            tasks.append(slow(session))
            await asyncio.sleep(0)
            waits.set()

        async def work() -> None:
            if block == "hook":
                await Hooked(session, begin).flush().create(name="undone")
            else:
                async with BLOCKS[block](session):
                    await write(session, "undone")
                    await begin()

        await write(session, "a")
        working = asyncio.create_task(work())
        await waits.wait()
        for _ in range(times):
            await asyncio.sleep(0)
            working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert tasks[0].cancelled()
        await is_as_new(session, database)
    assert "undone" not in await added(database)


# Blocks of tasks that know nothing of each other.


async def interleaved(first: Callable[[], Awaitable[Any]], second: Callable[[], Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(first(), second(), return_exceptions=True))


@pytest.mark.parametrize("second", ["atomic", "hook"])
@pytest.mark.parametrize("first", ["atomic", "hook"])
async def test_a_block_within_that_of_another_task(
    sessions: Sessions, database: Database, first: str, second: str
) -> None:
    """Is refused as it begins, and the other is not touched."""
    begun, over = asyncio.Event(), asyncio.Event()
    async with sessions() as session:

        async def wait() -> None:
            begun.set()
            await over.wait()

        async def one() -> None:
            if first == "hook":
                await Hooked(session, wait).commit().create(name="a")
                return
            async with atomic(session):
                await write(session, "a")
                await wait()

        async def other() -> None:
            await begun.wait()
            try:
                if second == "hook":
                    await Hooked(session, wait).create(name="b")
                else:
                    async with atomic(session):
                        pytest.fail("it began")
            finally:
                over.set()

        kept, refused = await interleaved(one, other)
        assert kept is None
        assert isinstance(refused, UnsupportedOperationError)
        called = "a write of several steps" if first == "hook" else r"atomic()"
        assert str(refused).startswith(f"this session is in a block of {called} of another task")
        assert str(refused).endswith(ONE_TASK)
        await is_as_new(session, database)
    assert await added(database) == ["a", "kept", "kept, too"]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("atomic", "begin_nested"), ("begin_nested", "atomic"), ("begin_nested", "begin_nested")],
)
async def test_a_block_that_ends_before_the_one_within(database: Database, outer: str, inner: str) -> None:
    """Where it could not be refused: nothing of both is kept, both say so, and the session goes on."""
    begun, within, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with database.session() as session:

        async def one() -> None:
            try:
                async with BLOCKS[outer](session):
                    await write(session, "a")
                    begun.set()
                    await within.wait()
            finally:
                over.set()

        async def other() -> None:
            await begun.wait()
            async with BLOCKS[inner](session):
                await write(session, "b")
                within.set()
                await over.wait()

        lost = await interleaved(one, other)
        assert [type(each) for each in lost] == [RolledBackError, RolledBackError]
        assert "has ended before one of" in str(lost[0])
        assert "around this one" in str(lost[1])
        assert all(ONE_TASK in str(each) for each in lost)
        await is_as_new(session, database)
    assert await added(database) == ["kept", "kept, too"]


async def test_a_part_without_a_savepoint_that_ends_before_the_one_within(database: Database) -> None:
    """Nothing is kept of what it is a part of."""
    begun, within, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with database.session() as session:

        async def one() -> None:
            try:
                async with atomic(session, savepoint=False):
                    await write(session, "a")
                    begun.set()
                    await within.wait()
            finally:
                over.set()

        async def other() -> None:
            await begun.wait()
            async with session.begin_nested():
                within.set()
                await over.wait()

        with leaves(RolledBackError, match="within has failed with RolledBackError"):
            async with atomic(session):
                await interleaved(one, other)
        await is_as_new(session, database)
    assert await added(database) == ["kept", "kept, too"]


# Blocks of tasks that belong together.


async def _in_a_group(work: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(work())  # type: ignore[arg-type]


async def _in_a_timeout(work: Callable[[], Awaitable[None]]) -> None:
    """Another task, before Python 3.12."""
    await asyncio.wait_for(work(), 60)


async def _by_anyio(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(work)


@pytest.mark.parametrize("run", [_in_a_group, _in_a_timeout, _by_anyio])
@pytest.mark.parametrize("around", ["atomic", "begin_nested", "hook"])
async def test_a_task_that_was_begun_in_the_block(
    sessions: Sessions, database: Database, run: Callable[..., Awaitable[None]], around: str
) -> None:
    """Has blocks of its own within it, and an error of one undoes it alone."""
    async with sessions() as session:

        async def nothing() -> None: ...

        async def work() -> None:
            async with atomic(session):
                await write(session, "b")
            with leaves(BoomError):
                async with atomic(session):
                    await write(session, "undone")
                    raise BoomError
            await Hooked(session, nothing).create(name="c")

        if around == "hook":
            await Hooked(session, lambda: run(work)).flush().create(name="a")
        else:
            async with BLOCKS[around](session):
                await write(session, "a")
                await run(work)
        await session.commit()
    assert await added(database) == ["a", "b", "c"]


async def test_siblings_in_a_block(sessions: Sessions, database: Database) -> None:
    """Each may have a block within that of their parent, but not at the same time."""
    begun, over = asyncio.Event(), asyncio.Event()
    async with sessions() as session:

        async def one() -> None:
            async with atomic(session):
                await write(session, "a")
                begun.set()
                await over.wait()

        async def other() -> None:
            await begun.wait()
            try:
                async with atomic(session):
                    pytest.fail("it began")
            finally:
                over.set()

        async with atomic(session):
            kept, refused = await interleaved(one, other)
            assert (kept, type(refused)) == (None, UnsupportedOperationError)
            async with atomic(session):
                await write(session, "b")
    assert await added(database) == ["a", "b"]


@pytest.fixture(params=BLOCKS)
async def isolated(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[AsyncSession]:
    """A session of which nothing is kept: its block was begun in a task that is over."""
    async with database.session() as session:
        try:
            async with BLOCKS[request.param](session):
                await write(session, "of the fixture")
                yield session
                raise BoomError
        except BoomError:
            await session.rollback()
        assert await added(database) == []


async def test_a_fixture_holds_a_block_open(isolated: AsyncSession) -> None:
    async with atomic(isolated):
        await write(isolated, "of the test")
    assert await ShelfRepository(isolated).objects.count() == 4
    with leaves(UnsupportedOperationError, match="a commit would end the whole transaction"):
        await isolated.commit()


async def test_a_block_of_a_task_that_is_over(database: Database) -> None:
    """Which nobody ends: a session that begins anew is in none."""
    async with database.session() as session:
        await asyncio.create_task(atomic(session).__aenter__())
        await write(session, "undone")
        await session.reset()
        await is_as_new(session, database)
    assert await added(database) == ["kept", "kept, too"]
