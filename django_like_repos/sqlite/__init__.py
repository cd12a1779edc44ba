"""SQLite made to answer as PostgreSQL does: what ``Database`` sets up on an engine and its connections.

Settings, and what stands in the other modules: transactions that hold savepoints and write in turn, aware
datetimes, and the functions that the constructs of the builder call, a family a file.
"""

import sqlite3
import time
from typing import Any, Final

from sqlalchemy import TIMESTAMP, DateTime, Engine, event

from django_like_repos.execution.transactions import BEGINNING
from django_like_repos.plans import plans_of
from django_like_repos.sqlite import (
    aggregates,
    bodies,
    dates,
    decimals,
    documents,
    mathematics,
    moments,
    text,
    transactions,
)
from django_like_repos.sqlite.ending import all_ended as all_ended
from django_like_repos.sqlite.lines import file_of, introduce
from django_like_repos.sqlite.registry import register
from django_like_repos.sqlite.types import Aware

__all__ = [
    "aggregates",
    "bodies",
    "dates",
    "decimals",
    "documents",
    "mathematics",
    "moments",
    "set_up",
    "text",
    "transactions",
]

BUSY_TIMEOUT: Final = 5
"""Seconds for which a connection waits for a lock, unless a PRAGMA of the user's says otherwise."""

_SET_UP: Final = "django_like_repos.set_up"


def set_up(engine: Engine) -> None:
    """Sets up an engine, and each of its connections when it is used next. Twice does no harm."""
    if event.contains(engine, "checkout", _set_up_connection):
        return
    event.listen(engine, "checkout", _set_up_connection)
    transactions.set_up(engine)
    dialect = engine.dialect
    if dialect in BEGINNING:
        # It was another engine's before.
        return
    transactions.set_up_dialect(engine)
    types = dict(dialect.colspecs)
    for generic in (DateTime, TIMESTAMP):
        stored = types.get(generic, types[DateTime])
        types[generic] = type(stored.__name__, (Aware, stored), {})
    # The dialect's own: that of its class is everybody's.
    dialect.colspecs = types
    # A user's engine may have worked with the types that it had.
    dialect._type_memos.clear()
    engine.clear_compiled_cache()
    plans_of(engine).clear()


def _set_up_connection(connection: Any, record: Any, _proxy: object) -> None:
    # At the first checkout, and not when it is made: an engine of the user's may have connections already.
    if _SET_UP in record.info:
        return
    record.info[_SET_UP] = True
    # The driver's own transactions let savepoints escape a rollback.
    connection.isolation_level = None
    # One way to the thread of the driver and back for all of them; and it knows no aggregates itself.
    file = connection.run_async(lambda driver: driver._execute(_teach, driver._conn))
    introduce(connection.driver_connection, file)


def _teach(connection: sqlite3.Connection) -> str:
    connection.execute("PRAGMA foreign_keys = ON").close()
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}").close()
    _keep_a_log(connection)
    register(connection)
    return file_of(connection)


def _keep_a_log(connection: sqlite3.Connection) -> None:
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            # Of a file that is opened to be read only (mode=ro) the journal stays as it is.
            if code == sqlite3.SQLITE_READONLY:
                return
            # Of two that change it at once SQLite refuses one without the patience that it has otherwise.
            if code != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.005)
