"""The parcel office on each backend, made once; what a test changes is rolled back with its session."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.plans.office import SQLITE_TAKES, Office
from tests.plans.rows import parcel_office
from tests.plans.schema import Base, Crate, PostgresBase
from tests.postgres import new_database
from tests.recording import recorded_sql


def _limit_parameters(connection: Any, _record: object) -> None:
    limit = (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, SQLITE_TAKES)
    connection.run_async(lambda driver: driver._execute(driver._conn.setlimit, *limit))


@asynccontextmanager
async def _office(url: URL) -> AsyncIterator[Office]:
    async with Database(url) as database:
        with recorded_sql(database.engine.sync_engine) as sql:
            if url.get_backend_name() == "sqlite":
                event.listen(database.engine.sync_engine, "connect", _limit_parameters)
            await database.create_all(Base.metadata)
            async with database.session() as session:
                session.add_all(parcel_office())
                await session.commit()
            yield Office(database, sql)


@pytest.fixture(scope="session")
async def sqlite_office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    path = tmp_path_factory.mktemp("office") / "office.sqlite3"
    async with _office(make_url(f"sqlite+aiosqlite:///{path}")) as office:
        yield office


@pytest.fixture(scope="session")
async def postgresql_office(postgres: URL) -> AsyncIterator[Office]:
    async with new_database(postgres) as url, _office(url) as office:
        await office.database.create_all(PostgresBase.metadata)
        async with office.database.session() as session:
            session.add_all(
                Crate(id=number, slots=slots, manifest={"n": number})
                for number, slots in enumerate([[1, 2], [3], [], [1, 2]], start=1)
            )
            await session.commit()
        yield office


@pytest.fixture(scope="session")
def any_office(backend: str, request: pytest.FixtureRequest) -> Office:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    found: Office = request.getfixturevalue(f"{backend}_office")
    return found


@pytest.fixture
def office(any_office: Office) -> Office:
    """The office without plans, nothing recorded yet."""
    any_office.plans.clear()
    any_office.sql.clear()
    return any_office


@pytest.fixture
async def session(office: Office) -> AsyncIterator[AsyncSession]:
    """A session whose changes do not stay: nothing here commits."""
    async with office.database.session() as session:
        yield session


@pytest.fixture
async def postgresql_session(postgresql_office: Office) -> AsyncIterator[AsyncSession]:
    """The same on PostgreSQL only, for what SQLite does not have."""
    postgresql_office.sql.clear()
    async with postgresql_office.database.session() as session:
        yield session
