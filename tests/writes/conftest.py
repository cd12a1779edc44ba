"""The jobs database on each backend, made once, and a session on it that leaves no trace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.writes.models import Base
from tests.writes.rows import LABELLED, job_rows


async def fill(database: Database) -> None:
    await database.create_all(Base.metadata)
    async with database.session() as session:
        # One by one, so that keys are given in the order of the rows.
        for row in job_rows():
            session.add(row)
            await session.flush()
        await session.execute(LABELLED)
        await session.commit()


@asynccontextmanager
async def _jobs(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await fill(database)
        yield database


@pytest.fixture(scope="session")
async def sqlite_jobs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("jobs") / "jobs.sqlite3"
    async with _jobs(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_jobs(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _jobs(url) as database:
        yield database


@pytest.fixture(scope="session")
def jobs_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """The rows of `rows.py`, one database for all tests: changes belong into `jobs`."""
    database: Database = request.getfixturevalue(f"{backend}_jobs")
    return database


@pytest.fixture
async def jobs(jobs_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the jobs; whatever it commits is rolled back after the test."""
    async with (
        jobs_database.engine.connect() as connection,
        connection.begin() as transaction,
        jobs_database.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()


@pytest.fixture
async def shared_database(fresh_database: Database) -> Database:
    """The same rows, for one test: for several connections, and commits that others see."""
    await fill(fresh_database)
    return fresh_database
