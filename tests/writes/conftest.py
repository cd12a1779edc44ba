"""The jobs of `rows.py` on each backend: to be changed and rolled back, or to be committed and made anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.writes.models import Base
from tests.writes.rows import LABELLED, job_rows


async def fill(database: Database) -> None:
    async with database.session() as session:
        # One by one, so that keys are given in the order of the rows.
        for row in job_rows():
            session.add(row)
            await session.flush()
        await session.execute(LABELLED)
        await session.commit()


async def empty(database: Database) -> None:
    tables = list(reversed(Base.metadata.sorted_tables))
    async with database.engine.begin() as connection:
        if database.engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        else:  # SQLite counts anew in a table without rows.
            for table in tables:
                await connection.execute(table.delete())


@asynccontextmanager
async def _jobs(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@asynccontextmanager
async def _on_sqlite(directory: Path) -> AsyncIterator[Database]:
    async with _jobs(URL.create("sqlite+aiosqlite", database=str(directory / "jobs.sqlite3"))) as database:
        yield database


@asynccontextmanager
async def _on_postgresql(server: URL) -> AsyncIterator[Database]:
    async with new_database(server) as url, _jobs(url) as database:
        yield database


@pytest.fixture(scope="session")
async def sqlite_jobs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with _on_sqlite(tmp_path_factory.mktemp("jobs")) as database:
        await fill(database)
        yield database


@pytest.fixture(scope="session")
async def postgresql_jobs(postgres: URL) -> AsyncIterator[Database]:
    async with _on_postgresql(postgres) as database:
        await fill(database)
        yield database


@pytest.fixture(scope="session")
async def sqlite_shared_jobs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with _on_sqlite(tmp_path_factory.mktemp("shared_jobs")) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_shared_jobs(postgres: URL) -> AsyncIterator[Database]:
    async with _on_postgresql(postgres) as database:
        yield database


@pytest.fixture(scope="session")
def jobs_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """One database for all tests: changes belong into `jobs`."""
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


@pytest.fixture(scope="session")
def shared_jobs_database(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_shared_jobs")
    return database


@pytest.fixture
async def shared_database(shared_jobs_database: Database) -> AsyncIterator[Database]:
    """The same rows for one test: for several connections, and commits that others see."""
    await fill(shared_jobs_database)
    yield shared_jobs_database
    # Connections that a test spoiled must not spoil the next.
    await shared_jobs_database.close()
    await empty(shared_jobs_database)
