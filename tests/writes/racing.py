"""Two transactions at once: one holds what the other wants, and the other is known to wait for it.

Nothing here sleeps or guesses: PostgreSQL says who waits for a lock.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def two_sessions(database: Database) -> AsyncIterator[tuple[AsyncSession, AsyncSession]]:
    async with database.session() as first, database.session() as second:
        yield first, second


async def started(database: Database, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task that waits for another transaction's lock by now; one that ended instead is a failure."""
    task = asyncio.create_task(work)
    async with database.engine.connect() as observer:
        await observer.execution_options(isolation_level="AUTOCOMMIT")
        while not await observer.scalar(WAITING):
            await asyncio.wait([task], timeout=0)
            if task.done():
                raise AssertionError(f"it did not wait for the other transaction: {task!r}")
    return task
