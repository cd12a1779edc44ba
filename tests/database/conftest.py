"""The tables of `models.py` on each backend, with two shelves and no books at the beginning of each test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, text

from django_like_repos import Database
from tests.database.models import Base, Shelf
from tests.postgres import new_database
from tests.routes import noted_routes


@asynccontextmanager
async def _shelves(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture(scope="session")
async def sqlite_shelves(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("shelves") / "shelves.sqlite3"
    async with _shelves(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_shelves(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _shelves(url) as database:
        yield database


@pytest.fixture(scope="session")
def shelves_database(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_shelves")
    return database


@pytest.fixture
async def shelves(shelves_database: Database) -> AsyncIterator[Database]:
    """Shelves 1 and 2, committed; what a test commits is gone after it."""
    async with shelves_database.session() as session:
        for name in ("Проза", "Poésie"):
            session.add(Shelf(name=name))
            await session.flush()
        await session.commit()
    yield shelves_database
    # Connections that a test spoiled must not spoil the next.
    await shelves_database.close()
    async with shelves_database.engine.begin() as connection:
        if shelves_database.engine.dialect.name == "postgresql":
            await connection.execute(text("TRUNCATE books, shelves RESTART IDENTITY"))
        else:  # SQLite counts anew in a table without rows.
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(table.delete())


@pytest.fixture
def routes(shelves: Database) -> Iterator[list[bool]]:
    """Of each SELECT of the test, whether it took the direct path."""
    shelves.plans.clear()
    with noted_routes() as found:
        yield found
