"""Cursors of the database that are open between operations: whether they may be read on, and who closes them.

A session owns the cursors of its streams. Its transaction takes them along when it ends; one whose loop was
left is closed by the next operation, since whoever collects garbage cannot await.
"""

from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, event
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import await_only, in_greenlet

from django_like_repos.errors import UnsupportedOperationError

LEFT: Final = "django_like_repos.left"
"""Where a session's ``info`` has the cursors whose loops were left."""

_OPEN: Final[WeakKeyDictionary[Connection, list["OpenCursor"]]] = WeakKeyDictionary()

_WAYS: Final = (
    "for … in await queryset has all rows at once, and queryset.batches() goes on in whatever transaction"
)


class OpenCursor:
    """The cursor of one statement, in the transaction or savepoint that it was opened in."""

    def __init__(self, session: Session, cursor: CursorResult[Any]) -> None:
        self._cursor: Any = cursor
        self._portal: Any = getattr(cursor.cursor, "_cursor", None)
        self._connection: Connection = cursor.connection
        self._transaction = session.get_transaction()
        self._savepoints = _savepoints(self._connection)
        self._driver: Any = getattr(self._connection.connection, "driver_connection", None)
        self._changes = self._changed()
        self.ended = False
        self.is_open = True
        _opened(self._connection).append(self)

    def check(self, session: Session) -> None:
        """Raises UnsupportedOperationError where what comes next would be wrong, or nothing."""
        if session.get_transaction() is not self._transaction:
            self.ended = True
        self.refuse_ended()
        if self._changed() != self._changes:
            raise UnsupportedOperationError(
                "rows were written in this session while a stream was reading, and SQLite does not say which "
                f"of them it reads then: write after the loop; {_WAYS}"
            )

    def refuse_ended(self) -> None:
        """Raises UnsupportedOperationError where its transaction is over."""
        if self.ended:
            raise UnsupportedOperationError(
                "the transaction that this stream of rows was reading in has ended, by a commit, a rollback "
                f"or the end of its session, and its other rows are gone: end it after the loop; {_WAYS}"
            )

    def end(self, savepoint: str | None = None) -> None:
        """What goes with the end of its transaction, or of a savepoint around it."""
        if savepoint is None or savepoint in self._savepoints:
            self.ended = True
            self.close()
            self.forget()

    def close(self) -> None:
        """Closes it, once. Nobody is told of a failure: there is nothing more to be had of it."""
        if not self.is_open:
            return
        self.is_open = False
        cursor, portal = self._cursor, self._portal
        self._cursor = self._portal = None
        if not in_greenlet() or self._connection.invalidated:
            return
        with suppress(Exception):
            _close_portal(portal)
        with suppress(Exception):
            cursor.close()

    def forget(self) -> None:
        """Asks no more whether its transaction has ended."""
        opened = _OPEN.get(self._connection, [])
        if self in opened:
            opened.remove(self)

    def leave(self, session: Session) -> None:
        """Has it closed by whatever the session does next."""
        if not self.is_open:
            self.forget()
        else:
            session.info.setdefault(LEFT, []).append(self)

    def _changed(self) -> int:
        """How many rows the connection has written, where the database's cursors see that."""
        changes: int = getattr(self._driver, "total_changes", 0)
        return changes


def close_left(session: Session) -> None:
    """Closes the cursors whose loops were left."""
    for cursor in session.info.pop(LEFT, ()):
        cursor.close()
        cursor.forget()


def _close_portal(portal: Any) -> None:
    """Has PostgreSQL forget a cursor, which asyncpg would leave to the end of the transaction."""
    close = getattr(portal, "_close_portal", None)
    if close is not None and portal._portal_name:
        await_only(close(None))


def _savepoints(connection: Connection) -> set[str]:
    """The names of the savepoints that a connection is in."""
    found: set[str] = set()
    nested: Any = connection.get_nested_transaction()
    while nested is not None:
        found.add(nested._savepoint)
        nested = nested._previous_nested
    return found


def _opened(connection: Connection) -> list[OpenCursor]:
    opened = _OPEN.get(connection)
    if opened is None:
        opened = _OPEN[connection] = []
        event.listen(connection, "commit", _note_end)
        event.listen(connection, "rollback", _note_end)
        event.listen(connection, "rollback_savepoint", _note_savepoint)
        event.listen(connection, "release_savepoint", _note_savepoint)
    return opened


def _note_end(connection: Connection) -> None:
    for cursor in [*_OPEN.get(connection, ())]:
        cursor.end()


def _note_savepoint(connection: Connection, name: str, _context: object) -> None:
    for cursor in [*_OPEN.get(connection, ())]:
        cursor.end(name)
