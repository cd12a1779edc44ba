"""One database a backend for the mappings: every module of tests has its own tables there, made once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL

# Rows with keys of their own leave PostgreSQL counting from one.
SEQUENCES = "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences"


@pytest.fixture(scope="session")
async def sqlite_mappings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("mappings") / "mappings.sqlite3"
    async with Database(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_mappings(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, Database(url) as database:
        yield database


@pytest.fixture(scope="session")
def mappings(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_mappings")
    return database


@pytest.fixture(scope="module")
async def tables(mappings: Database, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The tables in a module's ``METADATA``, with the instances that its ``rows()`` gives, list by list."""
    metadata = request.module.METADATA
    await mappings.create_all(metadata)
    async with mappings.session() as session:
        for instances in request.module.rows():
            session.add_all(instances)
            await session.flush()
        if mappings.engine.dialect.name == "postgresql":
            for sequence in await session.scalars(text(SEQUENCES)):
                await session.execute(text(f"ALTER SEQUENCE {sequence} RESTART 101"))
        await session.commit()
    yield mappings
    await mappings.drop_all(metadata)
    # Statements prepared for these tables must not meet others of the same names.
    await mappings.close()


@asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[AsyncSession]:
    """A session; whatever it commits is rolled back at the end."""
    async with (
        database.engine.connect() as connection,
        connection.begin() as transaction,
        database.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()


@pytest.fixture
async def session(tables: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the module's tables; whatever it commits is rolled back after the test."""
    async with rolled_back(tables) as session:
        sql.clear()
        yield session
