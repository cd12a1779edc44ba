"""What is run again: deadlocks, serialization failures, a busy SQLite; how often, and where it is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import (
    Database,
    DatabaseLockedError,
    F,
    UnsupportedOperationError,
    atomic,
    on_commit,
)
from django_like_repos.execution import retrying
from tests.database.models import Shelf, ShelfRepository
from tests.transactions.conftest import added, out, stored


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to wait between two tries, who is not waited for."""
    monkeypatch.setattr(retrying, "FIRST", 0.001)
    monkeypatch.setattr(retrying, "LONGEST", 0.02)


class Meeting:
    """Two tasks that wait for each other once, so that each holds what the other wants."""

    def __init__(self) -> None:
        self._barrier = asyncio.Barrier(2)
        self._came: set[str] = set()

    async def wait(self, name: str) -> None:
        if name not in self._came:
            self._came.add(name)
            await self._barrier.wait()


async def append(session: AsyncSession, shelf: int, letter: str) -> None:
    await ShelfRepository(session).objects.filter(id=shelf).update(name=F("name") + letter)


# PostgreSQL.


on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SOON = text("SET LOCAL deadlock_timeout = '10ms'")


@on_postgresql
async def test_deadlocks_are_run_again(database: Database) -> None:
    """Two tasks that lock two rows in opposite orders: one is the server's victim, and both succeed."""
    meeting, tries = Meeting(), []

    @atomic(database, retry=5)
    async def both(session: AsyncSession, name: str, first: int, second: int) -> None:
        tries.append(name)
        await session.execute(SOON)
        await append(session, first, name)
        await meeting.wait(name)
        await append(session, second, name)

    await asyncio.gather(both("a", 1, 2), both("b", 2, 1))
    assert len(tries) == 3
    names = sorted(await stored(database))
    assert [sorted(name[-2:]) for name in names] == [["a", "b"], ["a", "b"]]


@on_postgresql
async def test_many_deadlocks(database: Database) -> None:

    @atomic(database, retry=50)
    async def both(session: AsyncSession, number: int) -> None:
        await session.execute(SOON)
        first, second = (1, 2) if number % 5 else (2, 1)
        await append(session, first, "!")
        await append(session, second, "!")

    await asyncio.gather(*(both(number) for number in range(50)))
    assert sorted(await stored(database)) == sorted(["Проза" + "!" * 50, "Poésie" + "!" * 50])
    assert out(database) == 0


@pytest.fixture
async def serializable(database: Database) -> AsyncIterator[Database]:
    async with Database(database.engine.url, isolation_level="SERIALIZABLE") as other:
        yield other


@on_postgresql
@pytest.mark.parametrize("where", ["database", "session"])
async def test_serialization_failures_are_run_again(serializable: Database, where: str) -> None:
    """Two that read all and write one, of which one is refused, perhaps at its commit."""
    meeting, tries, called = Meeting(), [], []

    async def count_in(session: AsyncSession, name: str) -> None:
        tries.append(name)
        await on_commit(lambda: called.append(name), session)
        shelves = await ShelfRepository(session).objects.count()
        await meeting.wait(name)
        await ShelfRepository(session).flush().create(name=f"{name}: {shelves}")

    async def in_a_session(name: str) -> None:
        async with serializable.session() as session:
            await atomic(session, retry=5)(count_in)(session, name)

    if where == "database":
        counted = atomic(serializable, retry=5)(count_in)
        await asyncio.gather(counted("a"), counted("b"))
    else:
        await asyncio.gather(in_a_session("a"), in_a_session("b"))
    assert len(tries) == 3
    assert sorted(called) == ["a", "b"]
    assert sorted(each[-1] for each in await added(serializable)) == ["2", "3"]
    assert out(serializable) == 0


# SQLite.


@on_sqlite
async def test_a_snapshot_that_is_too_old_is_run_again(database: Database) -> None:
    tries: list[int] = []

    @atomic(database, retry=2)
    async def count(session: AsyncSession) -> None:
        await session.execute(text("BEGIN"))
        shelves = len((await session.scalars(select(Shelf.id))).all())
        if not tries:
            async with atomic(database) as other:
                await ShelfRepository(other).create(name="between")
        tries.append(shelves)
        await ShelfRepository(session).flush().create(name=f"{shelves}")

    await count()
    assert tries == [2, 3]
    assert await added(database) == ["between", "3"]


@on_sqlite
async def test_a_busy_engine_of_the_users_is_run_again(database: Database) -> None:
    engine = create_async_engine(database.engine.url, connect_args={"timeout": 0})
    tries: list[int] = []
    async with async_sessionmaker(engine)() as session, database.session() as other:
        await ShelfRepository(other).flush().create(name="first")

        @atomic(session, retry=3)
        async def write() -> None:
            tries.append(len(tries))
            if len(tries) == 3:
                await other.commit()
            await ShelfRepository(session).flush().create(name="second")

        await write()
    await engine.dispose()
    assert tries == [0, 1, 2]
    assert await added(database) == ["first", "second"]


@on_sqlite
async def test_who_waits_for_himself_is_not(database: Database) -> None:
    """It would wait as long each time."""
    tries: list[str] = []

    @atomic(database, retry=3)
    async def inner(session: AsyncSession) -> None:
        tries.append("inner")
        await session.execute(text("PRAGMA busy_timeout = 1"))
        await ShelfRepository(session).flush().create(name="inner")

    async with database.session() as session:
        await ShelfRepository(session).flush().create(name="outer")
        with pytest.raises(DatabaseLockedError, match="waits for itself"):
            await inner()
    assert tries == ["inner"]


# How often.


class FakeError(Exception):
    """An error of PostgreSQL's."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def failing(sqlstate: str = retrying.DEADLOCK) -> DBAPIError:
    return OperationalError("UPDATE", {}, FakeError(sqlstate))


async def test_so_often_at_most(database: Database) -> None:
    tries: list[int] = []

    @atomic(database, retry=3)
    async def fails(session: AsyncSession) -> None:
        tries.append(await ShelfRepository(session).objects.count())
        await ShelfRepository(session).flush().create(name="a")
        raise failing()

    with pytest.raises(OperationalError):
        await fails()
    # What a try wrote is undone before the next.
    assert tries == [2, 2, 2, 2]
    assert await added(database) == []


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        IntegrityError("INSERT", {}, FakeError("23505")),
        OperationalError("COMMIT", {}, FakeError(retrying.DEADLOCK), connection_invalidated=True),
        asyncio.CancelledError(),
    ],
)
async def test_other_errors_are_not_run_again(database: Database, error: BaseException) -> None:
    tries: list[int] = []

    @atomic(database, retry=3)
    async def fails(_: AsyncSession) -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        await fails()
    assert tries == [1]


async def test_an_error_after_the_commit_is_not_run_again(database: Database) -> None:
    """What is committed would be done twice."""

    def fails() -> None:
        raise failing()

    @atomic(database, retry=3)
    async def write(session: AsyncSession) -> None:
        await ShelfRepository(session).flush().create(name="once")
        await on_commit(fails, session, robust=False)

    with pytest.raises(Exception, match="is committed, and what it wrote is kept"):
        await write()
    assert await added(database) == ["once"]


async def test_a_dialect_may_want_it_by_default(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(retrying.BY_DEFAULT, database.engine.dialect.name, 2)
    tries: list[str] = []

    @atomic(database)
    async def of_a_database(_: AsyncSession) -> None:
        tries.append("database")
        raise failing()

    @atomic
    async def of_a_session(_: AsyncSession) -> None:
        tries.append("session")
        raise failing()

    with pytest.raises(OperationalError):
        await of_a_database()
    async with database.session() as session:
        with pytest.raises(OperationalError):
            await of_a_session(session)
        assert tries == ["database"] * 3 + ["session"] * 3
        tries.clear()
        # Within another it would run only its own part again.
        async with atomic(session):
            with pytest.raises(OperationalError):
                await of_a_session(session)
        assert tries == ["session"]


# Where it is refused.


async def test_within_a_transaction(database: Database) -> None:
    @atomic(retry=3)
    async def inner(session: AsyncSession) -> None:
        pytest.fail("it ran")

    within = r"atomic\(retry=\) stands within a transaction"
    async with database.session() as session:
        async with atomic(session):
            with pytest.raises(UnsupportedOperationError, match=within):
                await inner(session)
        await ShelfRepository(session).objects.count()
        with pytest.raises(UnsupportedOperationError, match=within):
            await inner(session)


async def test_a_block_is_not_run_again(database: Database) -> None:
    for block in (atomic(database, retry=3), atomic(database.session_factory(), retry=3)):
        with pytest.raises(UnsupportedOperationError, match=r"a block of async with cannot be run again"):
            async with block:
                pytest.fail("it began")


@pytest.mark.parametrize("retry", [0, -1, True, "3", 1.5])
def test_what_is_no_number(database: Any, retry: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match="a whole number from 1 on, and not"):
        atomic(database, retry=retry)


def test_without_the_library(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "find_spec", lambda _: None)
    with pytest.raises(UnsupportedOperationError, match=r"pip install 'django-like-repos\[retry\]'"):
        atomic(database, retry=3)


@on_postgresql
async def test_a_failure_that_was_caught_is_run_again(database: Database) -> None:
    """Nothing is kept of its transaction all the same."""
    tries: list[str] = []

    @atomic(database, retry=2)
    async def work(session: AsyncSession) -> None:
        await ShelfRepository(session).flush().create(name="a")
        tries.append("tried")
        if len(tries) == 1:
            with suppress(DBAPIError):
                await session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    await work()
    assert len(tries) == 2
    assert await added(database) == ["a"]
