"""Plans that read go to the driver: what that costs, who stands in the way, what is as with SQLAlchemy."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Engine, event, insert, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, with_loader_criteria
from sqlalchemy.pool import NullPool

from django_like_repos import Database, Max, QuerySet
from django_like_repos.plans import plans_of
from tests.database.models import Shelf, ShelfRepository
from tests.routes import counted

Operation = Callable[[AsyncSession], Any]

READS: dict[str, Operation] = {
    "a model": lambda session: ShelfRepository(session).objects.get(name="Проза"),
    "models": lambda session: ShelfRepository(session).objects.filter(id__in=[1, 2]),
    "tuples": lambda session: ShelfRepository(session).objects.order_by("id").values_list("id", "name"),
    "dicts": lambda session: ShelfRepository(session).objects.order_by("id").values("name"),
    "scalars": lambda session: ShelfRepository(session).objects.values_list("name", flat=True),
    "the number": lambda session: ShelfRepository(session).objects.filter(name="Проза").count(),
    "any": lambda session: ShelfRepository(session).objects.filter(name="Проза").exists(),
    "a summary": lambda session: ShelfRepository(session).objects.aggregate(last=Max("id")),
}


@pytest.fixture
async def session(shelves: Database) -> AsyncIterator[AsyncSession]:
    async with shelves.session() as session:
        yield session


# What it costs


@pytest.mark.parametrize("name", READS)
async def test_one_call_of_the_driver_and_one_greenlet(shelves: Database, name: str) -> None:
    async with shelves.session() as session:
        await READS[name](session)
        with counted() as found:
            await READS[name](session)
    assert found == (
        {"greenlet_spawn": 1, "_execute": 1}
        if shelves.engine.dialect.name == "sqlite"
        else {"greenlet_spawn": 1, "fetch": 1}
    )


async def test_a_session_of_its_own_asks_no_more_than_it_must(shelves: Database) -> None:
    async def read() -> None:
        async with shelves.session() as session:
            await READS["tuples"](session)

    await read()
    await read()
    with counted() as found:
        await read()
    # SQLite has begun no transaction that would have to end; PostgreSQL begins one, and rolls it back.
    assert found["_execute"] == (1 if shelves.engine.dialect.name == "sqlite" else 0)
    assert found["execute"] == (0 if shelves.engine.dialect.name == "sqlite" else 2)
    assert found["prepare"] == 0
    assert found["fetch"] == (0 if shelves.engine.dialect.name == "sqlite" else 1)


async def test_a_thousand_values_have_one_route(session: AsyncSession, routes: list[bool]) -> None:
    shelf, engine = ShelfRepository(session), session.sync_session.get_bind()
    compiled: Any = engine.engine._compiled_cache
    compiled.clear()
    for number in range(1000):
        await shelf.objects.filter(name=f"shelf {number}").exists()
    assert routes[0] is False
    assert all(routes[1:])
    for number in range(10):
        await shelf.objects.filter(name=f"shelf {number}").execution_options(direct=False).exists()
    assert plans_of(engine).info().currsize == 1
    assert len(compiled) == 1


# Who stands in the way


def _heard(*_: Any) -> None: ...


async def _reads_once_more(session: AsyncSession, routes: list[bool]) -> bool:
    names = await READS["tuples"](session)
    assert [name for _, name in names] == ["Проза", "Poésie"]
    return routes.pop()


@pytest.mark.parametrize(
    "name", ["before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute"]
)
@pytest.mark.parametrize("of", ["engine", "connection", "every engine"])
async def test_listeners_of_what_is_executed(
    session: AsyncSession, routes: list[bool], name: str, of: str
) -> None:
    connection = (await session.connection()).sync_connection
    assert connection is not None
    target: Any = {"engine": connection.engine, "connection": connection, "every engine": Engine}[of]
    await _reads_once_more(session, routes)
    assert await _reads_once_more(session, routes)
    heard: list[Any] = []

    def listen(*arguments: Any) -> None:
        heard.append(arguments)

    event.listen(target, name, listen)
    try:
        assert not await _reads_once_more(session, routes)
        assert len(heard) == 1
    finally:
        event.remove(target, name, listen)
    assert await _reads_once_more(session, routes)


async def test_a_listener_of_the_driver_s_cursor(session: AsyncSession, routes: list[bool]) -> None:
    engine: Any = session.get_bind()
    heard: list[str] = []

    def listen(_cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    await _reads_once_more(session, routes)
    event.listen(engine, "do_execute", listen)
    try:
        assert not await _reads_once_more(session, routes)
    finally:
        event.remove(engine, "do_execute", listen)
    assert len(heard) == 1
    assert await _reads_once_more(session, routes)


async def test_a_listener_of_the_session(session: AsyncSession, routes: list[bool]) -> None:
    await _reads_once_more(session, routes)

    def listen(state: Any) -> None:
        state.statement = state.statement.options(with_loader_criteria(Shelf, Shelf.id == 2))

    event.listen(session.sync_session, "do_orm_execute", listen)
    assert await READS["scalars"](session) == ["Poésie"]
    assert await READS["scalars"](session) == ["Poésie"]
    event.remove(session.sync_session, "do_orm_execute", listen)
    assert await READS["scalars"](session) == ["Проза", "Poésie"]
    assert await READS["scalars"](session) == ["Проза", "Poésie"]
    assert routes == [False, False, False, True]


async def test_a_listener_that_says_it_otherwise(session: AsyncSession, routes: list[bool]) -> None:
    """What was executed otherwise, is not what is learned."""
    engine: Any = session.get_bind()

    def otherwise(_c: Any, statement: Any, *_: Any) -> Any:
        return statement.limit(1), _[0], _[1]

    event.listen(engine, "before_execute", otherwise, retval=True)
    try:
        assert await READS["scalars"](session) == ["Проза"]
    finally:
        event.remove(engine, "before_execute", otherwise)
    for _ in range(3):
        assert await READS["scalars"](session) == ["Проза", "Poésie"]
    assert routes == [False, False, True, True]


async def test_a_log(session: AsyncSession, shelves: Database, caplog: pytest.LogCaptureFixture) -> None:
    await READS["tuples"](session)
    await session.close()
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        async with shelves.session() as another:
            await READS["tuples"](another)
            await READS["tuples"](another)
    assert len([record for record in caplog.records if record.getMessage().startswith("SELECT")]) == 2


@pytest.mark.parametrize(
    "options",
    [{"direct": False}, {"populate_existing": True}, {"schema_translate_map": {}}, {"autoflush": False}],
    ids=str,
)
async def test_execution_options(session: AsyncSession, routes: list[bool], options: dict[str, Any]) -> None:
    rows = ShelfRepository(session).objects.values_list("name", flat=True)
    for _ in range(2):
        assert len(await rows.execution_options(**options)) == 2
    assert routes == [False, False]
    assert len(await rows.execution_options(direct=True)) == 2


async def test_options_of_the_engine(shelves: Database, routes: list[bool]) -> None:
    engine = shelves.engine.execution_options(schema_translate_map={"other": None})
    async with AsyncSession(engine) as session:
        await _reads_once_more(session, routes)
        assert not await _reads_once_more(session, routes)


async def test_why_it_is_not_taken(session: AsyncSession, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "django_like_repos.direct"):
        plans_of(session.sync_session.get_bind()).clear()
        for options in ({}, {}, {"populate_existing": True}):
            await READS["tuples"](session).execution_options(**options)
    told = [record.getMessage() for record in caplog.records]
    assert [each.partition(":")[0] for each in told] == [
        "SQLAlchemy executes a statement because nothing is learned of it yet",
        "SQLAlchemy executes a statement because of the session's listeners, of an execute() of its own, "
        "or of execution options",
    ]
    assert "SELECT shelves.id" in told[0]


async def test_statements_that_are_not_kept(shelves: Database, routes: list[bool]) -> None:
    engine = create_async_engine(shelves.engine.url, query_cache_size=0, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        for _ in range(3):
            assert not await _reads_once_more(session, routes)
    await engine.dispose()


async def test_an_engine_of_the_user_s_own(shelves: Database, routes: list[bool]) -> None:
    engine = create_async_engine(shelves.engine.url, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        assert not await _reads_once_more(session, routes)
        assert await _reads_once_more(session, routes)
    await engine.dispose()


class Moments(DeclarativeBase): ...


class Moment(Moments):
    __tablename__ = "moments"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


async def test_an_engine_that_becomes_a_database(tmp_path: Path) -> None:
    """What was learned with its types before is forgotten."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/moments.sqlite3")
    async with engine.begin() as connection:
        await connection.run_sync(Moments.metadata.create_all)
        await connection.execute(insert(Moment).values(at=datetime(2026, 1, 2)))
    async with AsyncSession(engine) as session:
        found = [await QuerySet(Moment, session).values_list("at", flat=True) for _ in range(3)]
        assert found == [[datetime(2026, 1, 2)]] * 3
    async with Database(engine) as database, database.session() as session:
        found = [await QuerySet(Moment, session).values_list("at", flat=True) for _ in range(3)]
        assert found == [[datetime(2026, 1, 2, tzinfo=UTC)]] * 3


async def test_a_database_without_it(shelves: Database, routes: list[bool]) -> None:
    async with Database(shelves.engine.url, direct=False) as database, database.session() as session:
        for _ in range(3):
            assert not await _reads_once_more(session, routes)


async def test_autocommit(shelves: Database, routes: list[bool]) -> None:
    engine = shelves.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with AsyncSession(engine) as session:
        await _reads_once_more(session, routes)
        with counted() as found:
            assert await _reads_once_more(session, routes)
    assert found["execute"] == 0


async def test_a_session_that_was_executed_for(session: AsyncSession, routes: list[bool]) -> None:
    """A stand-in for ``execute`` on the session itself, as tests put it there."""
    await _reads_once_more(session, routes)
    sync: Any = session.sync_session
    sync.execute = lambda *given, **options: Session.execute(sync, *given, **options)
    assert not await _reads_once_more(session, routes)


async def test_the_counters_count() -> None:
    with counted() as found:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with AsyncSession(engine) as session:
            await session.execute(text("SELECT 1"))
        await engine.dispose()
    assert found >= Counter({"_execute": 3, "greenlet_spawn": 1})
