"""Blocks of `atomic()`: which transaction they are, who commits, what is refused, and what is told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
)

from django_like_repos import (
    Database,
    UnsupportedOperationError,
    atomic,
    on_commit,
    session_dependency,
)
from tests.database.models import Shelf, ShelfRepository
from tests.database.test_fastapi import client_of
from tests.recording import RecordedSQL
from tests.transactions.conftest import BoomError, Sessions, added, leaves, stored, write

# What comes before the block in its session.


async def _nothing(_: AsyncSession) -> None:
    pass


async def _read(session: AsyncSession) -> None:
    await ShelfRepository(session).objects.count()


async def _pending(session: AsyncSession) -> None:
    await ShelfRepository(session).create(name="before")


async def _written(session: AsyncSession) -> None:
    await write(session, "before")


BEFORE = {"nothing": _nothing, "a read": _read, "a pending row": _pending, "a written row": _written}
Before = Callable[[AsyncSession], Awaitable[None]]


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
async def test_the_outermost_commits(sessions: Sessions, database: Database, before: Before) -> None:
    """Also what the session had begun without saying so."""
    async with sessions() as session:
        await before(session)
        async with atomic(session) as given:
            assert given is session
            await write(session, "a")
        assert not session.in_transaction()
    expected = ["before", "a"] if before in (_pending, _written) else ["a"]
    assert await added(database) == expected


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
async def test_an_error_undoes_the_block(sessions: Sessions, database: Database, before: Before) -> None:
    """And nothing else: what was there before it is still the session's, to be committed or not."""
    async with sessions() as session:
        await before(session)
        with leaves(BoomError):
            async with atomic(session):
                await write(session, "a")
                raise BoomError
        assert await added(database) == []
        await write(session, "b")
        await session.commit()
    expected = ["before", "b"] if before in (_pending, _written) else ["b"]
    assert await added(database) == expected


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
async def test_an_inner_one_is_a_savepoint(sessions: Sessions, database: Database, before: Before) -> None:
    async with sessions() as session:
        await before(session)
        async with atomic(session):
            await write(session, "a")
            with leaves(BoomError):
                async with atomic(session):
                    await write(session, "b")
                    async with atomic(session):
                        await write(session, "c")
                    raise BoomError
            async with atomic(session):
                await write(session, "d")
            assert await added(database) == []
    assert [name for name in await added(database) if name != "before"] == ["a", "d"]


@pytest.mark.parametrize("nested", [False, True])
async def test_within_a_block_of_sqlalchemys_it_does_not_commit(
    sessions: Sessions, database: Database, nested: bool
) -> None:
    async with sessions() as session:
        with leaves(BoomError):
            async with session.begin_nested() if nested else session.begin():
                async with atomic(session):
                    await write(session, "a")
                raise BoomError
        await session.rollback()
        assert await added(database) == []
        async with session.begin():
            with leaves(BoomError):
                async with atomic(session):
                    await write(session, "b")
                    raise BoomError
            async with atomic(session):
                await write(session, "c")
    assert await added(database) == ["c"]


async def test_what_is_sent(database: Database, sql: RecordedSQL) -> None:
    ends: list[str] = []
    engine = database.engine.sync_engine
    listened: dict[str, Callable[..., None]] = {
        "savepoint": lambda _connection, _name: ends.append("SAVEPOINT"),
        "release_savepoint": lambda _connection, _name, _context: ends.append("RELEASE"),
        "rollback_savepoint": lambda _connection, _name, _context: ends.append("ROLLBACK TO"),
        "commit": lambda _connection: ends.append("COMMIT"),
        "rollback": lambda _connection: ends.append("ROLLBACK"),
    }
    for name, note in listened.items():
        event.listen(engine, name, note)
    async with database.session() as session:
        async with atomic(session):
            await write(session, "a")
            async with atomic(session, savepoint=False):
                await write(session, "b")
        assert ends == ["COMMIT"]
        ends.clear()
        async with atomic(session):
            async with atomic(session):
                await write(session, "c")
            with leaves(BoomError):
                async with atomic(session):
                    await write(session, "d")
                    raise BoomError
        assert ends == ["SAVEPOINT", "RELEASE", "SAVEPOINT", "ROLLBACK TO", "COMMIT"]
        ends.clear()
        with leaves(BoomError):
            async with atomic(session):
                await write(session, "e")
                raise BoomError
        assert ends == ["ROLLBACK"]
    for name, note in listened.items():
        event.remove(engine, name, note)


# What a block is of.


async def test_of_a_repository(database: Database) -> None:
    async with database.session() as session:
        async with atomic(ShelfRepository(session)) as given:
            assert given is session
            await write(session, "a")
        assert await added(database) == ["a"]


async def test_of_a_scoped_session(database: Database) -> None:
    scoped = async_scoped_session(database.session_factory, scopefunc=asyncio.current_task)
    async with atomic(scoped) as session:
        assert session is scoped()
        await write(session, "a")
    await scoped.remove()
    assert await added(database) == ["a"]


async def test_of_a_database(database: Database) -> None:
    """In a session of its own, that is closed at the end."""
    block = atomic(database)
    async with block as session:
        await write(session, "a")
        with leaves(UnsupportedOperationError, match=r"in use.*write atomic\(database\) anew"):
            await block.__aenter__()
    with leaves(UnsupportedOperationError, match="this session is closed"):
        await ShelfRepository(session).objects.count()
    with leaves(BoomError):
        async with block as session:
            await write(session, "b")
            raise BoomError
    assert await added(database) == ["a"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("sqlite://", r"runs in an AsyncSession, and this is of str"),
        (AsyncSession, r"this is the class AsyncSession"),
        (ShelfRepository, r"this is the class ShelfRepository"),
    ],
)
def test_what_has_no_session(where: Any, message: str) -> None:
    with leaves(UnsupportedOperationError, match=message):
        atomic(where)


# Tasks.


async def test_fifty_tasks_count_up(database: Database) -> None:
    """Each in a transaction of its own that reads, locks and writes; nothing is lost."""

    @atomic(database)
    async def count_up(session: AsyncSession) -> None:
        shelf = await session.get_one(Shelf, 1, with_for_update=True)
        async with atomic(session):
            shelf.name += "!"

    await asyncio.gather(*(count_up() for _ in range(50)))
    assert sorted(await stored(database)) == ["Poésie", "Проза" + "!" * 50]


async def test_the_end_waits_for_a_query_of_another_task(database: Database) -> None:
    async with database.session() as session:
        async with atomic(session):
            task = asyncio.create_task(write(session, "stray"))
            await asyncio.sleep(0)
        await task
    assert await added(database) == ["stray"]


# Requests.

app = FastAPI()
RequestSession = Annotated[AsyncSession, Depends(session_dependency, scope="function")]
CALLED: list[str] = []


@app.post("/block")
async def block(session: RequestSession, fails: bool = False) -> None:
    await on_commit(lambda: CALLED.append(f"fails: {fails}"), session)
    async with atomic(session):
        await write(session, "a")
    assert CALLED == []
    if fails:
        raise HTTPException(409)


@app.post("/durable")
async def durable(session: RequestSession) -> None:
    async with atomic(session, durable=True):
        pytest.fail("it began")


async def test_the_request_commits(database: Database) -> None:
    app.state.database = database
    CALLED.clear()
    async with client_of(app) as client:
        assert (await client.post("/block", params={"fails": True})).status_code == 409
        assert await added(database) == []
        assert CALLED == []
        assert (await client.post("/block")).status_code == 200
        assert await added(database) == ["a"]
        assert CALLED == ["fails: False"]
        assert (await client.post("/durable")).status_code == 500
