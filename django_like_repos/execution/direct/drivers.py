"""The drivers: a statement sent and its rows fetched in one call, which SQLAlchemy's adapters do in many.

Whatever goes wrong goes through SQLAlchemy's own handling of it: its error classes, its listeners, a
connection that is lost or whose statement was cancelled is given up.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, NoReturn

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection, PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, SQLiteDialect_aiosqlite

from django_like_repos.caching import cached_by_class
from django_like_repos.execution.direct.routes import Route


class Sent:
    """A statement that is about to be sent, to listeners in the place of its cursor."""

    __slots__ = ("first", "told")

    server_side = False

    def __init__(self) -> None:
        self.first: str | None = None
        """What a listener wants to be sent before it, on the same way to the driver's thread."""
        self.told: Callable[[bool], None] = _nobody
        """Who is told then whether a transaction has begun."""


def _nobody(_begun: bool) -> None: ...


Fetch = Callable[[Any, Any, str, tuple[Any, ...], bool, Sent], Sequence[Any]]
"""The rows of a text and its values, of an adapted connection and its dialect; whether it begins first.

Of what gives no rows, the number of the last one on SQLite.
"""


class Driver(NamedTuple):
    """A driver that we know, as SQLAlchemy has adapted it."""

    dialect: type[Any]
    connection: type[Any]
    fetch: Fetch
    gives_tuples: bool
    takes_lists: bool
    """Whether a list is a place for each of its members."""
    locks_by_text: bool
    """Whether nothing but the text that was asked for says that rows are locked."""


def driver_of(connection: Connection) -> Driver | None:
    """The driver of a connection; None for one that we do not know, or that was made something of."""
    dialect, adapted = connection.dialect, adapted_of(connection)
    driver = _DRIVERS.get(type(dialect))
    known = driver is not None and type(adapted) is driver.connection
    known = known and dialect.execution_ctx_cls is type(dialect).execution_ctx_cls
    return driver if known else None


def keeps_statements(connection: Connection) -> bool:
    """Whether what is prepared on a connection is there in the next message, also outside of a transaction.

    Who has turned that off for PostgreSQL stands behind a pooler, which may send each message elsewhere.
    """
    return getattr(adapted_of(connection), "_prepared_statement_cache", None) is not None


def send(
    connection: Connection, route: Route, params: Mapping[str, Any], text: str, values: Any, *, begins: bool
) -> Sequence[Any]:
    """The driver's rows of a statement. Raises what SQLAlchemy would.

    ``begins``: whether it stands in a transaction also where none has begun yet.
    """
    dialect: Any = connection.dialect
    sent = Sent()
    try:
        if connection._has_events or connection.engine._has_events:
            for each in connection.dispatch.before_cursor_execute:
                text, values = each(connection, sent, text, values, _said(connection, route), False)
        if dialect._has_events:
            for each in dialect.dispatch.do_execute:
                each(sent, text, values, _said(connection, route))
        return _DRIVERS[type(dialect)].fetch(adapted_of(connection), dialect, text, values, begins, sent)
    except BaseException as error:  # noqa: BLE001 - cancellation too, as SQLAlchemy does
        _fail(connection, route, params, text, values, error)


def by_driver(connection: Connection, text: str, work: Callable[[Any], Awaitable[Any]]) -> None:
    """Does with the driver's own connection what no cursor of SQLAlchemy's does, in the same transaction.

    Listeners are told ``text``. Raises what SQLAlchemy would of a statement.
    """
    adapted = adapted_of(connection)
    try:
        if connection._has_events or connection.engine._has_events:
            said = SimpleNamespace(root_connection=connection, invoked_statement=None)
            for each in connection.dispatch.before_cursor_execute:
                each(connection, Sent(), text, (), said, False)
        if isinstance(adapted, AsyncAdapt_asyncpg_connection):
            adapted.run_async(lambda driver: _in_transaction(adapted, work, driver))
        else:
            adapted.run_async(work)
    except BaseException as error:  # noqa: BLE001 - cancellation too, as SQLAlchemy does
        connection._handle_dbapi_exception(error, text, None, None, None)


async def _in_transaction(adapted: Any, work: Callable[[Any], Awaitable[Any]], driver: Any) -> None:
    """Work with asyncpg's connection, in the transaction that its adapter begins."""
    async with adapted._execute_mutex:
        if not getattr(adapted, _BEGUN):
            await adapted._start_transaction()
        try:
            await work(driver)
        except Exception as error:  # noqa: BLE001 - it is told in SQLAlchemy's classes
            adapted._handle_exception(error)


def _said(connection: Connection, route: Route) -> Any:
    return SimpleNamespace(root_connection=connection, invoked_statement=route.compiled.statement)


def adapted_of(connection: Any) -> Any:
    """The driver's connection as SQLAlchemy has adapted it."""
    return connection._dbapi_connection.dbapi_connection


def _fail(
    connection: Connection,
    route: Route,
    params: Mapping[str, Any],
    text: str,
    values: tuple[Any, ...],
    error: BaseException,
) -> NoReturn:
    said = route.compiled
    own: Any = _without_cursor(connection.dialect.execution_ctx_cls)
    context = own._init_compiled(
        connection.dialect,
        connection,
        connection._dbapi_connection,
        said.options,
        said.compiled,
        [params] if params else [],
        said.statement,
        said.extracted,
        cache_hit=said.cache_hit,
    )
    connection._handle_dbapi_exception(error, text, values, None, context)


@cached_by_class(16)
def _without_cursor(kind: type[Any]) -> type[Any]:
    """An execution context that asks its connection, which may be lost, for no cursor."""
    return type(kind.__name__, (kind,), {"create_cursor": lambda _: None})


_BEGUN: Final = "_started" if hasattr(AsyncAdapt_asyncpg_connection, "_started") else "_transaction"
"""What says that an adapted connection has begun its transaction, in SQLAlchemy 2.0 and in 2.1."""


def _fetch_by_asyncpg(
    adapted: Any, dialect: Any, text: str, values: tuple[Any, ...], begins: bool, _: Sent
) -> Sequence[Any]:
    # What was said of the transaction, by execution_options() say, holds for its first statement too.
    begins = begins or bool(adapted.isolation_level or adapted.readonly or adapted.deferrable)

    async def fetch(_: object) -> Any:
        async with adapted._execute_mutex:
            if begins and not getattr(adapted, _BEGUN):
                await adapted._start_transaction()
            try:
                # The adapter's own statements, with its rules for their age and their names.
                statement, _columns = await adapted._prepare(text, dialect._invalidate_schema_cache_asof)
                return await statement.fetch(*values)
            except Exception as error:  # noqa: BLE001 - it is told in SQLAlchemy's classes
                adapted._handle_exception(error)

    rows: Sequence[Any] = adapted.run_async(fetch)
    return rows


def _fetch_by_aiosqlite(
    adapted: Any, _: object, text: str, values: tuple[Any, ...], _begins: bool, sent: Sent
) -> Sequence[Any]:
    # Reading begins nothing on SQLite.
    first = sent.first
    try:
        rows: Sequence[Any] = adapted.run_async(
            lambda driver: driver._execute(_in_thread, driver, text, values, first)
        )
    except Exception as error:
        if first is not None:
            sent.told(adapted.driver_connection.in_transaction)
        adapted._handle_exception(error)
        raise
    sent.told(True)
    return rows


def _in_thread(driver: Any, text: str, values: tuple[Any, ...], first: str | None) -> Sequence[Any]:
    if first is not None:
        driver._conn.execute(first).close()
    cursor = driver._conn.execute(text, values)
    try:
        rows: Sequence[Any] = cursor.fetchall() if cursor.description else [(cursor.lastrowid,)]
    finally:
        # One that is left keeps what it has read, and the write lock of a connection that is given up.
        cursor.close()
    if rows and type(rows[0]) is not tuple:
        # The user's own row factory.
        return [*map(tuple, rows)]
    return rows


_DRIVERS: Final[Mapping[type[Any], Driver]] = {
    each.dialect: each
    for each in (
        Driver(
            PGDialect_asyncpg,
            AsyncAdapt_asyncpg_connection,
            _fetch_by_asyncpg,
            gives_tuples=False,
            takes_lists=False,
            locks_by_text=False,
        ),
        Driver(
            SQLiteDialect_aiosqlite,
            AsyncAdapt_aiosqlite_connection,
            _fetch_by_aiosqlite,
            gives_tuples=True,
            takes_lists=True,
            locks_by_text=True,
        ),
    )
}
