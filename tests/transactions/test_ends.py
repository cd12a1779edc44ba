"""Ends of blocks: by hand they are refused, by errors they are told, and nothing that is lost looks kept."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RolledBackError, UnsupportedOperationError, atomic, on_commit
from tests.database.models import Book, BookRepository, ShelfRepository
from tests.transactions.conftest import BoomError, Sessions, added, leaves, write

BY_HAND: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "commit": lambda session: session.commit(),
    "a flag": lambda session: ShelfRepository(session).commit().create(name="x"),
    "a flag of a queryset": lambda session: ShelfRepository(session).objects.commit().update(name="x"),
    "commit of the session within": lambda session: session.run_sync(lambda sync: sync.commit()),
    "rollback": lambda session: session.rollback(),
    "rollback of the session within": lambda session: session.run_sync(lambda sync: sync.rollback()),
}


@pytest.mark.sampled
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
    [_rollback_of_the_transaction, _caught, lambda session: session.reset()],
    ids=["rollback", "an error that was caught", "reset"],
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
                await on_commit(lambda: called.append("called"), session)
                await end(session)
        await write(session, "b")
        await session.commit()
    assert await added(database) == ["b"]
    assert called == []


@pytest.mark.parametrize("inner", [False, True], ids=["outermost", "a savepoint"])
async def test_what_is_kept_by_hand_is_told(sessions: Sessions, database: Database, inner: bool) -> None:
    """The end of a block has nothing to decide then, and does not say that nothing is kept."""
    called: list[str] = []
    async with sessions() as session:
        if inner:
            await write(session, "before")
        with leaves(UnsupportedOperationError, match=r"was committed within it by hand: .* is kept"):
            async with atomic(session):
                await on_commit(lambda: called.append("called"), session)
                await write(session, "a")
                await _commit_of_the_transaction(session)
        await session.rollback()
    assert await added(database) == (["before", "a"] if inner else ["a"])
    assert called == ["called"]


async def test_a_savepoint_that_is_released_and_undone_by_hand(
    sessions: Sessions, database: Database
) -> None:
    """What is kept of it is what is kept around it."""

    async def end(session: AsyncSession) -> None:
        nested = session.get_nested_transaction()
        assert nested is not None
        await nested.commit()

    async with sessions() as session:
        with leaves(RolledBackError):
            async with atomic(session):
                with leaves(UnsupportedOperationError, match="was committed within it by hand"):
                    async with atomic(session):
                        await write(session, "a")
                        await end(session)
                with leaves(RolledBackError, match="has ended within it"):
                    async with atomic(session):
                        await end(session)
                        await _rollback_of_the_transaction(session)
    assert await added(database) == []


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
        await ShelfRepository(session).objects.count()
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
