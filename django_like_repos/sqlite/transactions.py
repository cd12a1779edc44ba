"""Where transactions of an engine begin, and where they end: with a place in line from one to the other."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from django_like_repos.errors import DatabaseLockedError
from django_like_repos.execution.direct.clearance import called_directly
from django_like_repos.execution.direct.drivers import Sent
from django_like_repos.execution.transactions import BEGIN, BEGINNING, has_begun, wants_transaction
from django_like_repos.sqlite import ending
from django_like_repos.sqlite.lines import WaitedInVain, Writer, leave, writer_of

_BUSY: Final = sqlite3.SQLITE_BUSY
_RETRY: Final = (
    "this transaction has read already, and another has written since, so that SQLite lets it write no more "
    "(SQLITE_BUSY_SNAPSHOT): roll it back and run it again; it waits for its turn instead if it begins with "
    "the write, with session.begin_nested(), or with a SELECT with_for_update()"
)
_ELSEWHERE: Final = (
    "another process, or another event loop, has kept the write lock for longer than the busy timeout: "
    "run the transaction again; PRAGMA busy_timeout says how long a writer waits"
)


def set_up(engine: Engine) -> None:
    """Lets the next writer write where a connection of an engine goes back to its pool."""
    event.listen(engine, "checkin", _check_in)


def set_up_dialect(engine: Engine) -> None:
    """Makes the transactions of an engine, and of others of its dialect, begin late, with the lock, and in
    turn.
    """
    for execution in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, execution, _begin)
    event.listen(engine, "handle_error", ending.note_cursor)
    event.listen(engine, "handle_error", _locked)
    dialect = engine.dialect
    BEGINNING.add(dialect)
    for name in ("do_commit", "do_rollback"):
        setattr(dialect, name, _and_leave(_if_begun(getattr(dialect, name))))
    dialect.do_rollback_to_savepoint = (  # type: ignore[method-assign]
        _where_it_stands(dialect.do_rollback_to_savepoint)  # type: ignore[assignment]
    )
    dialect.do_close = _and_leave(dialect.do_close)  # type: ignore[method-assign, assignment]
    dialect.do_terminate = _terminate  # type: ignore[method-assign]
    # With any driver: what garbage collection finds is ended so, too.
    dialect.has_terminate = True


def _terminate(dbapi_connection: Any) -> None:
    ending.end(dbapi_connection.driver_connection)


@called_directly
def _begin(cursor: Any, statement: str, *arguments: Any) -> None:
    """Begins before what writes, so that reading costs no statement and writers queue."""
    if cursor.server_side:
        ending.note_open(cursor._cursor)
    context = arguments[-1]
    if not (wants_transaction(statement) or statement == BEGIN or _locks_rows(context)):
        return
    connection = context.root_connection
    if connection._is_autocommit_isolation():
        return
    adapted = connection.connection.dbapi_connection
    driver = adapted.driver_connection
    writer = writer_of(driver)
    if writer is not None and not writer.line().take(writer):
        adapted.run_async(lambda own: _wait(own, writer))
    if not driver.in_transaction and statement != BEGIN:
        if isinstance(cursor, Sent):
            cursor.first, cursor.told = BEGIN, partial(_begun, driver, writer)
            return
        try:
            # One way to the thread of the driver and back; a cursor would take three.
            adapted.run_async(lambda own: own._execute(own._conn.execute, BEGIN))
        except Exception:
            leave(driver)
            raise
    if writer is not None:
        writer.begun = statement != BEGIN


def _begun(driver: Any, writer: Writer | None, has_begun: bool) -> None:
    if not has_begun:
        leave(driver)
    elif writer is not None:
        writer.begun = True


def _locks_rows(context: Any) -> bool:
    """Whether a statement is a SELECT FOR UPDATE, of which SQLite is told nothing else."""
    return getattr(context.invoked_statement, "_for_update_arg", None) is not None


async def _wait(driver: Any, writer: Writer) -> None:
    async def busy_timeout() -> float:
        # Asked for only here, where one has to wait anyway.
        ((milliseconds,),) = await driver._execute(driver._execute_fetchall, "PRAGMA busy_timeout", ())
        return float(milliseconds / 1000)

    await writer.line().wait(writer, busy_timeout)


def _and_leave(ends: Callable[[Any], None]) -> Callable[[Any], None]:
    """What ends a transaction, and then lets the next writer write."""

    def end(connection: Any) -> None:
        ends(connection)
        leave(connection.driver_connection)

    return end


def _if_begun(ends: Callable[[Any], None]) -> Callable[[Any], None]:
    """What ends a transaction, where there is one: the way to the driver's thread would be for nothing."""

    def end(connection: Any) -> None:
        driver = connection.driver_connection
        if driver._connection is None or driver.in_transaction:
            ends(connection)

    return end


def _where_it_stands(goes_back: Callable[[Connection, str], None]) -> Callable[[Connection, str], None]:
    """What goes back to a savepoint: with a transaction that SQLite has ended itself, that is gone."""

    def go_back(connection: Connection, name: str) -> None:
        if has_begun(connection):
            goes_back(connection, name)

    return go_back


def _check_in(connection: Any, _record: object) -> None:
    if connection is None:
        return
    # A COMMIT that fails, for a deferred foreign key say, leaves SQLite in the transaction.
    if connection.driver_connection.in_transaction:
        connection.rollback()
    leave(connection.driver_connection)


def _locked(context: ExceptionContext) -> DatabaseLockedError | None:
    """The error of a writer who was not let in, so that it says why and what to do."""
    error = context.original_exception
    if not isinstance(error, sqlite3.OperationalError):
        return None
    why = _why(error)
    if why is None:
        return None
    hides = context.engine is not None and context.engine.hide_parameters
    return DatabaseLockedError(
        f"database is locked: {why}", context.statement, context.parameters, error, hides
    )


def _why(error: sqlite3.OperationalError) -> str | None:
    if isinstance(error, WaitedInVain):
        itself = ", by this very task, which so waits for itself" if error.by_itself else ""
        return (
            f"another session has written{itself}, and did not end its transaction for {error.patience:g} s: "
            "commit, roll back or close it sooner (PRAGMA busy_timeout says how long a writer waits)"
        )
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return _RETRY
    return _ELSEWHERE if code & 0xFF == _BUSY else None
