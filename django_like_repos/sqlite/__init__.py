"""SQLite made to answer as PostgreSQL does: what ``Database`` sets up on an engine and its connections.

Settings, transactions that hold savepoints, and what stands in the other modules: aware datetimes, and the
functions that the constructs of the builder call, a family a file.
"""

from typing import Any, Final

from sqlalchemy import TIMESTAMP, DateTime, Engine, event

from django_like_repos.execution.transactions import BEGIN, has_begun, wants_transaction
from django_like_repos.sqlite import aggregates, dates, decimals, documents, mathematics, moments, text
from django_like_repos.sqlite.registry import register
from django_like_repos.sqlite.types import Aware

__all__ = ["aggregates", "dates", "decimals", "documents", "mathematics", "moments", "set_up", "text"]

_SET_UP: Final = "django_like_repos.set_up"


def set_up(engine: Engine) -> None:
    """Sets up an engine, and each of its connections when it is used next. Twice does no harm."""
    if event.contains(engine, "checkout", _set_up_connection):
        return
    event.listen(engine, "checkout", _set_up_connection)
    for execution in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, execution, _begin)
    event.listen(engine, "checkin", _end)
    dialect = engine.dialect
    types = dict(dialect.colspecs)
    for generic in (DateTime, TIMESTAMP):
        stored = types.get(generic, types[DateTime])
        types[generic] = type(stored.__name__, (Aware, stored), {})
    # The dialect's own: that of its class is everybody's.
    dialect.colspecs = types
    # A user's engine may have worked with the types that it had.
    dialect._type_memos.clear()
    engine.clear_compiled_cache()


def _set_up_connection(connection: Any, record: Any, _proxy: object) -> None:
    # At the first checkout, and not when it is made: an engine of the user's may have connections already.
    if _SET_UP in record.info:
        return
    record.info[_SET_UP] = True
    # The driver's own transactions let savepoints escape a rollback; see _begin.
    connection.isolation_level = None
    # One way to the thread of the driver and back for all of them; and it knows no aggregates itself.
    connection.run_async(lambda driver: driver._execute(register, driver._conn))
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(_cursor: Any, statement: str, *arguments: Any) -> None:
    """Begins before what writes, so that reading costs no statement and writers queue by the busy timeout."""
    connection = arguments[-1].root_connection
    if wants_transaction(statement) and not has_begun(connection):
        # One way to the thread of the driver and back; a cursor would take three.
        driver = connection.connection.dbapi_connection
        driver.run_async(lambda own: own._execute(own._conn.execute, BEGIN))


def _end(connection: Any, _record: object) -> None:
    # A COMMIT that fails, for a deferred foreign key say, leaves SQLite in the transaction.
    if connection is not None and connection.driver_connection.in_transaction:
        connection.rollback()
