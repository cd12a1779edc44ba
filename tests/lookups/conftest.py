"""A database of visits for each backend, and sessions that leave no trace in it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.lookups.models import Base, rows
from tests.postgres import new_database
from tests.recording import RecordedSQL


async def _filled(database: Database) -> Database:
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all(rows())
        await session.commit()
    return database


@pytest.fixture(scope="session")
async def sqlite_visits(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("visits") / "visits.sqlite3"
    async with Database(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield await _filled(database)


@pytest.fixture(scope="session")
async def postgresql_visits(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, Database(url) as database:
        yield await _filled(database)


@pytest.fixture(scope="session")
def visits(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_visits")
    return database


@pytest.fixture
async def session(visits: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with visits.session() as session:
        yield session
        await session.rollback()
