"""PostgreSQL by asyncpg: the defaults of its engines, and connections that time in the pool has spoiled."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import URL, String, event, func, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database
from django_like_repos.postgresql import fitness
from django_like_repos.postgresql.settings import with_defaults
from tests.postgres import new_database
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    pass


class Mood(Base):
    __tablename__ = "moods"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10))


class MoodRepository(BaseRepository[Mood]):
    pass


@pytest.fixture(scope="module")
async def url(postgres: URL) -> AsyncIterator[URL]:
    async with new_database(postgres) as made:
        yield made


@pytest.fixture
async def database(url: URL) -> AsyncIterator[Database]:
    """One mood, by a pool of three."""
    async with Database(url, pool_size=3, max_overflow=0) as made:
        await made.drop_all(Base)
        await made.create_all(Base)
        async with made.session() as session:
            await MoodRepository(session).commit().create(id=1, name="fine")
        yield made


@pytest.fixture
async def admin(url: URL) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    yield engine
    await engine.dispose()


async def run(engine: AsyncEngine, *statements: str) -> None:
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def shown(database: Database, *names: str) -> list[str]:
    async with database.engine.connect() as connection:
        return [str(await connection.scalar(text(f"SHOW {name}"))) for name in names]


async def fill(database: Database) -> None:
    """As many connections in the pool as it takes."""
    opened = [await database.engine.connect() for _ in range(3)]
    for connection in opened:
        await connection.close()


async def names(database: Database) -> list[str]:
    async with database.session() as session:
        return await MoodRepository(session).objects.values_list("name", flat=True)


# Defaults.


async def test_the_defaults(database: Database) -> None:
    assert await shown(database, "application_name", "statement_timeout") == ["django_like_repos", "1min"]
    assert database.engine.pool._recycle == 1800
    assert database.engine.pool._pre_ping is False
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        assert driver._config.command_timeout == 65


async def test_each_default_can_be_said_otherwise(url: URL) -> None:
    said = {
        "command_timeout": None,
        "server_settings": {"statement_timeout": "0", "application_name": "shop"},
    }
    async with Database(url, pool_recycle=-1, pool_pre_ping=True, connect_args=said) as database:
        assert await shown(database, "application_name", "statement_timeout") == ["shop", "0"]
        assert database.engine.pool._recycle == -1
        assert database.engine.pool._pre_ping is True


def test_what_the_url_says_stands(url: URL) -> None:
    options = with_defaults(url.update_query_dict({"timeout": "3"}), {}, None)
    assert "timeout" not in options["connect_args"]
    assert options["connect_args"]["command_timeout"] == 65


async def test_an_engine_of_the_users_keeps_its_settings(url: URL) -> None:
    async with Database(create_async_engine(url)) as database:
        assert await shown(database, "statement_timeout") == ["0"]


async def test_the_server_ends_what_takes_too_long(url: URL) -> None:
    said = {"server_settings": {"statement_timeout": "20"}}
    async with Database(url, connect_args=said) as database:
        async with database.session() as session:
            with pytest.raises(DBAPIError, match="statement timeout"):
                await session.execute(text("SELECT pg_sleep(60)"))
        assert await shown(database, "server_version_num")


async def test_the_driver_ends_what_takes_too_long(url: URL) -> None:
    async with Database(url, connect_args={"command_timeout": 0.05}, pool_size=1) as database:
        async with database.session() as session:
            with pytest.raises(TimeoutError):
                await session.execute(text("SELECT pg_sleep(60)"))
        assert await shown(database, "server_version_num")


@pytest.mark.parametrize("wrong", ["statement", "TRANSACTION", ""])
def test_poolers_that_there_are_not(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a pooler is one of 'session', 'transaction'"):
        Database("postgresql+asyncpg://localhost/x", pooler=wrong)


def test_sqlite_has_no_pooler() -> None:
    with pytest.raises(TypeError, match="a pooler goes with PostgreSQL by asyncpg"):
        Database("sqlite+aiosqlite://", pooler="transaction")


def test_an_engine_is_given_no_pooler(url: URL) -> None:
    with pytest.raises(TypeError, match="this engine has its own already"):
        Database(create_async_engine(url), pooler="transaction")


async def test_settings_for_a_pooler_in_transaction_mode(url: URL) -> None:
    async with Database(url, pooler="transaction") as database:
        assert await shown(database, "statement_timeout") == ["0"]
        prepared = "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%pg_prepared%'"
        async with database.engine.connect() as connection:
            first = await connection.scalar(text(prepared))
            second = await connection.scalar(text(prepared))
    assert first.startswith("__django_like_repos_")
    assert first != second


# Connections that were closed in the pool.

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"


@pytest.mark.parametrize("gone", [True, False], ids=["they are gone", "they are going"])
async def test_no_query_meets_a_closed_connection(database: Database, admin: AsyncEngine, gone: bool) -> None:
    """What is not seen at the checkout is met by BEGIN, which is sent again by another connection."""
    for _ in range(5):
        await fill(database)
        async with admin.connect() as connection:
            await connection.execute(text(KILL))
            while gone and await connection.scalar(text(LEFT)):
                pass
        assert [await names(database) for _ in range(3)] == [["fine"]] * 3


async def test_a_connection_that_works_is_not_asked(database: Database, monkeypatch: Any) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(fitness, "_ask", asked.append)
    await fill(database)
    await fill(database)
    assert asked == []
    monkeypatch.setattr(fitness, "ASKED_AFTER", -1)
    await fill(database)
    assert len(asked) == 3


async def test_a_connection_that_is_asked_and_answers_is_used(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(fitness, "ASKED_AFTER", -1)
    drivers = set()
    for _ in range(3):
        async with database.engine.connect() as connection:
            drivers.add((await connection.get_raw_connection()).driver_connection)
    assert len(drivers) == 1


async def test_a_silent_connection_is_made_anew(database: Database, monkeypatch: Any) -> None:
    """One that does not answer: the network has lost it, and nobody was told."""
    async with database.engine.connect() as connection:
        lost: Any = (await connection.get_raw_connection()).driver_connection

    async def silent(*_: Any, **options: Any) -> None:
        async with asyncio.timeout(options["timeout"] / 1000):
            await asyncio.Event().wait()

    monkeypatch.setattr(fitness, "ASKED_AFTER", -1)
    monkeypatch.setattr(type(lost), "execute", silent)
    async with database.engine.connect() as connection:
        used: Any = (await connection.get_raw_connection()).driver_connection
    monkeypatch.undo()
    assert used is not lost
    assert lost.is_closed()


async def test_a_statement_that_was_sent_is_not_repeated(database: Database, admin: AsyncEngine) -> None:
    """Killed within its statement, nobody knows that it may be done again."""
    sent: list[str] = []
    event.listen(
        database.engine.sync_engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2])
    )

    async def wait() -> None:
        async with database.session() as session:
            await MoodRepository(session).objects.filter(func.pg_sleep(60).is_(None)).count()

    waiting = asyncio.create_task(wait())
    async with admin.connect() as connection:
        while await connection.scalar(text(f"{LEFT} AND wait_event = 'PgSleep'")) == 0:
            assert not waiting.done()
        await connection.execute(text(KILL))
    with pytest.raises(DBAPIError):
        await waiting
    assert len(sent) == 1
    assert await names(database) == ["fine"]


async def test_a_connection_left_in_a_transaction_is_made_anew(database: Database) -> None:
    async with database.engine.connect() as connection:
        left: Any = (await connection.get_raw_connection()).driver_connection
        await left.execute("BEGIN")
    async with database.engine.connect() as connection:
        used: Any = (await connection.get_raw_connection()).driver_connection
        assert used is not left
        assert not used.is_in_transaction()


# Migrations under a pool.

MIGRATIONS = {
    "enum": (
        "CREATE TYPE mood AS ENUM ('fine', 'bad')",
        "ALTER TABLE moods ALTER name TYPE mood USING name::mood",
        "ALTER TABLE moods ALTER name TYPE text",
        "DROP TYPE mood",
    ),
    "domain": (
        "CREATE DOMAIN word AS text",
        "ALTER TABLE moods ALTER name TYPE word",
        "ALTER TABLE moods ALTER name TYPE text",
        "DROP DOMAIN word",
    ),
    "made anew": (
        "CREATE TYPE mood AS ENUM ('fine', 'bad')",
        "ALTER TABLE moods ALTER name TYPE mood USING name::mood",
        "ALTER TYPE mood RENAME TO former",
        "CREATE TYPE mood AS ENUM ('fine')",
        "ALTER TABLE moods ALTER name TYPE mood USING name::text::mood",
        "DROP TYPE former",
        "ALTER TABLE moods ALTER name TYPE text",
        "DROP TYPE mood",
    ),
}


@pytest.mark.parametrize("migration", MIGRATIONS.values(), ids=MIGRATIONS)
async def test_a_migration_costs_no_request(
    database: Database, admin: AsyncEngine, migration: tuple[str, ...]
) -> None:
    failed: list[Any] = []
    event.listen(database.engine.sync_engine, "handle_error", failed.append)
    assert await names(database) == ["fine"]
    for statement in migration:
        await run(admin, statement)
        assert await names(database) == ["fine"]
    assert failed


async def test_within_a_transaction_a_migration_is_told(database: Database, admin: AsyncEngine) -> None:
    """What came before it in the transaction cannot be repeated."""
    assert await names(database) == ["fine"]
    await run(admin, "ALTER TABLE moods ALTER name TYPE text")
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError, match="cached statement plan is invalid"):
            await MoodRepository(session).objects.values_list("name", flat=True)
        await session.rollback()
        assert await MoodRepository(session).objects.values_list("name", flat=True) == ["fine"]


async def test_a_composite_type_that_grew(database: Database, admin: AsyncEngine, sql: RecordedSQL) -> None:
    """The connection that remembers it is closed."""
    await run(
        admin,
        "CREATE TYPE point_of AS (x int, y int)",
        "CREATE TABLE points (p point_of)",
        "INSERT INTO points VALUES (ROW(1, 2)::point_of)",
    )

    async def read() -> Any:
        async with database.session() as session:
            return tuple(await session.scalar(text("SELECT p FROM points")))

    try:
        await fill(database)
        assert [await read() for _ in range(3)] == [(1, 2)] * 3
        await run(admin, "ALTER TYPE point_of ADD ATTRIBUTE z int")
        with pytest.raises(DBAPIError, match="number of attributes of composite type"):
            await read()
        assert [await read() for _ in range(6)] == [(1, 2, None)] * 6
    finally:
        await run(admin, "DROP TABLE points", "DROP TYPE point_of")


# A standby, which refuses a level: its answer is that of PostgreSQL's documentation.


@pytest.fixture
def standby(monkeypatch: Any) -> None:
    execute = asyncpg.Connection.execute

    async def refuse(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if "SERIALIZABLE" in query:
            raise asyncpg.FeatureNotSupportedError("cannot use serializable mode in a hot standby")
        return await execute(self, query, *arguments, **options)

    monkeypatch.setattr(asyncpg.Connection, "execute", refuse)


@pytest.mark.usefixtures("standby")
async def test_a_level_that_is_refused_spoils_no_connection(url: URL) -> None:
    async with Database(url, pool_size=1, max_overflow=0) as database:
        for _ in range(3):
            strict = database.engine.execution_options(isolation_level="SERIALIZABLE")
            async with database.session_factory(bind=strict) as session:
                with pytest.raises(DBAPIError, match="hot standby"):
                    await session.execute(text("SELECT 1"))
            async with database.session() as session:
                assert await session.scalar(text("SELECT 1")) == 1
                await session.commit()
                assert await session.scalar(text("SHOW transaction_isolation")) == "read committed"
