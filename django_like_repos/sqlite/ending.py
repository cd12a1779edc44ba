"""Connections that are given up, for a cancelled statement say: they end in their own threads.

SQLAlchemy would wait for the statement, and a connection that is closed under a cursor keeps the write lock
until somebody collects that.
"""

import asyncio
import gc
import sqlite3
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy.engine import ExceptionContext

from django_like_repos.sqlite.lines import leave, writer_of

AGAIN: Final = 0.01
"""Seconds until a statement that may not have begun is interrupted once more."""
TRIES: Final = 10

_ENDING: Final[WeakSet[asyncio.Future[Any]]] = WeakSet()


def note_cursor(context: ExceptionContext) -> None:
    """Remembers the cursor of a statement that was cancelled: its connection is given up next."""
    cursor = getattr(context.execution_context, "cursor", None)
    if cursor is not None and not isinstance(context.original_exception, Exception):
        note_open(getattr(cursor, "_cursor", None))


def note_open(cursor: Any) -> None:
    """Remembers a cursor of the driver that may have rows to come."""
    writer = None if cursor is None else writer_of(cursor._conn)
    if writer is not None:
        writer.cursors.add(cursor)


def end(driver: Any) -> None:
    """Ends a connection: what it runs is interrupted, and what it wrote undone; then the next may write.

    Returns at once, whatever its thread does, and may be called in any thread.
    """
    connection: sqlite3.Connection | None = driver._connection
    if connection is None:
        leave(driver)
        return
    loop = asyncio._get_running_loop()
    writer = writer_of(driver)
    undoing = _Undoing(connection, [] if writer is None else [*writer.cursors])
    ended = None if loop is None else loop.create_future()
    driver._tx.put_nowait((ended, undoing))
    # Of older drivers, which cannot be told to close from outside.
    stop = getattr(driver, "stop", None) or driver._stop_running
    stop()
    undoing.interrupt(loop)
    if ended is None:
        leave(driver)
        return
    _ENDING.add(ended)
    ended.add_done_callback(lambda _: leave(driver))


async def all_ended(patience: float) -> None:
    """Waits for the ends of connections that were given up in this loop."""
    loop = asyncio.get_running_loop()
    ending = [each for each in _ENDING if each.get_loop() is loop and not each.done()]
    if ending:
        await asyncio.wait(ending, timeout=patience)


class _Undoing:
    """What the thread of a connection does when it has left a statement: it undoes, and closes, all."""

    def __init__(self, connection: sqlite3.Connection, cursors: list[Any]) -> None:
        self._connection = connection
        self._cursors = cursors
        self._has_begun = False

    def __call__(self) -> None:
        self._has_begun = True
        for cursor in self._cursors:
            with suppress(sqlite3.Error):
                cursor._cursor.close()
        if not self._rolls_back():
            # A cursor that nobody knows of keeps the interruption alive, and with it the transaction.
            for cursor in gc.get_objects():
                if type(cursor) is sqlite3.Cursor and cursor.connection is self._connection:
                    cursor.close()
            self._rolls_back()
        with suppress(sqlite3.Error):
            self._connection.close()

    def _rolls_back(self) -> bool:
        for _ in range(TRIES):
            # An interruption that came late meets the ROLLBACK.
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.rollback()
                return True
        return False

    def interrupt(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Interrupts the statement, and again, in case that the thread had not begun it."""
        if self._has_begun:
            return
        with suppress(sqlite3.Error):
            self._connection.interrupt()
        if loop is not None:
            loop.call_later(AGAIN, self.interrupt, loop)
