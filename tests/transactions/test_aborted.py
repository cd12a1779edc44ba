"""Errors that PostgreSQL's transactions do not survive, caught in them: their commit is an error too.

On SQLite a statement fails alone, and what else was written is kept.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RolledBackError, UnitOfWork, atomic, on_commit, session_dependency
from django_like_repos.execution import outcomes
from tests.database.models import ShelfRepository
from tests.database.test_fastapi import client_of
from tests.transactions.conftest import Sessions, added, leaves, write

Fails = Callable[[AsyncSession], Awaitable[Any]]

WAYS: dict[str, Fails] = {
    "update": lambda session: ShelfRepository(session).objects.filter(name="a").update(name="Проза"),
    "text": lambda session: session.execute(text("SELECT nope")),
    "insert": lambda session: session.execute(text("INSERT INTO shelf (name) VALUES ('Проза')")),
}
FAILED = r"a statement has failed with \w+Error, which was caught, and the database keeps nothing"


@pytest.fixture
def aborts(database: Database) -> bool:
    """Whether a failure undoes more than its statement."""
    return database.engine.dialect.name == "postgresql"


async def caught(session: AsyncSession, fails: Fails = WAYS["update"]) -> None:
    """Work that does not tell of its failure."""
    with leaves(Exception):
        await fails(session)


@pytest.mark.parametrize("fails", WAYS.values(), ids=WAYS)
async def test_a_block(sessions: Sessions, database: Database, aborts: bool, fails: Fails) -> None:
    called: list[str] = []

    async def work(session: AsyncSession, name: str) -> None:
        async with atomic(session):
            await on_commit(lambda: called.append(name), session)
            await write(session, name)
            await caught(session, fails)

    async with sessions() as session:
        if aborts:
            for _ in range(2):
                with leaves(RolledBackError, match=FAILED) as raised:
                    await work(session, "a")
                assert isinstance(raised.value.__cause__, DBAPIError)
                assert "transaction is aborted" not in str(raised.value.__cause__)
        else:
            await work(session, "a")
        assert not session.in_transaction()
        async with atomic(session):
            await write(session, "b")
    assert await added(database) == (["b"] if aborts else ["a", "b"])
    assert called == ([] if aborts else ["a"])


async def test_what_is_refused_after_it_is_not_the_cause(
    sessions: Sessions, database: Database, aborts: bool
) -> None:
    async with sessions() as session:
        if not aborts:
            return
        with leaves(RolledBackError, match="failed with IntegrityError"):
            async with atomic(session):
                await write(session, "a")
                await caught(session)
                for _ in range(2):
                    await caught(session, lambda session: session.execute(text("SELECT 1")))
    assert await added(database) == []


@pytest.mark.parametrize("begin", [atomic, AsyncSession.begin_nested], ids=["atomic", "begin_nested"])
async def test_a_savepoint(
    sessions: Sessions, database: Database, aborts: bool, begin: Callable[[AsyncSession], Any]
) -> None:
    """It alone is undone, and in words."""
    called: list[str] = []

    async def part(session: AsyncSession) -> None:
        async with begin(session):
            await on_commit(lambda: called.append("called"), session)
            await write(session, "a")
            await caught(session)

    async with sessions() as session, atomic(session):
        await write(session, "before")
        if aborts:
            with leaves(RolledBackError, match=FAILED) as raised:
                await part(session)
            assert isinstance(raised.value.__cause__, IntegrityError)
        else:
            await part(session)
        await write(session, "b")
    assert await added(database) == (["before", "b"] if aborts else ["before", "a", "b"])
    assert called == ([] if aborts else ["called"])


async def test_objects_after_such_a_savepoint(sessions: Sessions, aborts: bool) -> None:
    """They are as they were, and nothing has to be loaded."""
    async with sessions() as session, atomic(session):
        shelf = await ShelfRepository(session).objects.get(id=1)
        if not aborts:
            return
        with leaves(RolledBackError):
            async with atomic(session):
                shelf.name = "x"
                await session.flush()
                await caught(session, WAYS["text"])
        assert shelf.name == "Проза"


async def test_an_error_that_its_savepoint_has_undone(sessions: Sessions, database: Database) -> None:
    """Of ours, of SQLAlchemy's, or by hand: what is around it is kept."""
    called: list[str] = []
    async with sessions() as session:
        async with atomic(session):
            await on_commit(lambda: called.append("called"), session)
            await write(session, "a")
            with leaves(IntegrityError):
                async with atomic(session):
                    await WAYS["update"](session)
            with leaves(IntegrityError):
                async with session.begin_nested():
                    await WAYS["update"](session)
            await session.execute(text("SAVEPOINT mine"))
            await caught(session)
            await session.execute(text("ROLLBACK TO SAVEPOINT mine"))
            await write(session, "b")
        await session.commit()
    assert await added(database) == ["a", "b"]
    assert called == ["called"]


async def test_an_error_that_was_never_sent(database: Database) -> None:
    """A value that the driver refuses aborts nothing."""
    async with atomic(database) as session:
        await write(session, "a")
        await caught(
            session, lambda session: session.execute(text("SELECT CAST(:a AS INTEGER)"), {"a": object()})
        )
    assert await added(database) == ["a"]


async def _commit(session: AsyncSession) -> None:
    await write(session, "a")
    await caught(session)
    await session.commit()


async def _begin(session: AsyncSession) -> None:
    async with session.begin():
        await write(session, "a")
        await caught(session)


@pytest.mark.parametrize("work", [_commit, _begin], ids=["commit", "begin"])
async def test_other_commits(
    database: Database, aborts: bool, work: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    called: list[str] = []
    async with database.session() as session:
        await session.connection()
        await session.rollback()
        try:
            await work(session)
        except RolledBackError:
            assert aborts
            await session.rollback()
        else:
            assert not aborts
        await on_commit(lambda: called.append("called"), session)
        await write(session, "b")
        await session.commit()
    assert await added(database) == (["b"] if aborts else ["a", "b"])
    assert called == ["called"]


async def test_a_unit_of_work(database: Database, aborts: bool) -> None:
    called: list[str] = []
    async with UnitOfWork(database) as work:
        await work.on_commit(lambda: called.append("called"))
        await write(work.session, "a")
        await caught(work.session)
        if aborts:
            with leaves(RolledBackError, match=FAILED):
                await work.commit()
            await work.rollback()
        else:
            await work.commit()
        await write(work.session, "b")
        await work.commit()
    assert await added(database) == (["b"] if aborts else ["a", "b"])
    assert called == ([] if aborts else ["called"])


async def test_a_request(database: Database, aborts: bool) -> None:
    called: list[str] = []
    app = FastAPI()
    app.state.database = database

    @app.post("/")
    async def endpoint(
        session: Annotated[AsyncSession, Depends(session_dependency, scope="function")],
    ) -> None:
        await on_commit(lambda: called.append("called"), session)
        await write(session, "a")
        await caught(session)

    async with client_of(app) as client:
        assert (await client.post("/")).status_code == (500 if aborts else 200)
    assert await added(database) == ([] if aborts else ["a"])
    assert called == ([] if aborts else ["called"])


async def test_the_good_case_asks_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(outcomes, "_is_aborted", asked.append)
    async with database.session() as session:
        async with atomic(session), atomic(session):
            await write(session, "a")
        await write(session, "b")
        await session.commit()
    assert asked == []
