"""What `Database` sets up on SQLite, and what goes wrong without it."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import Database
from tests.database.models import Base, BookRepository, ShelfRepository


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture
async def plain_engine(database: Database, url: str) -> AsyncIterator[AsyncEngine]:
    """An engine as SQLAlchemy alone makes it, on the same file."""
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"), [("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", 5000)]
)
async def test_settings_of_every_connection(pragma: str, value: object, database: Database) -> None:
    async with database.engine.connect() as one, database.engine.connect() as two:
        for connection in (one, two):
            assert await connection.scalar(text(f"PRAGMA {pragma}")) == value


class Refused(sqlite3.Connection):
    """A connection that is refused what two ask for at once, as SQLite does now and then, without waiting."""

    tries = 0

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if "journal_mode" in sql:
            self.tries += 1
            if self.tries == 1:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
        return super().execute(sql, *arguments)


async def test_connections_that_change_the_journal_at_once(url: str) -> None:
    database = Database(url, connect_args={"factory": Refused})
    async with database, database.engine.connect() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        driver: Any = (await connection.get_raw_connection()).driver_connection
        assert driver._conn.tries == 2


async def test_a_file_that_is_only_read(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    for query in ("mode=ro", "immutable=1"):
        url = f"sqlite+aiosqlite:///file:{path}?{query}&uri=true"
        async with Database(url) as archive, archive.session() as session:
            assert await BookRepository(session).objects.count() == 0
            with pytest.raises(OperationalError, match="readonly"):
                await BookRepository(session).flush().create(title="x")


async def test_an_engine_that_has_connections_already(plain_engine: AsyncEngine) -> None:
    """They were made without the settings, and must not go on without them."""
    async with plain_engine.connect() as connection:
        assert await connection.scalar(text("SELECT lower('Ж')")) == "Ж"

    async with Database(plain_engine).session() as session:
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
        assert await session.scalar(text("SELECT lower('Ж')")) == "ж"


async def add_in_a_savepoint_and_roll_back(engine: AsyncEngine) -> int:
    async with AsyncSession(engine) as session:
        await ShelfRepository(session).objects.count()
        async with session.begin_nested():
            await ShelfRepository(session).create(name="Новости")
        await session.rollback()
    async with AsyncSession(engine) as session:
        return await ShelfRepository(session).objects.count()


async def test_savepoints_stay_within_their_transaction(
    database: Database, plain_engine: AsyncEngine
) -> None:
    """With the driver's own transactions a row stays that was rolled back."""
    assert await add_in_a_savepoint_and_roll_back(database.engine) == 0
    assert await add_in_a_savepoint_and_roll_back(plain_engine) == 1


async def test_who_only_reads_sees_what_others_commit(database: Database) -> None:
    """As on PostgreSQL: each statement sees what is committed when it begins."""
    async with database.session() as reader, database.session() as writer:
        assert await ShelfRepository(reader).objects.count() == 0
        await ShelfRepository(writer).flush().create(name="Новости")
        assert await ShelfRepository(reader).objects.count() == 0
        await writer.commit()
        assert await ShelfRepository(reader).objects.count() == 1


async def test_a_commit_that_fails_ends_the_transaction(database: Database) -> None:
    """SQLite keeps it open, and SQLAlchemy takes it for ended: whoever is given the connection next must not
    find himself in it."""
    async with database.session() as session:
        await BookRepository(session).flush().create(title="x", shelf_id=77)
        with pytest.raises(IntegrityError):
            await session.commit()

    async with database.session() as session:
        assert await BookRepository(session).objects.count() == 0


async def test_foreign_keys_without_it(plain_engine: AsyncEngine) -> None:
    async with async_sessionmaker(plain_engine)() as session:
        await BookRepository(session).commit().create(title="x", shelf_id=77)


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
async def test_in_memory(url: str, database: Database) -> None:
    async with database.session() as session:
        await ShelfRepository(session).commit().create(name="Новости")
    async with database.session() as session:
        assert await ShelfRepository(session).objects.filter(name__icontains="НОВ").count() == 1
        await ShelfRepository(session).flush().create(name="Проза")
    async with database.session() as session:
        assert await ShelfRepository(session).objects.count() == 1

    async with Database(url) as another, another.session() as session:
        with pytest.raises(OperationalError, match="no such table"):
            await ShelfRepository(session).objects.count()


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///file:shop?mode=memory&cache=shared&uri=true"]
)
async def test_two_sessions_in_memory(url: str) -> None:
    """They take turns, as there is one connection: one must not end what the other began."""
    async with Database(url, pool_timeout=0.1) as database:
        await database.create_all(Base.metadata)
        async with database.session() as one, database.session() as two:
            await ShelfRepository(one).flush().create(name="Новости")
            with pytest.raises(TimeoutError):
                await ShelfRepository(two).objects.count()
            await two.rollback()
            await one.commit()
            assert await ShelfRepository(two).objects.count() == 1


async def test_the_options_of_the_driver_are_the_users(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"
    async with Database(url, connect_args={"timeout": 1, "cached_statements": 10}) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            assert await ShelfRepository(session).objects.count() == 0
