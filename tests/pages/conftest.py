"""The tracks of ``tracks.py`` on each backend: tables made once, with singers; sessions leave no trace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL, insert
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.pages.tracks import Base, Play, Singer, Track, singers, track
from tests.postgres import new_database
from tests.recording import RecordedSQL

SECRET = "a secret that is long enough"


@asynccontextmanager
async def _tracks(url: URL) -> AsyncIterator[Database]:
    async with Database(url, secret=SECRET) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            await session.execute(insert(Singer), singers())
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_tracks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("tracks") / "tracks.sqlite3"
    async with _tracks(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_tracks(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _tracks(url) as database:
        yield database


@pytest.fixture(scope="session")
def tracks(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_tracks")
    return database


@pytest.fixture
async def session(tracks: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on twelve tracks, the first three with plays; whatever it writes is rolled back."""
    async with tracks.session() as session:
        await session.execute(insert(Track), [track(key, key * 7) for key in range(1, 13)])
        plays = [{"id": n, "place": "ab"[n % 2], "track_id": n % 3 + 1} for n in range(1, 6)]
        await session.execute(insert(Play), plays)
        sql.clear()
        yield session
        await session.rollback()
