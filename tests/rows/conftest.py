"""The library of the parity tests and the odd mappings of `mappings.py`, on each backend, made once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from examples.help_center.models import Subsection
from tests.parity import schema
from tests.parity.rows import library_rows
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.rows import mappings


@asynccontextmanager
async def _filled(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(schema.Base.metadata)
        await database.create_all(mappings.Base.metadata)
        async with database.session() as session:
            for table, rows in library_rows():
                await session.execute(table.insert(), rows)
            for instances in mappings.mapped_rows():
                session.add_all(instances)
                await session.flush()
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_shelves(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("shelves") / "shelves.sqlite3"
    async with _filled(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_shelves(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(url) as database:
        yield database


@pytest.fixture(scope="session")
def shelves(backend: str, request: pytest.FixtureRequest) -> Database:
    """One database for all tests: changes belong into `shelf`."""
    database: Database = request.getfixturevalue(f"{backend}_shelves")
    return database


@pytest.fixture
async def shelf(shelves: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on it; whatever it commits is rolled back after the test."""
    async with (
        shelves.engine.connect() as connection,
        connection.begin() as transaction,
        shelves.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()


@pytest.fixture
async def more_subsections(session: AsyncSession, sql: RecordedSQL) -> None:
    """In the help centre: section 1 has one more, 2 and 4 have some, the others have none."""
    rows = [(102, "Архив", 1, 1), (103, "Роли", 2, 2), (104, "Права", 2, 3), (105, "Ответы", 4, 3)]
    session.add_all(
        Subsection(id=key, name=name, section_id=section, status_id=status)
        for key, name, section, status in rows
    )
    await session.flush()
    session.expunge_all()
    sql.clear()
