"""Tracks of every kind on each backend, made once: nothing here writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Final

import pytest
from sqlalchemy import URL, insert
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.pages.tracks import Base, Play, Singer, Track, singers, track
from tests.postgres import new_database
from tests.recording import RecordedSQL

TRACKS: Final = [track(key, number) for key, number in enumerate(Random(16).sample(range(540), 60), 1)]
PLAYS: Final = [
    {"id": number, "place": "abc"[number % 7 % 3], "track_id": number * number % 61 or 1}
    for number in range(1, 61)
]


@asynccontextmanager
async def _filled(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            await session.execute(insert(Singer), singers())
            await session.execute(insert(Track), TRACKS)
            await session.execute(insert(Play), PLAYS)
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_listed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("listed") / "tracks.sqlite3"
    async with _filled(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_listed(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(url) as database:
        yield database


@pytest.fixture(scope="session")
def listed(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_listed")
    return database


@pytest.fixture
async def session(listed: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with listed.session() as session:
        sql.clear()
        yield session
