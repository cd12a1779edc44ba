"""A task that is cancelled in the middle of a fetch: its cursor is gone, and its session goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Text, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, QuerySet, RawSQL
from tests.streams.books import BOOKS, Book

LOCK = 4711
FIRST = 55
"""Rows of the chunk before the one that waits, more than SQLAlchemy reads when it opens a cursor."""
HELD = FIRST + 1
"""The last row that does not wait: drivers of SQLite read one ahead."""

Waits = Callable[[], Awaitable[None]]


@asynccontextmanager
async def _held_by_a_lock(library: Database, session: AsyncSession) -> AsyncIterator[tuple[Any, Waits]]:
    """PostgreSQL: a row that waits for a lock of another session."""
    async with library.session() as other, library.session() as watching:
        await other.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        pid = await session.scalar(text("SELECT pg_backend_pid()"))

        async def waits() -> None:
            asked = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = :pid"
            )
            while not await watching.scalar(asked, {"pid": pid}):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0)

        said = f"CASE WHEN stream_books.id > {HELD} THEN CAST(pg_advisory_xact_lock({LOCK}) AS TEXT) END"
        yield RawSQL(said, (), Text()), waits


@asynccontextmanager
async def _held_by_a_function(library: Database, session: AsyncSession) -> AsyncIterator[tuple[Any, Waits]]:
    """SQLite: a row whose function waits in the thread of the connection."""
    reached, gate = Event(), Event()

    def hold(key: int) -> None:
        if key > HELD:
            reached.set()
            gate.wait()

    raw: Any = await (await session.connection()).get_raw_connection()
    await raw.driver_connection.create_function("held", 1, hold)

    async def waits() -> None:
        await asyncio.to_thread(reached.wait)

    try:
        yield RawSQL("held(stream_books.id)", (), Text()), waits
    finally:
        gate.set()


READS: dict[str, Callable[[QuerySet[Any, Any]], AsyncIterator[Any]]] = {
    "models": lambda books: books.iterator(FIRST),
    "tuples": lambda books: books.values_list("id", "held").iterator(FIRST),
}


@pytest.mark.parametrize("kind", READS)
async def test_cancelled_in_a_fetch(library: Database, kind: str, backend: str) -> None:
    pool: Any = library.engine.sync_engine.pool
    before = pool.checkedout()
    hold = _held_by_a_lock if backend == "postgresql" else _held_by_a_function
    async with library.session() as session, hold(library, session) as (held, waits):
        found: list[Any] = []

        async def read() -> None:
            async for row in READS[kind](QuerySet(Book, session).annotate(held=held).order_by("id")):
                found.append(row)  # noqa: PERF401 - it is looked at meanwhile

        task = asyncio.create_task(read())
        await waits()
        assert len(found) == FIRST
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await session.rollback()
        assert await QuerySet(Book, session).count() == BOOKS
        assert [book.id async for book in QuerySet(Book, session)[:3].iterator(2)] == [1, 2, 3]
        if backend == "postgresql":
            opened = "SELECT count(*) FROM pg_cursors WHERE name LIKE '%portal%'"
            assert await session.scalar(text(opened)) == 0
    assert pool.checkedout() == before
