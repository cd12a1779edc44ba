"""When SQLite's transactions begin: never for reading, with the lock before the first write or savepoint."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import Database, F
from django_like_repos.execution.transactions import wants_transaction
from tests.database.models import Base, Shelf, ShelfRepository
from tests.recording import MUTED

WORDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base)
        async with database.session() as session:
            await ShelfRepository(session).commit().create(name="Проза")
        yield database


@pytest.fixture
async def plain(database: Database, url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that no `Database` has set up, on the same file."""
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()


@contextmanager
def traced(engine: AsyncEngine) -> Iterator[list[str]]:
    """The beginnings of the statements that SQLite itself was given, from the next checkout on."""
    said: list[str] = []

    def trace(connection: Any, *_: Any) -> None:
        connection.run_async(lambda own: own._execute(own._conn.set_trace_callback, note))

    def note(statement: str) -> None:
        if statement.startswith(WORDS) and not MUTED:
            said.append(" ".join(statement.split()[: 2 if statement.startswith("BEGIN") else 1]))

    event.listen(engine.sync_engine, "checkout", trace)
    yield said
    event.remove(engine.sync_engine, "checkout", trace)


async def names(database: Database) -> list[str]:
    async with database.session() as session:
        return await ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)


async def test_reading_costs_no_statement_of_ours(database: Database) -> None:
    with traced(database.engine) as said:
        async with database.session() as session:
            repo = ShelfRepository(session)
            await repo.objects.count()
            await repo.objects.first()
            await session.commit()
            await repo.objects.exists()
    assert said == ["SELECT"] * 3


async def test_the_lock_is_taken_before_the_first_write(database: Database) -> None:
    with traced(database.engine) as said:
        async with database.session() as session:
            repo = ShelfRepository(session)
            await repo.objects.count()
            await repo.flush().create(name="a")
            await repo.objects.filter(name="a").update(name="b")
            await session.commit()
            await repo.objects.filter(name="b").delete()
    assert [each for each in said if each != "SELECT"] == [
        "BEGIN IMMEDIATE", "INSERT", "UPDATE", "COMMIT", "BEGIN IMMEDIATE", "DELETE", "ROLLBACK"
    ]  # fmt: skip
    assert await names(database) == ["Проза", "b"]


async def test_a_savepoint_is_part_of_a_transaction(database: Database) -> None:
    with traced(database.engine) as said:
        async with database.session() as session:
            async with session.begin_nested():
                await session.execute(select(Shelf))
            await session.rollback()
    assert said == ["BEGIN IMMEDIATE", "SAVEPOINT", "SELECT", "RELEASE", "ROLLBACK"]


async def test_sql_of_the_users_own(database: Database) -> None:
    statements = [
        "/* a */ INSERT INTO shelves (name) VALUES ('a')",
        "WITH x AS (SELECT 'b' AS n) INSERT INTO shelves (name) SELECT n FROM x",
        "CREATE TABLE things (id INTEGER)",
    ]
    for statement in statements:
        async with database.session() as session:
            await session.execute(text(statement))
            await session.rollback()
    assert await names(database) == ["Проза"]
    async with database.engine.connect() as connection:
        assert not (await connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'things'"))).all()
        await connection.execute(text("VACUUM"))


async def test_many_that_read_and_then_write(url: str) -> None:
    async with Database(url, pool_size=50) as database:
        await database.create_all(Base)
        async with database.session() as session:
            await ShelfRepository(session).commit().create(id=1, name="0")

        async def count_up() -> None:
            async with database.session() as session:
                shelf = ShelfRepository(session).objects
                assert await shelf.filter(id=1).exists()
                await shelf.filter(id=1).update(name=F("name") + "!")
                await session.commit()

        await asyncio.gather(*(count_up() for _ in range(50)))
        assert await names(database) == ["0" + "!" * 50]


async def test_a_writer_that_waits_in_vain(database: Database) -> None:
    async with database.session() as first, database.session() as second:
        await ShelfRepository(first).flush().create(name="a")
        assert await ShelfRepository(second).objects.count() == 1
        await second.execute(text("PRAGMA busy_timeout = 1"))
        with pytest.raises(OperationalError, match="database is locked"):
            await ShelfRepository(second).flush().create(name="b")
        await second.rollback()
        await first.commit()
        await ShelfRepository(second).commit().create(name="b")
        await second.execute(text("PRAGMA busy_timeout = 5000"))
    assert await names(database) == ["Проза", "a", "b"]


@pytest.mark.parametrize("where", ["engine", "connection", "options of the engine"])
async def test_autocommit(database: Database, url: str, where: str) -> None:
    """No BEGIN is sent, and nothing that was written is lost."""
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if where == "engine" else {}
    async with Database(url, **options) as other:
        engine = other.engine
        if where == "options of the engine":
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        with traced(other.engine) as said:
            async with AsyncSession(engine) as session:
                if where == "connection":
                    await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
                repo = ShelfRepository(session)
                await repo.flush().create(name="a")
                await repo.objects.get_or_create(name="b")
                await session.rollback()
        assert "BEGIN IMMEDIATE" not in said
        # The connection goes back to the pool as it came.
        async with other.session() as session:
            await ShelfRepository(session).flush().create(name="c")
            await session.rollback()
    expected = ["Проза", "a", "b"]
    assert await names(database) == ([*expected, "c"] if where == "engine" else expected)


@pytest.mark.parametrize("level", ["SERIALIZABLE", "READ UNCOMMITTED"])
async def test_other_levels(database: Database, level: str) -> None:
    async with database.session() as session:
        await session.connection(execution_options={"isolation_level": level})
        async with session.begin_nested():
            await ShelfRepository(session).flush().create(name="a")
        await session.rollback()
    for _ in range(2):
        async with database.session() as session:
            async with session.begin_nested():
                await ShelfRepository(session).flush().create(name="b")
            await session.rollback()
    assert await names(database) == ["Проза"]


@pytest.mark.parametrize("call", ["get_or_create", "update_or_create"])
@pytest.mark.parametrize("read", [True, False])
async def test_sessions_that_the_user_made(
    database: Database, plain: AsyncEngine, call: str, read: bool
) -> None:
    """What they create is undone with their transaction, which the driver alone would not have begun."""
    async with async_sessionmaker(plain)() as session:
        repo = ShelfRepository(session)
        if read:
            await repo.objects.count()
        created = await getattr(repo.objects, call)(name="a")
        assert created[1]
        assert not (await getattr(repo.objects, call)(name="a"))[1]
        await session.rollback()
        assert await repo.objects.count() == 1
        await getattr(repo.objects, call)(name="b")
        await session.commit()
    assert await names(database) == ["Проза", "b"]


@pytest.mark.parametrize(
    ("statement", "wants"),
    [
        ("SELECT 1", False),
        ("  \n select 1", False),
        ("(SELECT 1)", False),
        ("VALUES (1)", False),
        ("PRAGMA journal_mode", False),
        ("EXPLAIN QUERY PLAN DELETE FROM x", False),
        ("-- INSERT\nSELECT 1", False),
        ("/* UPDATE x */ SELECT 1", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("WITH a AS (SELECT replace('a', 'b', 'c')) SELECT * FROM a", False),
        ("WITH a AS (SELECT 1) UPDATE x SET y = 1", True),
        ("with a as (select 1)\ndelete from x", True),
        ("WITH RECURSIVE a AS (SELECT 1) INSERT OR IGNORE INTO x SELECT * FROM a", True),
        ("INSERT INTO x VALUES (1)", True),
        ("-- a\n/* b */ replace into x values (1)", True),
        ("UPDATE x SET y = (SELECT 1)", True),
        ("DELETE FROM x", True),
        ("CREATE TABLE x (y)", True),
        ("DROP TABLE x", True),
        ("ALTER TABLE x ADD y", True),
        ("SAVEPOINT a", True),
        ("REINDEX", True),
        ("RELEASE SAVEPOINT a", False),
        ("ROLLBACK TO SAVEPOINT a", False),
        ("BEGIN", False),
        ("COMMIT", False),
        ("VACUUM", False),
        ("ATTACH DATABASE 'x' AS y", False),
    ],
)
def test_what_wants_a_transaction(statement: str, wants: bool) -> None:
    assert wants_transaction(statement) is wants
