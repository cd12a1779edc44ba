"""The library of `library.py` on each backend; what a test commits is gone after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, text

from django_like_repos import Database
from tests.contrib.fastapi.library import Base, Shelf, in_use
from tests.postgres import new_database

POOL = 10


@asynccontextmanager
async def _library(url: URL) -> AsyncIterator[Database]:
    secret = "sixteen bytes, at least"
    async with Database(url, pool_size=POOL, max_overflow=0, secret=secret) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture(scope="session")
async def sqlite_library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("library") / "library.sqlite3"
    async with _library(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_library(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _library(url) as database:
        yield database


@pytest.fixture(scope="session")
def library_database(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_library")
    return database


@pytest.fixture
async def library(library_database: Database) -> AsyncIterator[Database]:
    """Shelf 1, `first`, committed. Nothing of its pool is in use when the test is over."""
    async with library_database.session() as session:
        session.add(Shelf(label="first"))
        await session.commit()
    yield library_database
    assert in_use(library_database) == 0
    async with library_database.engine.begin() as connection:
        tables = [*reversed(Base.metadata.sorted_tables)]
        if library_database.engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        else:  # SQLite counts anew in a table without rows.
            for table in tables:
                await connection.execute(table.delete())
