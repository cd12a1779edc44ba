"""The shifts of `shifts.py` on each backend, made once; what a test changes goes with its session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import URL

from django_like_repos import Database
from tests.functions.shifts import Base, ShiftRepository, shifts
from tests.postgres import new_database
from tests.recording import RecordedSQL


@asynccontextmanager
async def _shifts(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all(shifts())
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("shifts") / "shifts.sqlite3"
    async with _shifts(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_shifts(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _shifts(url) as database:
        yield database


@pytest.fixture(scope="session")
def shifts_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    database: Database = request.getfixturevalue(f"{backend}_shifts")
    return database


@pytest.fixture
async def shift(shifts_database: Database, sql: RecordedSQL) -> AsyncIterator[ShiftRepository]:
    """The shifts, in a session of their own: nothing here commits."""
    async with shifts_database.session() as session:
        yield ShiftRepository(session)


@pytest.fixture
async def abroad(shifts_database: Database) -> AsyncIterator[ShiftRepository]:
    """The same in a database whose sessions are in another zone, which must not matter."""
    url = shifts_database.engine.url
    options: dict[str, Any] = {"connect_args": {"server_settings": {"timezone": "America/New_York"}}}
    on_server = url.get_backend_name() == "postgresql"
    async with Database(url, **(options if on_server else {})) as database, database.session() as session:
        yield ShiftRepository(session)
