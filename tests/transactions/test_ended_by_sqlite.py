"""Transactions that SQLite has ended with an error that was caught in them: nothing of them is kept, either.

PostgreSQL knows no such statement; what its transactions do not survive is in ``test_aborted.py``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RolledBackError, UnitOfWork, atomic, on_commit
from tests.database.models import ShelfRepository
from tests.transactions.conftest import Sessions, added, leaves, write

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

TRIGGER = """CREATE TRIGGER no_x BEFORE {} ON shelves WHEN NEW.name = 'x'
BEGIN SELECT RAISE(ROLLBACK, 'no x'); END"""
Fails = Callable[[AsyncSession], Awaitable[Any]]
WAYS: dict[str, Fails] = {
    "update": lambda session: ShelfRepository(session).objects.filter(id=2).update(name="x"),
    "get_or_create": lambda session: ShelfRepository(session).objects.get_or_create(name="x"),
    "text": lambda session: session.execute(text("INSERT OR ROLLBACK INTO shelves (name) VALUES ('Проза')")),
}
ENDED = "SQLite has ended the transaction with IntegrityError, which was caught"


@pytest.fixture
async def triggers(database: Database) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        for write in ("INSERT", "UPDATE"):
            await connection.execute(text(TRIGGER.format(write).replace("no_x", f"no_x_{write}")))
    yield
    async with database.engine.begin() as connection:
        for write in ("INSERT", "UPDATE"):
            await connection.execute(text(f"DROP TRIGGER no_x_{write}"))


@pytest.mark.usefixtures("triggers")
@pytest.mark.parametrize("fails", WAYS.values(), ids=WAYS)
async def test_nothing_is_kept(database: Database, fails: Fails) -> None:
    called: list[str] = []

    async def caught(session: AsyncSession) -> None:
        await write(session, "before")
        await on_commit(lambda: called.append("kept"), session)
        with leaves(IntegrityError):
            await fails(session)
        await write(session, "after")

    async def caught_in_a_savepoint(session: AsyncSession) -> None:
        await write(session, "before")
        with leaves(IntegrityError):
            async with atomic(session):
                await fails(session)
        await write(session, "after")

    async def savepoint_that_ends_well(session: AsyncSession) -> None:
        async with atomic(session):
            await caught(session)

    for work in (caught, caught_in_a_savepoint, savepoint_that_ends_well):
        with leaves(RolledBackError, match=ENDED) as raised:
            async with atomic(database) as session:
                await work(session)
        assert isinstance(raised.value.__cause__, IntegrityError)
        assert await added(database) == []
    async with UnitOfWork(database) as unit:
        await caught(unit.session)
        with leaves(RolledBackError, match=ENDED):
            await unit.commit()
        await unit.rollback()
        await write(unit.session, "later")
        await unit.commit()
    async with database.session() as session:
        await caught(session)
        with leaves(RolledBackError, match=ENDED):
            await ShelfRepository(session).commit().create(name="flagged")
    assert await added(database) == ["later"]
    assert called == []


async def test_in_a_session_of_the_user_s(sessions: Sessions, database: Database) -> None:
    async with sessions() as session:
        with leaves(RolledBackError, match=ENDED):
            async with atomic(session):
                await write(session, "before")
                with leaves(IntegrityError):
                    await WAYS["text"](session)
                await write(session, "after")
        async with atomic(session):
            await write(session, "later")
    assert await added(database) == ["later"]


async def test_what_fails_alone_ends_nothing(sessions: Sessions, database: Database) -> None:
    async with sessions() as session, atomic(session):
        await write(session, "before")
        with leaves(IntegrityError):
            await session.execute(text("INSERT INTO shelves (name) VALUES ('Проза')"))
        await write(session, "after")
    assert await added(database) == ["before", "after"]


async def test_an_error_that_leaves_the_block_is_told_itself(database: Database) -> None:
    with leaves(IntegrityError):
        async with atomic(database) as session, atomic(session):
            await WAYS["text"](session)
    async with atomic(database) as session:
        await write(session, "later")
    assert await added(database) == ["later"]
