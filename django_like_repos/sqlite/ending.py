"""Connections that are given up, for a cancelled statement say: ended in their own threads, waited for by nobody.

SQLAlchemy would wait for the statement, and a connection that is closed under a cursor keeps the write lock until
somebody collects it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy.engine import ExceptionContext

from django_like_repos.sqlite.lines import leave

AGAIN: Final = 0.01
"""Seconds until a statement that may not have begun is interrupted once more."""

_ENDING: Final[WeakSet[asyncio.Future[Any]]] = WeakSet()


def note_cursor(context: ExceptionContext) -> None:
    """Closes the cursor of a cancelled statement as soon as its thread has left it."""
    cursor = getattr(context, "cursor", None)
    if cursor is None or isinstance(context.original_exception, Exception):
        return
    # Of one that streams nothing is left when it is closed already.
    inner = cursor._cursor
    if inner is not None:
        _later(inner._conn, inner._cursor.close)


def end(driver: Any) -> None:
    """Ends a connection: what it runs is interrupted, its transaction rolled back, and then the next may write.

    Returns at once, whatever its thread does, and may be called in any thread.
    """
    give_up(driver)
    ended = driver.stop()
    if ended is None:
        leave(driver)
        return
    _ENDING.add(ended)
    ended.add_done_callback(lambda _: leave(driver))


def give_up(driver: Any) -> None:
    """Interrupts what a connection runs, and has its transaction rolled back."""
    connection: sqlite3.Connection | None = driver._connection
    if connection is not None:
        _interrupt(connection, _later(driver, connection.rollback))


async def all_ended(patience: float) -> None:
    """Waits for the ends of connections that were given up in this loop."""
    loop = asyncio.get_running_loop()
    ending = [each for each in _ENDING if each.get_loop() is loop and not each.done()]
    if ending:
        await asyncio.wait(ending, timeout=patience)


def _interrupt(connection: sqlite3.Connection, over: asyncio.Future[None] | None) -> None:
    if over is not None and over.done():
        return
    with suppress(sqlite3.Error):
        connection.interrupt()
    if over is not None:
        over.get_loop().call_later(AGAIN, _interrupt, connection, over)


def _later(driver: Any, work: Callable[[], object]) -> asyncio.Future[None] | None:
    """Has the thread of a connection do something, whether or not that fails; where a loop runs, when it is over."""

    def done() -> None:
        with suppress(sqlite3.Error):
            work()

    loop = asyncio._get_running_loop()
    over = None if loop is None else loop.create_future()
    driver._tx.put_nowait((over, done))
    return over
