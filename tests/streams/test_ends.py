"""How streams end: read out, left, closed, cancelled; and what they say when somebody else ends them."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_ss_cursor as Cursor
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, QuerySet, UnsupportedOperationError
from tests.streams.books import BOOKS, Book, BookRepository

ENDED = "the transaction that this stream of rows was reading in has ended"


async def portals(session: AsyncSession) -> int:
    """How many cursors are open on PostgreSQL; on SQLite nobody says."""
    count: int = await session.scalar(text("SELECT count(*) FROM pg_cursors WHERE name LIKE '%portal%'"))
    return count


@pytest.fixture
def opened(library: Database, backend: str, session: AsyncSession) -> Callable[[], Any]:
    """Asks how many cursors of streams a session has open."""

    async def ask() -> int:
        if backend == "postgresql":
            return await portals(session)
        return len(CURSORS.open)

    return ask


class _Cursors:
    """The cursors of SQLite that were made and not closed."""

    def __init__(self) -> None:
        self.open: set[Any] = set()


CURSORS = _Cursors()


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    CURSORS.open.clear()
    execute, close = Cursor.execute, Cursor.close

    def executed(self: Any, *args: Any, **options: Any) -> Any:
        CURSORS.open.add(self)
        return execute(self, *args, **options)

    def closed(self: Any) -> None:
        CURSORS.open.discard(self)
        close(self)

    monkeypatch.setattr(Cursor, "execute", executed)
    monkeypatch.setattr(Cursor, "close", closed)


def books(session: AsyncSession) -> QuerySet[Book]:
    return BookRepository(session).objects.order_by("id")


async def test_read_out(session: AsyncSession, opened: Any) -> None:
    rows = books(session).iterator(10)
    await anext(rows)
    assert await opened() == 1
    assert len([row async for row in rows]) == BOOKS - 1
    assert await opened() == 0


async def test_left_by_break(session: AsyncSession, opened: Any) -> None:
    async for _ in books(session).iterator(10):
        break
    # What comes next closes it.
    assert await books(session).count() == BOOKS
    assert await opened() == 0


async def test_left_by_an_error(session: AsyncSession, opened: Any) -> None:
    async def read() -> None:
        async for book in books(session).iterator(10):
            assert book.id > 1

    with pytest.raises(AssertionError):
        await read()
    gc.collect()
    await books(session).exists()
    assert await opened() == 0


async def test_closed_at_once(session: AsyncSession, opened: Any) -> None:
    async with aclosing(books(session).iterator(10)) as rows:
        async for _ in rows:
            break
        assert await opened() == 1
    assert await opened() == 0


async def test_the_session_is_free_after_break_whoever_is_first(session: AsyncSession) -> None:
    for _ in range(3):
        async for _ in books(session).iterator(10):
            break
        await asyncio.sleep(0)
        counting = asyncio.ensure_future(books(session).count())
        await asyncio.sleep(0)
        assert await counting == BOOKS


async def test_cancelled_between_rows(session: AsyncSession, opened: Any) -> None:
    reading = asyncio.Event()

    async def read() -> None:
        async for _ in books(session).iterator(10):
            reading.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    gc.collect()
    assert await books(session).count() == BOOKS
    assert await opened() == 0


async def test_no_connection_stays_out(library: Database, backend: str) -> None:
    pool: Any = library.engine.sync_engine.pool
    before = pool.checkedout()
    async with library.session() as session:
        rows = books(session).iterator(10)
        await anext(rows)
    assert pool.checkedout() == before
    assert not CURSORS.open
    with pytest.raises(UnsupportedOperationError, match="the end of its session"):
        [row async for row in rows]
    assert pool.checkedout() == before


async def test_a_session_of_sqlalchemy_that_is_closed(library: Database, backend: str) -> None:
    async with AsyncSession(library.engine) as session:
        rows = books(session).iterator(10)
        await anext(rows)
    assert not CURSORS.open
    with pytest.raises(UnsupportedOperationError, match=ENDED):
        [row async for row in rows]


@pytest.mark.parametrize("end", ["commit", "rollback", "reset"])
async def test_the_transaction_has_ended(session: AsyncSession, end: str, backend: str) -> None:
    rows = books(session).iterator(10)
    assert (await anext(rows)).id == 1
    await getattr(session, end)()
    assert not CURSORS.open
    # Though the chunk has nine other rows.
    with pytest.raises(UnsupportedOperationError, match=ENDED):
        await anext(rows)
    assert await books(session).count() == BOOKS


async def test_a_transaction_that_began_meanwhile_is_another(session: AsyncSession, backend: str) -> None:
    rows = books(session).iterator(10)
    await anext(rows)
    await session.commit()
    await books(session).count()
    with pytest.raises(UnsupportedOperationError, match=ENDED):
        [row async for row in rows]


async def test_savepoints(session: AsyncSession, backend: str) -> None:
    """A stream ends with the savepoint that it began in, and not with a later one."""
    outside = books(session).iterator(5)
    await anext(outside)
    async with session.begin_nested():
        released = books(session).iterator(5)
        await anext(released)
    nested = await session.begin_nested()
    inside = books(session).iterator(5)
    await anext(inside)
    await nested.rollback()
    for ended in (inside, released):
        with pytest.raises(UnsupportedOperationError, match=ENDED):
            [row async for row in ended]
    assert len([row async for row in outside]) == BOOKS - 1


async def test_a_session_in_a_transaction_of_a_tests_own(library: Database, backend: str) -> None:
    """Its commits are savepoints that are released: a test is told what production would be."""
    async with library.engine.connect() as connection, connection.begin() as transaction:
        mode: Any = {"join_transaction_mode": "create_savepoint"}
        async with library.session_factory(bind=connection, **mode) as session:
            rows = books(session).iterator(10)
            await anext(rows)
            await session.commit()
            with pytest.raises(UnsupportedOperationError, match=ENDED):
                await anext(rows)
            async for _ in books(session).iterator(10):
                break
        await transaction.rollback()
    assert not CURSORS.open


async def test_other_statements_between_rows(session: AsyncSession, backend: str) -> None:
    found = []
    async for book in books(session).iterator(4):
        assert (await books(session).get(id=book.id)) is book
        found.append((book.id, len([row async for row in books(session)[:3].iterator(2)])))
    assert found == [(key, 3) for key in range(1, BOOKS + 1)]


async def test_writing_meanwhile(session: AsyncSession, backend: str) -> None:
    """PostgreSQL reads what there was; SQLite might read a row twice, and is not asked."""
    found = []

    async def read() -> None:
        async for book in books(session).iterator(4):
            found.append(book.id)
            await books(session).filter(id=book.id).update(id=book.id + 1000)

    if backend == "sqlite":
        with pytest.raises(UnsupportedOperationError, match="write after the loop"):
            await read()
        assert found == [1, 2, 3, 4]
    else:
        await read()
        assert found == [*range(1, BOOKS + 1)]
    await session.rollback()


async def test_an_error_of_the_database_is_told(session: AsyncSession, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite goes on after an error")
    rows = books(session).iterator(4)
    await anext(rows)
    with pytest.raises(Exception, match="division by zero"):
        await session.execute(text("SELECT 1 / 0"))
    with pytest.raises(Exception, match="current transaction is aborted"):
        [row async for row in rows]


async def test_two_tasks(session: AsyncSession, backend: str) -> None:
    rows = books(session).iterator(4)
    await anext(rows)
    counting = asyncio.create_task(books(session).count())
    await asyncio.sleep(0)
    with pytest.raises(UnsupportedOperationError, match="one task at a time"):
        [row async for row in rows]
    assert await counting == BOOKS


async def test_autocommit(library: Database, backend: str) -> None:
    engine = library.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with AsyncSession(engine) as session:
        assert [row.id async for row in books(session)] == [*range(1, BOOKS + 1)]
        rows = books(session).iterator(4)
        if backend == "sqlite":
            assert len([row async for row in rows]) == BOOKS
        else:
            with pytest.raises(UnsupportedOperationError, match="a cursor needs a transaction"):
                await anext(rows)


@pytest.mark.parametrize("kind", ["models", "objects", "prefetched"])
async def test_what_is_alive_does_not_grow(library: Database, kind: str) -> None:
    """Objects that nobody keeps are gone with their chunk."""
    async with library.session() as session:
        chain = books(session)
        rows: AsyncIterator[Any] = {
            "models": chain.iterator(5),
            "objects": chain.into(Short).iterator(5),
            "prefetched": chain.prefetch_related("author").iterator(5),
        }[kind]
        alive: weakref.WeakSet[Any] = weakref.WeakSet()
        most = 0
        async for row in rows:
            alive.add(row)
            most = max(most, len(alive))
            del row
        assert most <= 6


@dataclass
class Short:
    id: int
    name: str

    __hash__ = object.__hash__
