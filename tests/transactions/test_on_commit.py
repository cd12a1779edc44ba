"""Callbacks of `on_commit()`: after whose commit they are called, when not, and what their errors become."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import (
    Database,
    OnCommitError,
    RepositoryError,
    TransactionError,
    UnsupportedOperationError,
    atomic,
    on_commit,
)
from tests.database.models import BookRepository, Shelf, ShelfRepository
from tests.faults.books import others_end
from tests.transactions.conftest import BoomError, added, leaves, out, write


@pytest.fixture(params=["of a Database", "of the user's"])
async def session(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[AsyncSession]:
    if request.param == "of a Database":
        async with database.session() as session:
            yield session
        return
    engine = create_async_engine(database.engine.url)
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        yield session
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    await engine.dispose()


# Whose commit.


async def _commit(session: AsyncSession) -> None:
    await session.commit()


async def _flag(session: AsyncSession) -> None:
    await ShelfRepository(session).commit().create(name="flagged")


async def _flag_of_a_queryset(session: AsyncSession) -> None:
    await ShelfRepository(session).objects.commit().filter(id=1).update(name="Проза")


async def _transaction(session: AsyncSession) -> None:
    transaction = session.get_transaction()
    assert transaction is not None
    await transaction.commit()


async def _within(session: AsyncSession) -> None:
    await session.run_sync(lambda sync: sync.commit())


async def _block(session: AsyncSession) -> None:
    async with atomic(session):
        pass


COMMITS = [_commit, _flag, _flag_of_a_queryset, _transaction, _within, _block]


@pytest.mark.parametrize("commit", COMMITS)
async def test_after_the_commit(
    session: AsyncSession, database: Database, commit: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    """By whomever; once, in order, plain and async, when others see the rows and the session is free."""
    called: list[Any] = []

    async def note() -> None:
        called.append([name for name in await added(database) if name != "flagged"])

    async def use() -> None:
        async with atomic(session):
            await write(session, "by a callback")

    await write(session, "a")
    await on_commit(lambda: called.append("plain"), session)
    await on_commit(note, ShelfRepository(session))
    await on_commit(use, session)
    assert called == []
    await commit(session)
    assert called == ["plain", ["a"]]
    await write(session, "b")
    await session.commit()
    assert called == ["plain", ["a"]]
    assert [name for name in await added(database) if name != "flagged"] == ["a", "by a callback", "b"]


async def test_after_a_block_of_sqlalchemys(session: AsyncSession, database: Database) -> None:
    called: list[Any] = []

    async def note() -> None:
        called.append(await added(database))

    async with session.begin():
        await on_commit(note, session)
        await write(session, "a")
        async with session.begin_nested():
            await on_commit(note, session)
        assert called == []
    assert called == [["a"], ["a"]]


async def test_outside_a_transaction_at_once(session: AsyncSession) -> None:
    called: list[str] = []

    async def later() -> None:
        await asyncio.sleep(0)
        called.append("async")

    async def fails() -> None:
        raise BoomError

    await on_commit(later, session)
    assert called == ["async"]
    with pytest.raises(BoomError):
        await on_commit(fails, session, robust=False)
    await on_commit(fails, session)


async def test_the_session_is_free_by_then(database: Database) -> None:
    """No connection is kept while callbacks take their time."""
    held: list[int] = []
    async with database.session() as session:
        async with atomic(session):
            await write(session, "a")
            await on_commit(lambda: held.append(out(database)), session)
        await write(session, "b")
        await on_commit(lambda: held.append(out(database)), session)
        await session.commit()
    assert held == [0, 0]


async def test_a_test_that_rolls_back(database: Database) -> None:
    """A session bound to a connection, whose commit releases a savepoint."""
    called: list[str] = []
    async with database.engine.connect() as connection, connection.begin() as transaction:
        bound = database.session_factory(bind=connection, join_transaction_mode="create_savepoint")
        async with bound as session:
            async with atomic(session):
                await write(session, "a")
                await on_commit(lambda: called.append("called"), session)
            assert called == ["called"]
        await transaction.rollback()
    assert await added(database) == []


# When not.


async def test_not_after_a_rollback(session: AsyncSession, database: Database) -> None:
    called: list[str] = []
    await write(session, "a")
    await on_commit(lambda: called.append("a"), session)
    await session.rollback()
    await write(session, "b")
    await session.commit()
    assert called == []
    assert await added(database) == ["b"]


async def test_not_after_that_of_a_savepoint(session: AsyncSession) -> None:
    called: list[str] = []
    await write(session, "a")
    outer = await session.begin_nested()
    await on_commit(lambda: called.append("outer"), session)
    inner = await session.begin_nested()
    await on_commit(lambda: called.append("inner"), session)
    await inner.commit()
    await outer.rollback()
    await on_commit(lambda: called.append("after"), session)
    left = await session.begin_nested()
    await on_commit(lambda: called.append("left open"), session)
    assert left.is_active
    await session.commit()
    assert called == ["after", "left open"]


async def test_not_after_a_session_was_closed(session: AsyncSession) -> None:
    called: list[str] = []
    await write(session, "a")
    await on_commit(lambda: called.append("a"), session)
    await session.reset()
    await write(session, "b")
    await session.commit()
    assert called == []


async def test_not_after_a_commit_that_failed(database: Database) -> None:
    called: list[str] = []
    async with database.session() as session:
        await on_commit_of_an_orphan(session, called)
        with pytest.raises(IntegrityError):
            await session.commit()
        await session.rollback()
        await write(session, "b")
        await session.commit()
        await on_commit_of_an_orphan(session, called)
        with pytest.raises(IntegrityError):
            await ShelfRepository(session).commit().create(name="c")
        await session.rollback()
    assert called == []


async def on_commit_of_an_orphan(session: AsyncSession, called: list[str]) -> None:
    await BookRepository(session).flush().create(title="x", shelf_id=77)
    await on_commit(lambda: called.append("called"), session)


async def test_not_after_a_commit_that_was_cancelled(database: Database) -> None:
    """Whether the database has kept it is not known."""
    called: list[str] = []
    committing: list[asyncio.Task[Any]] = []

    async def work() -> None:
        async with database.session() as session, atomic(session):
            await write(session, "a")
            await on_commit(lambda: called.append("called"), session)
            committing.append(task)

    def cancel(_connection: object) -> None:
        for each in committing:
            each.cancel()

    event.listen(database.engine.sync_engine, "commit", cancel)
    task = asyncio.create_task(work())
    await asyncio.wait([task])
    event.remove(database.engine.sync_engine, "commit", cancel)
    assert task.cancelled()
    assert called == []
    assert out(database) == 0


# Errors.


async def test_errors_are_logged_and_stop_nobody(
    session: AsyncSession, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    async def fails() -> None:
        raise BoomError("no mail")

    async with atomic(session):
        await write(session, "a")
        await on_commit(fails, session)
        await on_commit(lambda: called.append("b"), session)
    assert called == ["b"]
    assert await added(database) == ["a"]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("django_like_repos.on_commit", logging.ERROR)
    assert "fails failed in on_commit(); what was committed is kept" in record.message
    assert record.exc_info
    assert isinstance(record.exc_info[1], BoomError)


@pytest.mark.parametrize("commit", COMMITS)
async def test_errors_that_are_to_be_told(
    session: AsyncSession,
    database: Database,
    commit: Callable[[AsyncSession], Awaitable[None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They say that the commit is kept, and are of no class by which one would do it again."""
    called: list[str] = []

    async def fails() -> None:
        raise IntegrityError("INSERT", {}, BoomError("in another session"))

    await write(session, "a")
    await on_commit(lambda: called.append("a"), session)
    await on_commit(fails, session, robust=False)
    await on_commit(lambda: called.append("b"), session)
    with pytest.raises(
        OnCommitError, match=r"is committed, and what it wrote is kept, but .*fails"
    ) as raised:
        await commit(session)
    assert isinstance(raised.value.__cause__, IntegrityError)
    assert OnCommitError.__bases__ == (TransactionError,)
    assert TransactionError.__bases__ == (RepositoryError,)
    assert called == ["a"]
    assert "was not called" in caplog.text
    # The session goes on.
    await write(session, "b")
    await session.commit()
    assert [name for name in await added(database) if name != "flagged"] == ["a", "b"]


async def test_a_callback_that_is_cancelled(
    session: AsyncSession, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    begun, called = asyncio.Event(), []

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def work() -> None:
        async with atomic(session):
            await write(session, "a")
            await on_commit(endless, session)
            await on_commit(lambda: called.append("after"), session)

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert called == []
    assert "was not called" in caplog.text
    assert await added(database) == ["a"]
    await write(session, "b")
    await session.commit()
    assert await added(database) == ["a", "b"]


async def test_what_cannot_be_called(session: AsyncSession) -> None:
    with pytest.raises(UnsupportedOperationError, match="takes a function without arguments, not 'x'"):
        await on_commit("x", session)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperationError, match="this is of int"):
        await on_commit(lambda: None, 1)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperationError, match="this is of NoneType"):
        await on_commit(lambda: None, None)  # type: ignore[arg-type]


async def test_what_yields_would_never_run(session: AsyncSession) -> None:
    def yields() -> Any:
        yield

    async def yields_async() -> Any:
        yield

    class Yields:
        def __call__(self) -> Any:
            yield

    for callback in (yields, yields_async, partial(yields), Yields()):
        with pytest.raises(UnsupportedOperationError, match="takes a function without yield"):
            await on_commit(callback, session)


async def test_what_returns_a_generator_has_run_nothing(
    session: AsyncSession, caplog: pytest.LogCaptureFixture
) -> None:
    def yields() -> Any:
        yield

    async def yields_async() -> Any:
        yield

    def returns() -> Any:
        return yields()

    def returns_async() -> Any:
        return yields_async()

    told = r"on_commit\(\) returned a generator, .*yields(_async)?\(\), of which nothing has run"
    for callback in (returns, returns_async):
        with pytest.raises(UnsupportedOperationError, match=told):
            await on_commit(callback, session, robust=False)
        with pytest.raises(OnCommitError, match=told):
            async with atomic(session):
                await on_commit(callback, session, robust=False)
    async with atomic(session):
        await on_commit(returns, session)
    assert "UnsupportedOperationError" in caplog.text


async def test_sessions_keep_nothing_of_each_other(database: Database) -> None:
    called: list[int] = []

    async def work(number: int) -> None:
        async with database.session() as session, atomic(session):
            await write(session, f"{number}")
            await on_commit(lambda: called.append(number), session)
            if number % 2:
                raise BoomError

    await asyncio.gather(*(work(number) for number in range(50)), return_exceptions=True)
    assert sorted(called) == list(range(0, 50, 2))


# On SQLite tests/faults cancel; a connection that is cancelled while it is made is nobody's to close there.
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_of_cancelled_work_only_what_is_kept_is_called(database: Database) -> None:
    dice, called = random.Random(3), []

    async def work(name: str) -> None:
        async with database.session() as session, atomic(session):
            await write(session, name)
            async with atomic(session):
                await on_commit(lambda: called.append(name), session)
                await write(session, f"{name}!")

    async def cancel(name: str) -> None:
        task = asyncio.create_task(work(name))
        for _ in range(dice.randrange(dice.choice((40, 400)))):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None

    await asyncio.gather(*(cancel(f"{number}") for number in range(60)))
    await others_end()
    assert {*called} <= {*await added(database)}
    assert len(called) == len({*called})


async def test_a_retried_callback_is_called_once(database: Database) -> None:
    called: list[str] = []
    async with database.session() as session:
        with leaves(BoomError):
            async with atomic(session):
                await on_commit(lambda: called.append("first"), session)
                raise BoomError
        async with atomic(session):
            session.add(Shelf(name="a"))
            await on_commit(lambda: called.append("second"), session)
    assert called == ["second"]
