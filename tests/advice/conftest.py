"""The warehouse on each backend, made once; what a test changes is rolled back with its session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.advice.schema import Base, fill
from tests.postgres import new_database


@asynccontextmanager
async def _filled(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.engine.begin() as connection:
            await fill(connection)
        async with database.engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
        yield database


@pytest.fixture(scope="session")
async def sqlite_warehouse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("warehouse") / "warehouse.sqlite3"
    async with _filled(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_warehouse(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(url) as database:
        yield database


@pytest.fixture(scope="session")
def warehouses(backend: str, request: pytest.FixtureRequest) -> Database:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    database: Database = request.getfixturevalue(f"{backend}_warehouse")
    return database


@pytest.fixture
async def warehouse(warehouses: Database) -> AsyncIterator[AsyncSession]:
    """A session on it; whatever it changes, tables too, is rolled back after the test."""
    async with warehouses.session() as session:
        yield session
        await session.rollback()
