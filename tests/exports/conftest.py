"""The samples of ``samples.py`` on each backend, made once; nothing is changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.exports.samples import EMPTY, FULL, NULLS, Base, Maker, Sample
from tests.postgres import new_database
from tests.recording import RecordedSQL


@asynccontextmanager
async def _samples(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add(Maker(id=1, name="maker"))
            await session.flush()
            session.add_all([Sample(**row) for row in (FULL, EMPTY, NULLS)])
            await session.commit()
        yield database


@pytest.fixture(scope="module")
async def sqlite_samples(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("exports") / "exports.sqlite3"
    async with _samples(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="module")
async def postgresql_samples(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _samples(url) as database:
        yield database


@pytest.fixture(scope="module")
def samples(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_samples")
    return database


@pytest.fixture
async def session(samples: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with samples.session() as session:
        yield session
        await session.rollback()
