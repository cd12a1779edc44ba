"""The halls on PostgreSQL, made once, with both sides' way to them; and a session on SQLite."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.contrib.postgres.schema import Base, rows
from tests.parity.oracle import django_on
from tests.postgres import new_database
from tests.recording import RecordedSQL


@dataclass(frozen=True)
class Halls:
    database: Database
    alias: str
    """Django's name for the database."""
    thread: ThreadPoolExecutor
    """The one that Django may be asked in."""


@pytest.fixture(scope="session")
async def halls(postgres: URL) -> AsyncIterator[Halls]:
    async with new_database(postgres) as url, Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            for instances in rows():
                session.add_all(instances)
                await session.flush()
            await session.commit()
        with django_on(url) as (alias, thread):
            yield Halls(database, alias, thread)


@asynccontextmanager
async def _rolled_back(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.session() as session:
        yield session
        await session.rollback()


@pytest.fixture
async def session(halls: Halls, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on PostgreSQL; nothing stays of what it changes."""
    async with _rolled_back(halls.database) as session:
        sql.clear()
        yield session


@pytest.fixture
async def sqlite_session(sqlite_help_center: Database) -> AsyncIterator[AsyncSession]:
    """A session on SQLite, where none of this is."""
    async with _rolled_back(sqlite_help_center) as session:
        yield session
