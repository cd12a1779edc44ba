"""The tracks of the tests of pages, and an app whose routes filter them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tests.contrib.filters.app import app
from tests.pages import conftest as pages
from tests.pages.tracks import Track, track
from tests.recording import RecordedSQL

sqlite_tracks = pages.sqlite_tracks
postgresql_tracks = pages.postgresql_tracks
tracks = pages.tracks
twelve = pages.session


@pytest.fixture
async def session(twelve: AsyncSession, sql: RecordedSQL) -> AsyncSession:
    """A session on fourteen tracks, the last two of Ada and Bob, the first three with plays."""
    await twelve.execute(insert(Track), [track(13, 135), track(14, 351)])
    sql.clear()
    return twelve


@pytest.fixture
def served(session: AsyncSession) -> Iterator[AsyncSession]:
    """The session that the app's routes read from."""
    app.state.session = session
    yield session
    del app.state.session


@pytest.fixture
async def client(served: AsyncSession) -> AsyncIterator[AsyncClient]:
    transport: Any = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://tracks") as client:
        yield client
