"""A write that is committed at once, and is all of its transaction, asks PostgreSQL once: and when not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asyncpg import ConnectionDoesNotExistError
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import URL, ForeignKey, event, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from django_like_repos import BaseRepository, Database, F, UnsupportedOperationError, atomic, on_commit
from tests.postgres import new_database
from tests.routes import counted


class Base(DeclarativeBase):
    """Tables whose rows are written one by one."""


class Jar(Base):
    __tablename__ = "jars"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(unique=True)
    weight: Mapped[int] = mapped_column(default=1)


class Lid(Base):
    __tablename__ = "lids"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None]
    over_id: Mapped[int | None] = mapped_column(ForeignKey("lids.id", deferrable=True, initially="DEFERRED"))


class JarRepository(BaseRepository[Jar]): ...


class LidRepository(BaseRepository[Lid]): ...


Operation = Callable[[AsyncSession, int], Any]


async def create(session: AsyncSession, at: int) -> Any:
    return await JarRepository(session).commit().create(label=f"new {at}", weight=at)


async def update(session: AsyncSession, at: int) -> Any:
    return await JarRepository(session).commit().objects.filter(id=1).update(weight=F("weight") + at)


async def delete(session: AsyncSession, at: int) -> Any:
    return await JarRepository(session).commit().objects.filter(label__in=["x", f"new {at}"]).delete()


OPERATIONS: dict[str, Operation] = {"create": create, "update": update, "delete": delete}

ALONE = {"fetch": 1}
IN_A_TRANSACTION = {"execute": 2, "fetch": 1}


@asynccontextmanager
async def _filled(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base)
        yield database


@pytest.fixture(scope="module")
async def postgresql_jars(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(url) as database:
        yield database


@pytest.fixture
async def jars(postgresql_jars: Database) -> Database:
    """A jar, and plans that are learned."""
    async with postgresql_jars.engine.begin() as connection:
        await connection.execute(text("TRUNCATE jars, lids RESTART IDENTITY"))
        await connection.execute(text("INSERT INTO jars (label, weight) VALUES ('old', 0)"))
    async with postgresql_jars.session() as session:
        for operation in OPERATIONS.values():
            await operation(session, 0)
            session.expunge_all()
    return postgresql_jars


async def _asked(session: AsyncSession, operation: Operation = create, at: int = 1) -> dict[str, int]:
    with counted() as found:
        await operation(session, at)
    return {name: number for name, number in found.items() if name != "greenlet_spawn"}


async def _labels(database: Database) -> list[str]:
    async with database.session() as session:
        return await JarRepository(session).objects.order_by("id").values_list("label", flat=True)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_one_round_trip(jars: Database, name: str) -> None:
    async with jars.session() as session:
        assert await _asked(session, OPERATIONS[name]) == ALONE
        assert not session.in_transaction()
    assert await _labels(jars) == (["old", "new 1"] if name == "create" else ["old"])


async def test_sqlite_asks_as_before(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        await create(session, 0)
        wanted = {"_execute": 2} if fresh_database.engine.dialect.name == "sqlite" else ALONE
        assert await _asked(session) == wanted


async def test_it_needs_the_flag(jars: Database) -> None:
    async with jars.session() as session:
        with counted() as found:
            await JarRepository(session).flush().create(label="a")
        assert found["execute"] == 1
        await session.rollback()
    assert await _labels(jars) == ["old"]


async def test_after_reads_that_began_nothing(jars: Database) -> None:
    async with Database(jars.engine.url, reads="autocommit") as database, database.session() as session:
        for wanted in (IN_A_TRANSACTION, ALONE):
            assert not await JarRepository(session).objects.filter(id=0)
            assert (await _asked(session, at=len(wanted)))["fetch"] == 1
        assert not await JarRepository(session).objects.filter(id=0)
        assert await _asked(session, at=9) == ALONE


# Who stands in the way


def _heard(*_: Any) -> None: ...


def _listening(name: str) -> Callable[[AsyncSession], Any]:
    async def listen(session: AsyncSession) -> None:
        event.listen(session.sync_session, name, _heard)

    return listen


async def _has_read(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))


async def _is_two_phase(session: AsyncSession) -> None:
    session.sync_session.twophase = True


async def _commits_by_its_own(session: AsyncSession) -> None:
    own: Any = session.sync_session
    own.commit = lambda: Session.commit(own)


async def _begins_otherwise(session: AsyncSession) -> None:
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


IN_THE_WAY: dict[str, Callable[[AsyncSession], Any]] = {
    "begin": _listening("after_begin"),
    "before the commit": _listening("before_commit"),
    "after the commit": _listening("after_commit"),
    "a statement before": _has_read,
    "a commit of its own": _commits_by_its_own,
    "an isolation level": _begins_otherwise,
}


@pytest.mark.parametrize("name", IN_THE_WAY)
async def test_sessions_that_would_see_it(jars: Database, name: str) -> None:
    for operation in OPERATIONS.values():
        async with jars.session() as session:
            with counted() as found:
                await IN_THE_WAY[name](session)
                await operation(session, 1)
            assert found["execute"] == 2
    # A connection keeps the level that it is given back with.
    await jars.close()


@pytest.mark.parametrize("name", ["begin", "commit"])
async def test_listeners_of_the_engine(jars: Database, name: str) -> None:
    engine = jars.engine.sync_engine
    event.listen(engine, name, _heard)
    try:
        async with jars.session() as session:
            assert await _asked(session) == IN_A_TRANSACTION
    finally:
        event.remove(engine, name, _heard)
        del engine._has_events


async def test_what_is_pending(jars: Database) -> None:
    async with jars.session() as session:
        session.sync_session.autoflush = False
        session.add(Jar(label="pending"))
        assert (await _asked(session, update))["execute"] == 2
    assert await _labels(jars) == ["old", "pending"]


async def test_within_a_block(jars: Database) -> None:
    async with jars.session() as session:
        with counted() as found:
            async with atomic(session):
                await JarRepository(session).create(label="a")
        assert found["execute"] == 2


async def test_a_connection_of_the_user_s(jars: Database) -> None:
    """What he rolls back is gone."""
    async with jars.engine.connect() as connection, connection.begin() as outer:
        for way in ("conditional_savepoint", "rollback_only", "create_savepoint"):
            mode: Any = way
            async with AsyncSession(connection, join_transaction_mode=mode) as session:
                for operation in OPERATIONS.values():
                    await operation(session, len(way))
        await outer.rollback()
    assert await _labels(jars) == ["old"]


async def test_what_a_pooler_would_send_elsewhere(jars: Database) -> None:
    engine = create_async_engine(jars.engine.url, connect_args={"prepared_statement_cache_size": 0})
    async with Database(engine) as database, database.session() as session:
        await create(session, 1)
        assert (await _asked(session, at=2))["execute"] == 2


async def test_what_is_looked_at_in_the_end(jars: Database) -> None:
    async with jars.session() as session:
        repo = LidRepository(session).commit()
        for label in ("a", "b"):
            await repo.create(label=label)
        with counted() as found, pytest.raises(IntegrityError, match="foreign key"):
            await repo.create(label="c", over_id=99)
        assert found == {"greenlet_spawn": 1, "fetch": 1}
        await session.rollback()
        assert await repo.objects.values_list("label", flat=True) == ["a", "b"]


# What is as it is otherwise


async def _what_is_left(session: AsyncSession, jar: Any) -> tuple[Any, ...]:
    state = inspect(jar)
    return (
        session.in_transaction(),
        [*session.new, *session.dirty, *session.deleted],
        jar in session,
        (state.persistent, state.modified, sorted(state.expired_attributes), state.identity is None),
        sorted((name, value) for name, value in state.dict.items() if name in ("label", "weight")),
    )


@pytest.mark.parametrize("expires", [True, False])
async def test_the_session_is_as_after_its_commit(jars: Database, expires: bool) -> None:
    told: list[Any] = []
    for direct in (True, False):
        async with AsyncSession(jars.engine, expire_on_commit=expires) as session:
            session.sync_session.info["django_like_repos.direct"] = direct
            jar = Jar(label=f"a {direct}"[:1] + str(len(told)), weight=5)
            with counted() as found:
                await JarRepository(session).commit().add(jar)
            assert found["execute"] == (0 if direct else 2)
            left = await _what_is_left(session, jar)
            await session.refresh(jar)
            told.append((left[:-1], jar.weight))
    assert told[0] == told[1]


async def test_callbacks(jars: Database) -> None:
    called: list[str] = []
    async with jars.session() as session:
        await on_commit(lambda: called.append("at once"), session)
        await create(session, 1)
        async with atomic(session):
            await on_commit(lambda: called.append("after"), session)
            assert called == ["at once"]
    assert called == ["at once", "after"]


async def test_errors_of_an_object(jars: Database) -> None:
    told: list[Any] = []
    for direct in (True, False):
        async with jars.session() as session:
            session.sync_session.info["django_like_repos.direct"] = direct
            with pytest.raises(IntegrityError) as raised:
                await JarRepository(session).commit().create(label="old", weight=1)
            with pytest.raises(PendingRollbackError):
                await session.execute(text("SELECT 1"))
            await session.rollback()
            error = raised.value
            told.append((str(error.orig), error.statement, error.params, [*session]))
    assert told[0] == told[1]
    assert await _labels(jars) == ["old"]


async def test_an_update_that_fails_leaves_nothing_behind(jars: Database) -> None:
    async with jars.session() as session:
        await create(session, 1)
        session.expunge_all()
        rows = JarRepository(session).commit().objects.filter(id=1)
        for label in ("a", "b"):
            await rows.update(label=label)
        with pytest.raises(IntegrityError):
            await rows.update(label="new 1")
        assert await JarRepository(session).objects.count() == 2
        await session.commit()
    assert sorted(await _labels(jars)) == ["b", "new 1"]


# What is not known


def _answering_never(monkeypatch: pytest.MonkeyPatch, done: asyncio.Event) -> None:
    fetch = PreparedStatement.fetch

    async def answer(self: Any, *values: Any, **options: Any) -> Any:
        await fetch(self, *values, **options)
        done.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(PreparedStatement, "fetch", answer)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_cancelled(jars: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As in a commit: whether it was kept is not known, and the session says so until it is rolled back."""
    async with jars.session() as session:
        done = asyncio.Event()
        with monkeypatch.context() as patched:
            _answering_never(patched, done)
            task = asyncio.create_task(OPERATIONS[name](session, 1))
            await done.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        with pytest.raises(UnsupportedOperationError, match="whether the database kept it is not known"):
            await session.commit()
        await session.rollback()
        assert await JarRepository(session).objects.filter(label="old").exists()
    assert jars.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert (await _labels(jars) == ["old", "new 1"]) is (name == "create")


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_connection_that_is_lost(jars: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Nobody repeats what may have been done."""
    fetch, calls = PreparedStatement.fetch, []

    async def lose(self: Any, *values: Any, **options: Any) -> Any:
        calls.append(await fetch(self, *values, **options))
        self._connection.terminate()
        raise ConnectionDoesNotExistError("connection was closed in the middle of operation")

    async with jars.session() as session:
        with monkeypatch.context() as patched:
            patched.setattr(PreparedStatement, "fetch", lose)
            with pytest.raises(DBAPIError) as raised:
                await OPERATIONS[name](session, 1)
        assert raised.value.connection_invalidated
        with pytest.raises(UnsupportedOperationError, match="whether the database kept it is not known"):
            await JarRepository(session).objects.count()
        await session.rollback()
        assert await JarRepository(session).objects.filter(label="old").exists()
    assert len(calls) == 1
