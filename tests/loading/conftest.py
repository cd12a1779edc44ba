"""The works of ``works.py`` on each backend, made once; a session on them leaves no trace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.loading.works import Base, rows
from tests.postgres import new_database
from tests.recording import RecordedSQL


@asynccontextmanager
async def _works(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            for instances in rows():
                session.add_all(instances)
                await session.flush()
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_works(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("works") / "works.sqlite3"
    async with _works(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_works(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _works(url) as database:
        yield database


@pytest.fixture(scope="session")
def works(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_works")
    return database


@pytest.fixture
async def session(works: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the works; whatever it writes is rolled back after the test."""
    async with (
        works.engine.connect() as connection,
        connection.begin() as transaction,
        works.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        sql.clear()
        yield session
        await session.close()
        await transaction.rollback()
