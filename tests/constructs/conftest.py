"""The visits of `models.py` on each backend, made once; nothing here changes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from django_like_repos import Database
from tests.constructs.models import Base, visits
from tests.postgres import new_database
from tests.recording import RecordedSQL


@asynccontextmanager
async def _visited(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all(visits())
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_visits(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("visits") / "visits.sqlite3"
    async with _visited(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_visits(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _visited(url) as database:
        yield database


@pytest.fixture(scope="session")
def visited(backend: str, request: pytest.FixtureRequest) -> Database:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    database: Database = request.getfixturevalue(f"{backend}_visits")
    return database


@pytest.fixture
async def connection(visited: Database, sql: RecordedSQL) -> AsyncIterator[AsyncConnection]:
    async with visited.engine.connect() as connection:
        yield connection


@pytest.fixture
async def psycopg(postgresql_visits: Database) -> AsyncIterator[AsyncConnection]:
    """PostgreSQL by a driver that marks parameters with the percent sign and has its own ways with JSON."""
    engine = create_async_engine(postgresql_visits.engine.url.set(drivername="postgresql+psycopg"))
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()
