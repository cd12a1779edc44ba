"""The fixtures of pytest: ``pytest_plugins = ["django_like_repos.testing"]`` in the topmost ``conftest.py``.

No entry point loads it: that would put its names into every run of every project beside which this package is
installed, and import it before coverage is measured. With pytest-asyncio in its ``auto`` mode, or with anyio;
a test may have an event loop of its own or share one.

PYTEST_DONT_REWRITE
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.database import Database
from django_like_repos.testing.callbacks import capture_on_commit_callbacks as capturing_callbacks
from django_like_repos.testing.capturing import assert_num_queries as asserting
from django_like_repos.testing.capturing import capture_queries as capturing
from django_like_repos.testing.factories import use_factories
from django_like_repos.testing.fixtures import AssertNumQueries, CaptureOnCommitCallbacks, CaptureQueries
from django_like_repos.testing.isolation import rolled_back
from django_like_repos.testing.servers import close_loops, close_with_loop, made_on

T = TypeVar("T")


@pytest.fixture(scope="session")
def database_url() -> str | URL:
    """The server that the run's database is made on; SQLite in memory, unless yours says other."""
    return "sqlite+aiosqlite://"


@pytest.fixture(scope="session")
def database_models() -> Any:
    """What the run's database has tables for: to be overridden, by a declarative base, say, or a list."""
    raise pytest.UsageError(
        "say which tables the database of the tests has, in conftest.py:\n"
        '@pytest.fixture(scope="session")\ndef database_models():\n    return Base'
    )


@pytest.fixture(scope="session")
def database_options() -> dict[str, Any]:
    """Options of the run's ``Database``: ``{"time_zone": "Europe/Athens"}``."""
    return {}


@pytest.fixture(scope="session")
def database_factories() -> Sequence[Any]:
    """Factories of factory_boy and polyfactory that are to work with ``session``."""
    return ()


@pytest.fixture(scope="session")
def run_database(
    database_url: str | URL, database_models: Any, database_options: dict[str, Any]
) -> Iterator[Database]:
    """A database of the run's own, or of each worker's, with the tables and without rows."""
    models = database_models if isinstance(database_models, (list, tuple)) else [database_models]
    made = _in_a_loop(lambda: made_on(database_url, *models, **database_options))
    yield made.database
    close_loops(made.database)
    _in_a_loop(made.end)


@pytest.fixture
async def database(run_database: Database) -> AsyncIterator[Database]:
    """The run's database, in a transaction that is rolled back after the test."""
    await close_with_loop(run_database)
    async with rolled_back(run_database) as database:
        yield database


@pytest.fixture
async def session(database: Database, database_factories: Sequence[Any]) -> AsyncIterator[AsyncSession]:
    """A session of ``database``."""
    async with database.session() as session:
        with use_factories(session, *database_factories):
            yield session


@pytest.fixture
def capture_queries(database: Database) -> CaptureQueries:
    """``with capture_queries() as queries``: what ``database`` is sent."""
    return partial(capturing, database)


@pytest.fixture
def assert_num_queries(database: Database) -> AssertNumQueries:
    """``with assert_num_queries(2)``: fails with a list of what ``database`` was sent."""
    return partial(asserting, database)


@pytest.fixture
def capture_on_commit_callbacks(database: Database) -> CaptureOnCommitCallbacks:
    """``async with capture_on_commit_callbacks() as callbacks``: what commits in ``database`` would call."""
    return partial(capturing_callbacks, database)


def _in_a_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of work in an event loop of its own, whatever loop the thread of the tests has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()
