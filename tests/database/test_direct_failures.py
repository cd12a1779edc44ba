"""Flushes, transactions, errors and lost connections of what goes to the driver: as with SQLAlchemy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.database.models import Base, BookRepository, Shelf, ShelfRepository
from tests.postgres import new_database


@pytest.fixture
async def session(shelves: Database) -> AsyncIterator[AsyncSession]:
    async with shelves.session() as session:
        yield session


async def _named(session: AsyncSession) -> list[Any]:
    return await ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)


async def _number(session: AsyncSession) -> int:
    return await ShelfRepository(session).objects.filter(name="Проза").count()


async def test_what_was_added_is_flushed_first(session: AsyncSession, routes: list[bool]) -> None:
    await _named(session)
    session.add(Shelf(name="Драма"))
    assert await _named(session) == ["Проза", "Poésie", "Драма"]
    assert routes == [False, True]


async def test_a_flush_that_fails_says_so(session: AsyncSession, routes: list[bool]) -> None:
    await _named(session)
    session.add(Shelf(name="Проза"))
    with pytest.raises(DBAPIError, match="raised as a result of Query-invoked autoflush"):
        await _named(session)
    await session.rollback()


async def test_it_reads_within_the_transaction(shelves: Database, routes: list[bool]) -> None:
    async with shelves.session() as one, shelves.session() as other:
        for each in (one, other):
            await _number(each)
        await ShelfRepository(one).objects.filter(id=1).update(name="другое")
        assert await _number(one) == 0
        assert await _number(other) == 1
        await one.rollback()
        assert await _number(one) == 1
    assert routes == [False, True, False, True, True, True]


@asynccontextmanager
async def _own_database(
    shelves: Database, postgres: Any, tmp_path: Any, **options: Any
) -> AsyncIterator[Database]:
    if shelves.engine.dialect.name == "sqlite":
        async with Database(f"sqlite+aiosqlite:///{tmp_path}/own.sqlite3", **options) as database:
            await database.create_all(Base)
            yield database
    else:
        async with new_database(postgres) as url, Database(url, **options) as database:
            await database.create_all(Base)
            yield database


async def _failure(database: Database) -> DBAPIError:
    """That of a query of a table that is gone."""
    async with database.session() as session:
        with pytest.raises(DBAPIError) as raised:
            await BookRepository(session).objects.filter(title="secret").values_list("title", flat=True)
        if database.engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError):
                await session.execute(text("SELECT 1"))
        await session.rollback()
        assert len(await ShelfRepository(session).objects.all()) == 0
    return raised.value


@pytest.mark.parametrize("hide", [False, True])
async def test_errors(
    shelves: Database, postgres: Any, tmp_path: Any, routes: list[bool], hide: bool
) -> None:
    async with _own_database(shelves, postgres, tmp_path, hide_parameters=hide) as database:
        async with database.session() as session:
            await BookRepository(session).objects.filter(title="secret").values_list("title", flat=True)
        async with database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE books"))
        heard: list[Any] = []
        event.listen(database.engine.sync_engine, "handle_error", heard.append)
        here = await _failure(database)
        database.plans.clear()
        there = await _failure(database)
        assert len(heard) == len({id(each) for each in heard}) >= 2
        assert heard[0].statement == here.statement
        assert heard[0].execution_context.compiled is not None
        assert heard[0].execution_context.compiled_parameters
    assert routes[:2] == [False, True]
    assert type(here) is type(there) in (OperationalError, ProgrammingError)
    assert str(here) == str(there)
    assert ("secret" in str(here)) is not hide
    assert (here.statement, here.params, type(here.orig)) == (
        there.statement,
        there.params,
        type(there.orig),
    )
    assert here.connection_invalidated is there.connection_invalidated is False


async def test_cancelled_it_gives_the_connection_up(shelves: Database, routes: list[bool]) -> None:
    """Who comes next has a connection that works."""
    if shelves.engine.dialect.name == "sqlite":
        pytest.skip("tests/faults/test_sqlite_cancelled.py")
    async with shelves.session() as session:
        await _named(session)
        await session.rollback()
        async with shelves.engine.connect() as holder:
            await holder.execute(text("LOCK TABLE shelves IN ACCESS EXCLUSIVE MODE"))
            connection = (await session.connection()).sync_connection
            task = asyncio.create_task(_named(session))
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not await holder.scalar(waiting):
                pass
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert connection is not None
        assert connection.invalidated
        await session.rollback()
        assert len(await _named(session)) == 2
    assert routes == [False, True, True]


async def test_a_lost_connection_is_given_up(shelves: Database, routes: list[bool]) -> None:
    if shelves.engine.dialect.name == "sqlite":
        pytest.skip("a file has no server")
    async with shelves.session() as session:
        await _named(session)
        process = await session.scalar(text("SELECT pg_backend_pid()"))
        async with shelves.engine.connect() as other:
            await other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
        with pytest.raises(DBAPIError) as raised:
            await _named(session)
        assert raised.value.connection_invalidated
        await session.rollback()
        assert len(await _named(session)) == 2
    assert routes == [False, True, True]


async def test_errors_of_the_driver_itself(
    shelves: Database, routes: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy's older versions let those of asyncpg's protocol through, without a statement."""
    if shelves.engine.dialect.name == "sqlite":
        pytest.skip("of asyncpg")

    async def fail(*_: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 11")

    async with shelves.session() as session:
        await _named(session)
        monkeypatch.setattr(PreparedStatement, "fetch", fail)
        for direct in (True, False):
            rows = ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)
            with pytest.raises(InternalError, match="cannot switch to state 11") as raised:
                await rows.execution_options(**({} if direct else {"direct": False}))
            assert str(raised.value.statement).startswith("SELECT")
            await session.rollback()
    assert routes == [False, True, False]


async def test_a_table_that_a_migration_has_changed(
    shelves: Database, postgres: Any, tmp_path: Any, routes: list[bool]
) -> None:
    """What the driver remembers of the statement is outdated, and is renewed as it is otherwise."""
    async with _own_database(shelves, postgres, tmp_path) as database:
        async with database.session() as session:
            session.add(Shelf(name="один"))
            await session.commit()
            for _ in range(2):
                await ShelfRepository(session).objects.values_list("name", flat=True)
        async with database.engine.begin() as connection:
            if database.engine.dialect.name == "postgresql":
                await connection.execute(text("ALTER TABLE shelves ALTER COLUMN name TYPE varchar(99)"))
            await connection.execute(text("ALTER TABLE shelves ADD COLUMN more integer"))
        async with database.session() as session:
            assert await ShelfRepository(session).objects.values_list("name", flat=True) == ["один"]
    assert routes[:2] == [False, True]
