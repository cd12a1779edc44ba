"""Failures of asyncpg's connections: that they are SQLAlchemy's, and after which a statement would succeed.

That is where nothing had been done by it. A connection was closed while it was in the pool, and not even
BEGIN arrived; or a migration has changed what the driver remembers of a statement or a type. A connection
that remembers a type that grew never forgets it: it is closed, and with it those of the pool that are as old.
"""

from typing import Any, Final

from sqlalchemy import Dialect, ExceptionContext

from django_like_repos.execution.renewing import mark_repeatable

_STATEMENT: Final = "InvalidCachedStatementError"
_TYPE: Final = "OutdatedSchemaCacheError"


def translate_all(dialect: Dialect) -> None:
    """Has the driver's own errors, of the protocol and of types that it remembers, told as SQLAlchemy's.

    Its older versions let these through as they are, without statement, and keep the connection.
    """
    dbapi: Any = dialect.dbapi
    known = getattr(dbapi, "_asyncpg_error_translate", None)
    if known is not None:
        known.setdefault(dbapi.asyncpg.InternalClientError, dbapi.InternalError)


def tell(context: ExceptionContext) -> None:
    """What an error of the driver means for its connection, and whether its statement may be repeated."""
    error: Any = context.original_exception
    raised = {type(error).__name__, type(error.__cause__).__name__}
    if _TYPE in raised:
        context.is_disconnect = True
    outdated = not raised.isdisjoint({_STATEMENT, _TYPE})
    lost = context.is_disconnect and context.connection is not None and _has_not_begun(context.connection)
    if context.sqlalchemy_exception is not None and (outdated or lost):
        mark_repeatable(context.sqlalchemy_exception, context.connection)


def _has_not_begun(connection: Any) -> bool:
    """Whether the first thing that was sent, a BEGIN, has failed."""
    transaction = connection.connection.driver_connection._top_xact
    return transaction is not None and transaction._state.name == "FAILED"
