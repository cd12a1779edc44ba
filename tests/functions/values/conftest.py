"""The samples on each backend, made once; no test here changes them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import URL

from django_like_repos import Database
from tests.functions.values.samples import Base, Case, SampleRepository, samples
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@asynccontextmanager
async def _samples(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all(samples())
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_samples(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("samples") / "samples.sqlite3"
    async with _samples(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_samples(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _samples(url) as database:
        yield database


@pytest.fixture(scope="session")
def samples_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes."""
    database: Database = request.getfixturevalue(f"{backend}_samples")
    return database


@pytest.fixture
async def sample(samples_database: Database, sql: RecordedSQL) -> AsyncIterator[SampleRepository]:
    """The samples, in a session of their own: nothing here commits."""
    async with samples_database.session() as session:
        yield SampleRepository(session)


Agrees = Callable[[Case], Awaitable[None]]


@pytest.fixture
def agrees(sample: SampleRepository, sql: RecordedSQL, backend: str) -> Agrees:
    """Asserts the SQL of a case and what it gives, values and their types."""

    async def check(case: Case) -> None:
        found = await sample.objects.annotate(x=case.expression).values_list("x", flat=True)
        same_sql(sql.last, case.on(backend))
        assert found == [_expected(each) for each in case.found]
        assert list(map(_kind, found)) == list(map(_kind, case.found))

    return check


def _expected(value: Any) -> Any:
    return pytest.approx(value) if isinstance(value, (float, Decimal)) else value


def _kind(value: Any) -> str:
    """The name of its class: a driver may have a faster one of the same name."""
    return type(value).__name__
