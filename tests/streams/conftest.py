"""The books of ``books.py`` on each backend, made once; what a session writes is rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, insert
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.streams.books import Author, Base, Book, authors, books

SECRET = "a secret that is long enough"


@asynccontextmanager
async def _library(url: URL) -> AsyncIterator[Database]:
    async with Database(url, secret=SECRET) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            await session.execute(insert(Author), authors())
            await session.execute(insert(Book), books())
            await session.commit()
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
def library(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_library")
    return database


@pytest.fixture
async def session(library: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with library.session() as session:
        yield session
        await session.rollback()
