"""The tables of `models.py`, of which a test deletes what it commits; and the stock, rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.bulk.models import Base
from tests.bulk.stock import Base as StockBase
from tests.bulk.stock import fill, rolled_back
from tests.postgres import new_database
from tests.recording import RecordedSQL


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


@asynccontextmanager
async def _stock(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(StockBase.metadata)
        async with database.session() as session:
            await fill(session)
        yield database


@pytest.fixture(scope="session")
async def sqlite_stock(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("stock") / "stock.sqlite3"
    async with _stock(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_stock(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _stock(url) as database:
        yield database


@pytest.fixture(scope="session")
def stock_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """One database for all tests: changes belong into `stock`."""
    database: Database = request.getfixturevalue(f"{backend}_stock")
    return database


@pytest.fixture
async def stock(stock_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the stock; whatever it commits is rolled back after the test."""
    async with rolled_back(stock_database) as session:
        yield session
