"""``Database(reads="autocommit")``: what only reads begins no transaction where none has begun."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from django_like_repos import Database, Func
from django_like_repos.execution.direct.harmless import only_reads
from tests.database.models import Shelf, ShelfRepository
from tests.routes import counted, noted_routes


async def _read(session: AsyncSession) -> Any:
    return await ShelfRepository(session).objects.order_by("id").values_list("id", "name")


async def test_reads_in_autocommit(shelves: Database) -> None:
    async with Database(shelves.engine.url, reads="autocommit") as database:
        for _ in range(2):
            async with database.session() as session:
                await _read(session)
        with noted_routes() as routes:
            async with database.session() as session:
                await _read(session)
        assert routes == [True]
        with counted() as found:
            async with database.session() as session:
                await _read(session)
                await session.commit()
        assert found["execute"] == 0
        async with database.session() as session:
            session.add(Shelf(name="новая"))
            assert len(await _read(session)) == 3
            await session.rollback()
            assert len(await _read(session)) == 2


@pytest.mark.parametrize("of", ["engine", "session"])
async def test_reads_in_a_transaction_that_was_asked_for(shelves: Database, of: str) -> None:
    if shelves.engine.dialect.name == "sqlite":
        pytest.skip("SQLite begins with a write")
    url = shelves.engine.url
    level = {"isolation_level": "REPEATABLE READ"}
    engine = create_async_engine(url, poolclass=NullPool, **(level if of == "engine" else {}))
    async with Database(engine, reads="autocommit") as database:
        for _ in range(3):
            async with database.session() as session:
                if of == "session":
                    await session.connection(execution_options=level)
                await _read(session)
                raw: Any = await (await session.connection()).get_raw_connection()
                assert raw.driver_connection.is_in_transaction()


async def test_patterns_are_reads_too(shelves: Database) -> None:
    async with Database(shelves.engine.url, reads="autocommit") as database:
        for counts in (False, True):
            with counted() as found:
                async with database.session() as session:
                    await ShelfRepository(session).objects.filter(name__icontains="a").order_by("id")
            assert not counts or found["execute"] == 0


async def test_what_may_write_begins_a_transaction(shelves: Database) -> None:
    if shelves.engine.dialect.name == "sqlite":
        pytest.skip("SQLite begins with a write")
    async with Database(shelves.engine.url, reads="autocommit") as database:
        for _ in range(3):
            async with database.session() as session:
                rows = ShelfRepository(session).objects.annotate(at=Func("id", function="to_hex"))
                await rows.values_list("at")
                raw: Any = await (await session.connection()).get_raw_connection()
                assert raw.driver_connection.is_in_transaction()


@pytest.mark.parametrize(
    ("text_", "harmless"),
    [
        ("SELECT a.x FROM a JOIN b ON (a.id = b.id) WHERE a.x IN ($1) AND lower(a.y) = $2::VARCHAR(3)", True),
        ("SELECT count(*) AS count_1 FROM (SELECT a.x AS x FROM a) AS anon_1", True),
        ("SELECT nextval(a.x) FROM a", False),
        ("SELECT now() FROM a", False),
        ('SELECT "nextval"(a.x) FROM a', False),
        ("SELECT public.lower(a.x) FROM a", False),
        ("SELECT set_config($1, $2, true)", False),
        (
            "SELECT a.x FROM a WHERE a.x ILIKE $1 ESCAPE '/' AND (a.y AT TIME ZONE 'Europe/Paris') > $2",
            True,
        ),
        ("SELECT 'a()' FROM a", False),
        ("SELECT 'it''s' || f(a.x) || 'it' FROM a", False),
        ("SELECT \"it's\"(a.x) FROM a WHERE a.y = 'b'", False),
        ("SELECT 'a', f(a.x), 'b' FROM a", False),
        ("SELECT a.x /* sum */ FROM a", False),
    ],
)
def test_what_is_known_to_read(text_: str, harmless: bool) -> None:
    assert only_reads(text_) is harmless


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"reads": "never"}, "'transaction' or 'autocommit'"),
        ({"pooler": "transaction"}, "needs a connection"),
    ],
)
def test_reads_that_there_are_not(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Database("postgresql+asyncpg://x/y", **{"reads": "autocommit", **options})
