"""What tests share: the two backends, the help centre on each, sessions that leave no trace, recorded SQL."""

import gc
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from examples.help_center.models import Base
from tests import figures
from tests.data import help_center_rows
from tests.examples import register_profiles
from tests.matrix.summary import pytest_terminal_summary as pytest_terminal_summary
from tests.postgres import PostgresUnavailableError, new_database, postgres_server
from tests.recording import RecordedSQL, recorded_sql
from tests.standbys import MakeServers, servers_made
from tests.turns import left_out

SERVER = pytest.StashKey[URL]()
FREEZES_AFTER: Final = 250
"""Tests after which what is left of them is searched for garbage for the last time."""
_FINISHED: Final = count(1)

register_profiles()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(figures)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Tests, and what they import, stay until the end: to search them for garbage is waste."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # Plans and mappings stay, too: all of them are searched by nobody but ``pytest_runtest_logfinish()``.
        gc.set_threshold(50_000, 20, 1_000_000)
        gc.enable()


def pytest_runtest_logfinish() -> None:
    if next(_FINISHED) % FREEZES_AFTER == 0:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is long, unless tests are chosen by `-m` or called by their names."""
    if config.option.markexpr or any("::" in argument for argument in config.args):
        return
    # First of all hooks: who has its turn does not depend on what else is chosen.
    if left := left_out(items):
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With pytest-xdist, the controlling process starts one server for all workers."""
    node.workerinput["postgres_server"] = _server(node.config).render_as_string(hide_password=False)


def _server(config: pytest.Config) -> URL:
    if SERVER not in config.stash:
        # A run that is told to end must stop its server too, as an interrupted one does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack = ExitStack()
        config.add_cleanup(stack.close)
        try:
            config.stash[SERVER] = stack.enter_context(postgres_server())
        except PostgresUnavailableError as error:
            pytest.exit(f"no PostgreSQL to test on: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> URL:
    """The server: databases for tests are made on it, none of those it has is touched."""
    workerinput: dict[str, str] | None = getattr(pytestconfig, "workerinput", None)
    return _server(pytestconfig) if workerinput is None else make_url(workerinput["postgres_server"])


@pytest.fixture
def make_servers(postgres: URL) -> Iterator[MakeServers]:
    """Makes a running PostgreSQL server of the test's own, and so many standbys of it."""
    with servers_made() as make:
        yield make


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def _help_center(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all(help_center_rows())
            await session.commit()
        yield database


@pytest.fixture(scope="session")
async def sqlite_help_center(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with _help_center(_sqlite_url(tmp_path_factory.mktemp("help_center"))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_help_center(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _help_center(url) as database:
        yield database


@pytest.fixture(scope="session")
def help_center_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """The help centre with the rows of `tests.data`, one for all tests: changes belong into `session`.

    Found by name, because pytest makes a parametrised fixture anew whenever the parameter changes.
    """
    database: Database = request.getfixturevalue(f"{backend}_help_center")
    return database


@pytest.fixture
async def session(help_center_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the help centre; whatever it commits is rolled back after the test."""
    async with (
        help_center_database.engine.connect() as connection,
        connection.begin() as transaction,
        help_center_database.session_factory(
            bind=connection, join_transaction_mode="create_savepoint"
        ) as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()


@pytest.fixture
async def fresh_database(backend: str, tmp_path: Path, postgres: URL) -> AsyncIterator[Database]:
    """A new, empty database, for tests that create tables, commit, or use several connections."""
    if backend == "sqlite":
        async with Database(_sqlite_url(tmp_path)) as database:
            yield database
    else:
        async with new_database(postgres) as url, Database(url) as database:
            yield database


def _sqlite_url(directory: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(directory / "test.sqlite3"))


@pytest.fixture
def sql() -> Iterator[RecordedSQL]:
    """What every engine executes from here on; ask for it before opening connections of your own."""
    with recorded_sql() as recorded:
        yield recorded
