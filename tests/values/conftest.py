"""The museum on each backend, made once; what a test changes is rolled back with its session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.values.kinds import KINDS
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import Base, Exhibit, PostgresBase, Treasure


@asynccontextmanager
async def _museum(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add(Exhibit(id=1, **{column: kind.low for column, kind in KINDS.items()}))
            session.add(Exhibit(id=2, **{column: kind.high for column, kind in KINDS.items()}))
            session.add(Exhibit(id=3))
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_museum(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("museum") / "museum.sqlite3"
    async with _museum(make_url(f"sqlite+aiosqlite:///{path}")) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_museum(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _museum(url) as database:
        await database.create_all(PostgresBase.metadata)
        async with database.session() as session:
            session.add(Treasure(id=1, **{column: kind.low for column, kind in POSTGRES_KINDS.items()}))
            session.add(Treasure(id=2, **{column: kind.high for column, kind in POSTGRES_KINDS.items()}))
            session.add(Treasure(id=3))
            await session.commit()
        yield database


@pytest.fixture(scope="session")
def museum_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    database: Database = request.getfixturevalue(f"{backend}_museum")
    return database


@pytest.fixture
async def museum(museum_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the museum: exhibit 1 has the low values, 2 the high ones, 3 none."""
    async with museum_database.session() as session:
        yield session


@pytest.fixture
async def treasury(postgresql_museum: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """The same of PostgreSQL only, for the types that only it has."""
    async with postgresql_museum.session() as session:
        yield session
