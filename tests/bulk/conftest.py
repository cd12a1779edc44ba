"""The tables of `models.py` on each backend: what a test commits there, it deletes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from django_like_repos import Database
from tests.bulk.models import Base
from tests.postgres import new_database


@asynccontextmanager
async def _tables(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture(scope="session")
async def sqlite_bulky(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("bulky") / "bulky.sqlite3"
    async with _tables(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_bulky(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _tables(url) as database:
        yield database


@pytest.fixture(scope="session")
def bulky(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_bulky")
    return database
