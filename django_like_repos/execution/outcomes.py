"""What became of a transaction where nobody says: aborted by an error that was caught, or kept by hand.

PostgreSQL keeps nothing of a transaction, or of a savepoint, in which a statement has failed, and answers its
COMMIT without an error. A connection on which one has failed is therefore asked before the next commit. On
SQLite a statement fails alone, unless it is told to end the transaction, by RAISE(ROLLBACK) in a trigger say:
what runs after it would be kept without what ran before.
"""

import sqlite3
from collections.abc import Collection
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Dialect, ExceptionContext, event
from sqlalchemy.orm import Session, SessionTransaction

from django_like_repos.errors import RolledBackError, TransactionError, UnsupportedOperationError
from django_like_repos.execution.blocks import SPOILED, is_in_block, refuse_spoiled
from django_like_repos.execution.committed import HeardSession
from django_like_repos.execution.direct.alone import sends_nothing
from django_like_repos.execution.states import state_of
from django_like_repos.execution.transactions import has_begun, wants_transaction

_FAILED: Final = "_django_like_repos_failed"
_ENDED: Final = "_django_like_repos_ended"
_ABORTED: Final = "25P02"
_ENDING: Final = {
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}
"""Errors with which SQLite may end a transaction; they come of statements that run, and so stand in one."""
_WATCHED: Final[WeakSet[Dialect]] = WeakSet()
"""The dialects of engines whose failures are noted."""
_KEPT: Final[WeakSet[SessionTransaction]] = WeakSet()
"""What was committed, or released, within a block."""


_KEEPS_NOTHING: Final = (
    "the database keeps nothing of the transaction, or the savepoint, that it stands in: let the error leave "
    "the block, or put what may fail into an atomic() of its own; without a block, roll back"
)
_IS_OVER: Final = (
    "as RAISE(ROLLBACK) and OR ROLLBACK do, and nothing of it is kept: let the error leave the outermost "
    "block; without a block, roll back. RAISE(ABORT) undoes the statement alone"
)


def watch(session: Session) -> None:
    """Has the commits of a session, also of one that the user made, refuse what an error has aborted."""
    if isinstance(session, HeardSession) or event.contains(session, "before_commit", refuse_aborted):
        return
    _hear(session)
    for connection in connections_of(session):
        _note_failures(connection)


def _hear(sessions: Session | type[Session]) -> None:
    event.listen(sessions, "after_begin", _begun)
    event.listen(sessions, "before_commit", refuse_aborted)
    event.listen(sessions, "after_commit", _committed)


@sends_nothing
def _begun(_: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _note_failures(connection)


def _note_failures(connection: Connection) -> None:
    dialect = connection.dialect
    if dialect not in _WATCHED:
        # First, since a listener that raises keeps the others from hearing.
        note = _note_end if dialect.name == "sqlite" else _note
        event.listen(dialect, "handle_error", note, insert=True)
        _WATCHED.add(dialect)


def _note(context: ExceptionContext) -> None:
    connection, error = context.connection, context.original_exception
    # What has aborted the transaction is the cause, and not what was refused after it.
    if connection is not None and (state_of(error) != _ABORTED or not hasattr(connection, _FAILED)):
        setattr(connection, _FAILED, context.sqlalchemy_exception or error)


def _note_end(context: ExceptionContext) -> None:
    connection, error = context.connection, context.original_exception
    ending = getattr(error, "sqlite_errorcode", 0) & 0xFF in _ENDING
    if connection is None or not ending or connection.invalidated or not connection.in_transaction():
        return
    if wants_transaction(context.statement or "") and not has_begun(connection):
        setattr(connection, _FAILED, context.sqlalchemy_exception or error)
        setattr(connection, _ENDED, connection.get_transaction())


@sends_nothing
def refuse_aborted(session: Session) -> None:
    """Raises RolledBackError where the database would keep nothing of a commit, and not say so."""
    for connection in connections_of(session):
        if connection.invalidated:
            _refuse_lost(session, connection)
            continue
        error = getattr(connection, _FAILED, None)
        if error is None:
            continue
        if _is_aborted(connection):
            name, of_sqlite = type(error).__name__, connection.dialect.name == "sqlite"
            raise RolledBackError(
                f"SQLite has ended the transaction with {name}, which was caught, {_IS_OVER}"
                if of_sqlite
                else f"a statement has failed with {name}, which was caught, and {_KEEPS_NOTHING}"
            ) from error
        # Its savepoint was undone, or the driver had sent nothing.
        delattr(connection, _FAILED)


def _refuse_lost(session: Session, connection: Connection) -> None:
    root: Any = session.get_transaction()
    joined = root._connections[connection]
    # Of one that was only read, as a replica's, the session commits nothing.
    if joined[2]:
        raise RolledBackError(
            "the connection of this session was lost, in a query that was cancelled or cut off, and the "
            "database keeps nothing of the transaction: await session.rollback(), and do the work again; in "
            "an endpoint or a block, let the error leave it"
        )


def _is_aborted(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        ended: Any = getattr(connection, _ENDED)
        return ended is connection.get_transaction()
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT 1")
    except connection.dialect.loaded_dbapi.Error as error:
        # Of a connection that is lost the commit itself says so.
        return bool(state_of(error) == _ABORTED)
    finally:
        cursor.close()
    return False


def connections_of(session: Session) -> Collection[Connection]:
    """The connections of a session's transaction."""
    root = session.get_transaction()
    return () if root is None else {joined[0] for joined in root._connections.values()}


def has_failed(session: Session) -> bool:
    """Whether a statement has failed in the session's transaction; what that means, the database knows."""
    return any(hasattr(connection, _FAILED) for connection in connections_of(session))


@sends_nothing
def _committed(session: Session) -> None:
    if is_in_block(session):
        ended = session.get_nested_transaction() or session.get_transaction()
        if ended is not None:
            _KEPT.add(ended)


def _is_kept(transaction: SessionTransaction) -> bool:
    """Whether a transaction that has ended was kept, or is a part of one that may be."""
    outer: SessionTransaction | None = transaction
    while outer is not None and outer in _KEPT:
        outer = outer.parent
    return outer is None or (outer is not transaction and outer.is_active)


def why_lost(session: Session, transaction: SessionTransaction, block: str) -> Exception | None:
    """Why a block that had no error cannot keep what it wrote, as its own end does not say; or else None.

    It is asked in SQLAlchemy's greenlet where ``has_failed()``.
    """
    try:
        if SPOILED in session.info:
            refuse_spoiled(session)
        if transaction.is_active:
            if has_failed(session):
                refuse_aborted(session)
            return None
    except TransactionError as lost:
        return lost
    if _is_kept(transaction):
        return UnsupportedOperationError(
            f"the transaction of this block of {block} was committed within it by hand: what it had written "
            "by then is kept, and nothing is left for its end to decide: leave the commit to that"
        )
    undone = RolledBackError(
        f"the transaction of this block of {block} has ended within it, by an error that was caught, or by "
        "hand, so that nothing of the block is kept: let the error leave the block, or put what may fail "
        "into an atomic() of its own"
    )
    undone.__cause__ = transaction._rollback_exception
    return undone


_hear(HeardSession)
