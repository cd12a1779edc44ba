"""The library on each backend, made once: the parity tests only read it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, make_url, text

from django_like_repos import Database
from tests.parity.harness import Library
from tests.parity.oracle import oracle_on
from tests.parity.results import pytest_terminal_summary as pytest_terminal_summary
from tests.parity.rows import library_rows
from tests.parity.schema import Base
from tests.postgres import new_database
from tests.recording import recorded_sql


@asynccontextmanager
async def _library(url: URL) -> AsyncIterator[Library]:
    async with Database(url) as database:
        with recorded_sql(database.engine.sync_engine) as sql, oracle_on(url) as (django, thread):
            await database.create_all(Base.metadata)
            async with database.session() as session:
                for table, rows in library_rows():
                    await session.execute(table.insert(), rows)
                    if url.get_backend_name() == "postgresql":
                        # What is linked gets a key from the sequence.
                        await session.execute(text(f"SELECT setval('{table.name}_id_seq', 500)"))
                await session.commit()
            yield Library(database, sql, django, thread)


@pytest.fixture(scope="session")
async def sqlite_library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Library]:
    path = tmp_path_factory.mktemp("library") / "library.sqlite3"
    async with _library(make_url(f"sqlite+aiosqlite:///{path}")) as library:
        yield library


@pytest.fixture(scope="session")
async def postgresql_library(postgres: URL) -> AsyncIterator[Library]:
    async with new_database(postgres) as url, _library(url) as library:
        yield library


@pytest.fixture(scope="session")
def library(backend: str, request: pytest.FixtureRequest) -> Library:
    made: Library = request.getfixturevalue(f"{backend}_library")
    return made
