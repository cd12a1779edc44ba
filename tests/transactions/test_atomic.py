"""Blocks of `atomic()`: which transaction they are, who commits, what is refused, and what is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

from django_like_repos import (
    Database,
    RolledBackError,
    UnsupportedOperationError,
    atomic,
    on_commit,
    session_dependency,
)
from tests.database.models import Book, BookRepository, Shelf, ShelfRepository
from tests.database.test_fastapi import client_of
from tests.recording import RecordedSQL
from tests.transactions.conftest import added, leaves, out, stored

Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]


class BoomError(Exception):
    """What leaves a block."""


@pytest.fixture(params=["of a Database", "of the user's"])
async def sessions(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Sessions]:
    """Sessions as a `Database` makes them, and as SQLAlchemy does on an engine that nobody has set up."""
    if request.param == "of a Database":
        yield database.session
        return
    engine = create_async_engine(database.engine.url)
    maker = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def session() -> AsyncIterator[AsyncSession]:
        async with maker() as made:
            yield made

    yield session
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    await engine.dispose()


async def write(session: AsyncSession, name: str) -> None:
    await ShelfRepository(session).flush().create(name=name)


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


# Ends by hand.

BY_HAND: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "commit": lambda session: session.commit(),
    "a flag": lambda session: ShelfRepository(session).commit().create(name="x"),
    "a flag of a queryset": lambda session: ShelfRepository(session).objects.commit().update(name="x"),
    "commit of the session within": lambda session: session.run_sync(lambda sync: sync.commit()),
    "rollback": lambda session: session.rollback(),
    "rollback of the session within": lambda session: session.run_sync(lambda sync: sync.rollback()),
}


@pytest.mark.parametrize("end", BY_HAND.values(), ids=BY_HAND)
@pytest.mark.parametrize("within", ["atomic", "begin_nested"])
async def test_nobody_else_ends_it(
    sessions: Sessions, database: Database, end: Callable[[AsyncSession], Awaitable[Any]], within: str
) -> None:
    refused = r"would (end|undo) the whole transaction, and not only this block of (atomic|begin_nested)\(\)"
    async with sessions() as session:
        async with atomic(session):
            await write(session, "a")
            with leaves(UnsupportedOperationError, match=refused):
                await end(session)
            async with atomic(session) if within == "atomic" else session.begin_nested():
                await write(session, "b")
                with leaves(UnsupportedOperationError, match=refused):
                    await end(session)
            await write(session, "c")
        # Afterwards anybody may.
        await write(session, "d")
        await session.rollback()
        await write(session, "e")
        await session.commit()
    assert await added(database) == ["a", "b", "c", "e"]


async def _rollback_of_the_transaction(session: AsyncSession) -> None:
    transaction = session.get_transaction()
    assert transaction is not None
    await transaction.rollback()


async def _commit_of_the_transaction(session: AsyncSession) -> None:
    transaction = session.get_transaction()
    assert transaction is not None
    await transaction.commit()


async def _caught(session: AsyncSession) -> None:
    with leaves(IntegrityError):
        await write(session, "Проза")


@pytest.mark.parametrize(
    "end",
    [_rollback_of_the_transaction, _commit_of_the_transaction, _caught, lambda session: session.reset()],
    ids=["rollback", "commit", "an error that was caught", "reset"],
)
async def test_what_is_lost_is_told(
    sessions: Sessions, database: Database, end: Callable[[AsyncSession], Awaitable[Any]]
) -> None:
    """A block whose transaction is gone has not succeeded."""
    called: list[str] = []
    async with sessions() as session:
        with leaves(RolledBackError, match=r"has ended within it, by an error that was caught"):
            async with atomic(session):
                await write(session, "a")
                if end is not _commit_of_the_transaction:
                    await on_commit(lambda: called.append("called"), session)
                await end(session)
        await write(session, "b")
        await session.commit()
    assert await added(database) == (["a", "b"] if end is _commit_of_the_transaction else ["b"])
    assert called == []


async def test_an_error_that_was_caught_in_a_block_of_its_own(sessions: Sessions, database: Database) -> None:
    async with sessions() as session, atomic(session):
        await write(session, "a")
        with leaves(IntegrityError):
            async with atomic(session):
                await write(session, "Проза")
        await write(session, "b")
    assert await added(database) == ["a", "b"]


# Without a savepoint.


async def test_without_a_savepoint(sessions: Sessions, database: Database) -> None:
    """An error that is caught leaves nothing of the block around, in which nothing more runs."""
    why = r"an atomic\(savepoint=False\) within has failed with BoomError"
    async with sessions() as session:
        with leaves(RolledBackError, match=why) as raised:
            async with atomic(session):
                await write(session, "a")
                with leaves(BoomError):
                    async with atomic(session, savepoint=False):
                        raise BoomError
                with leaves(RolledBackError, match=why):
                    await ShelfRepository(session).objects.count()
        assert isinstance(raised.value.__cause__, BoomError)
        await write(session, "b")
        await session.commit()
    assert await added(database) == ["b"]


async def test_without_a_savepoint_within_another(sessions: Sessions, database: Database) -> None:
    """What is undone is the savepoint around it."""
    async with sessions() as session, atomic(session):
        await write(session, "a")
        with leaves(RolledBackError):
            async with atomic(session):
                await write(session, "b")
                with leaves(BoomError):
                    async with atomic(session, savepoint=False):
                        raise BoomError
        await write(session, "c")
    assert await added(database) == ["a", "c"]


async def test_without_a_savepoint_in_a_transaction_of_sqlalchemys(
    sessions: Sessions, database: Database
) -> None:
    async with sessions() as session:
        with leaves(RolledBackError):
            async with session.begin():
                await write(session, "a")
                with leaves(BoomError):
                    async with atomic(session, savepoint=False):
                        raise BoomError
        async with session.begin():
            await write(session, "b")
            async with session.begin_nested() as nested:
                with leaves(BoomError):
                    async with atomic(session, savepoint=False):
                        raise BoomError
                await nested.rollback()
            await write(session, "c")
    assert await added(database) == ["b", "c"]


# Durable.


async def test_durable(sessions: Sessions, database: Database) -> None:
    within = r"atomic\(durable=True\) stands within a transaction whose end somebody else decides"
    async with sessions() as session:
        await _read(session)
        async with atomic(session, durable=True):
            await write(session, "a")
        async with session.begin():
            with leaves(UnsupportedOperationError, match=within):
                async with atomic(session, durable=True):
                    pytest.fail("it began")
        async with atomic(session):
            with leaves(UnsupportedOperationError, match=within):
                async with atomic(session, durable=True):
                    pytest.fail("it began")
            await write(session, "b")
    assert await added(database) == ["a", "b"]


# Commits that fail.


async def test_a_commit_that_fails_is_an_error(sessions: Sessions, database: Database) -> None:
    """A foreign key that is checked at the end of the transaction; SQLite checks it where a Database is."""
    called: list[str] = []
    async with sessions() as session:
        if database.engine.dialect.name == "sqlite":
            await session.execute(text("PRAGMA foreign_keys = ON"))
            await session.commit()
        with leaves(IntegrityError):
            async with atomic(session):
                await on_commit(lambda: called.append("called"), session)
                await write(session, "a")
                await BookRepository(session).flush().create(title="x", shelf_id=77)
        async with atomic(session):
            await write(session, "b")
    assert called == []
    assert await added(database) == ["b"]


async def test_a_flush_that_fails_at_the_end_is_an_error(sessions: Sessions, database: Database) -> None:
    async with sessions() as session:
        with leaves(IntegrityError):
            async with atomic(session):
                await ShelfRepository(session).create(name="Проза")
        async with atomic(session):
            await write(session, "a")
            with leaves(IntegrityError):
                async with atomic(session):
                    await ShelfRepository(session).create(name="Проза")
            await write(session, "b")
    assert await added(database) == ["a", "b"]


async def test_objects_after_a_savepoint_that_was_undone(sessions: Sessions) -> None:
    """They are as they were, and nothing has to be loaded."""
    async with sessions() as session, atomic(session):
        shelf = await ShelfRepository(session).objects.get(id=1)
        with leaves(BoomError):
            async with atomic(session):
                shelf.name = "x"
                session.add(Book(title="a", shelf=shelf))
                await session.flush()
                raise BoomError
        assert shelf.name == "Проза"


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_the_error_that_is_told_is_the_first(database: Database) -> None:
    """Where the connection is lost, so that there is nothing to roll back by."""
    async with database.session() as session:
        with leaves(BoomError):
            async with atomic(session):
                await write(session, "a")
                async with database.session() as other:
                    pid = await session.scalar(text("SELECT pg_backend_pid()"))
                    await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
                raise BoomError
        async with atomic(session):
            await write(session, "b")
    assert await added(database) == ["b"]


# Decorators.


@atomic
async def rename(session: AsyncSession, name: str, *, fails: bool = False) -> str:
    """Renames the first."""
    await ShelfRepository(session).objects.filter(id=1).update(name=name)
    if fails:
        raise BoomError
    return name


class Shelves(ShelfRepository):
    @atomic(durable=True)
    async def add_two(self, first: str, second: str) -> None:
        await self.create(name=first)
        await self.create(name=second)


async def test_a_decorator(database: Database) -> None:
    assert (rename.__name__, rename.__doc__) == ("rename", "Renames the first.")
    async with database.session() as session:
        assert await rename(session, "a") == "a"
        with leaves(BoomError):
            await rename(session=session, name="b", fails=True)
        assert await stored(database) == ["a", "Poésie"]
        await Shelves(session).add_two("c", "d")
        with leaves(IntegrityError):
            await Shelves(session).add_two("e", "d")
        assert await stored(database) == ["a", "Poésie", "c", "d"]

        @atomic(session)
        async def both(name: str) -> None:
            await rename(session, name)
            await write(session, f"{name}!")

        await both("f")
        with leaves(IntegrityError):
            await both("f")
    assert await stored(database) == ["f", "Poésie", "c", "d", "f!"]


async def test_a_decorator_by_a_database(database: Database) -> None:
    """Each call has a session of its own: fifty at once."""
    seen: set[int] = set()

    @atomic(database)
    async def add(session: AsyncSession, number: int) -> int:
        seen.add(id(session))
        await write(session, f"{number:02}")
        if number % 5 == 0:
            raise BoomError
        return number

    results = await asyncio.gather(*(add(number) for number in range(50)), return_exceptions=True)
    kept = [number for number in range(50) if number % 5]
    assert [each for each in results if isinstance(each, int)] == kept
    assert sum(isinstance(each, BoomError) for each in results) == 10
    assert sorted(await added(database)) == [f"{number:02}" for number in kept]
    assert out(database) == 0


async def test_what_is_not_decorated(database: Database) -> None:
    def plain(session: AsyncSession) -> None: ...

    async def generator(session: AsyncSession) -> AsyncIterator[int]:
        yield 1

    for function in (plain, generator):
        with leaves(UnsupportedOperationError, match="decorates async functions"):
            atomic(function)  # type: ignore[arg-type]

    async def method(self: Any) -> None: ...

    async def nothing() -> None: ...

    for each in (method, nothing):
        with leaves(UnsupportedOperationError, match=r"which .* has no place for"):
            atomic(database)(each)  # type: ignore[arg-type]

    @atomic
    async def of_a_name(name: str) -> None: ...

    with leaves(UnsupportedOperationError, match=r"of_a_name\(\) is given first.*that is str"):
        await of_a_name("x")


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
