"""The tables of ``models.py`` on each backend, made once and empty; what a session writes is rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.trees.models import Base


@asynccontextmanager
async def _garden(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture(scope="session")
async def sqlite_garden(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("garden") / "garden.sqlite3"
    async with _garden(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_garden(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _garden(url) as database:
        yield database


@pytest.fixture(scope="session")
def garden(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_garden")
    return database


@pytest.fixture
async def session(garden: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with garden.session() as session:
        yield session
        await session.rollback()
