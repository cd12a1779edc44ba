"""What stands in the way of the direct path: whoever listens, and whatever says that it be done otherwise."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Mapper, Session

from django_like_repos.caching import cached_by_class

DIRECT: Final = "direct"
"""The execution option that turns it off where it is False."""
OF_SESSION: Final = "django_like_repos.direct"
"""Where a session's ``info`` says the same."""
READS: Final = "django_like_repos.reads_in_autocommit"
"""Where a session's ``info`` says whether what only reads begins a transaction."""
AUTOCOMMIT: Final = "autocommit"

AFTER_CONNECTING: Final = frozenset(
    {DIRECT, "isolation_level", "postgresql_readonly", "postgresql_deferrable"}
)
"""The execution options of a connection that have done what they do when it was made ready."""

Listener = TypeVar("Listener", bound=Callable[..., Any])

_CALLED: Final[set[Any]] = set()


def called_directly(listener: Listener) -> Listener:
    """A listener of ``do_execute`` or ``before_cursor_execute`` that the direct path calls itself.

    There is no cursor then, and the context has nothing but ``root_connection`` and ``invoked_statement``.
    One of ``before_cursor_execute`` has to be listened with ``retval=True``, or SQLAlchemy hides who it is.
    """
    _CALLED.add(listener)
    return listener


def is_clear(session: Session, options: Mapping[str, Any]) -> bool:
    """Whether a session, and the options of one execution, leave it to us how a SELECT is executed."""
    return (
        (not options or (len(options) == 1 and options.get(DIRECT) is True))
        and not session.dispatch.do_orm_execute
        and session.info.get(OF_SESSION) is not False
        and is_usual(type(session))
        and not getattr(session, "execution_options", None)
        and "execute" not in vars(session)
    )


def lets_pass(connection: Connection) -> bool:
    """Whether nobody would see or change what a connection executes, and it is fit to be used at all."""
    said = connection._execution_options
    if said and not (said.keys() <= AFTER_CONNECTING and said.get(DIRECT) is not False):
        return False
    transaction, nested = connection._transaction, connection._nested_transaction
    return (
        type(connection) is Connection
        and not connection._echo
        and not is_heard(connection)
        and connection._dbapi_connection is not None
        and transaction is not None
        and transaction.is_active
        and (nested is None or nested.is_active)
        and not connection._trans_context_manager
    )


def is_heard(connection: Connection) -> bool:
    """Whether somebody listens to what a connection executes."""
    if connection._has_events or connection.engine._has_events:
        on: Any = connection.dispatch
        if on.before_execute or on.after_execute or on.after_cursor_execute:
            return True
        if not _CALLED.issuperset(on.before_cursor_execute):
            return True
    dialect: Any = connection.dialect
    return dialect._has_events and not _CALLED.issuperset(dialect.dispatch.do_execute)


def flush_is_heard(session: Session, mapper: Mapper[Any]) -> bool:
    """Whether somebody listens to a flush of new objects of a mapper, or flushes otherwise."""
    on: Any = session.dispatch
    return bool(
        on.before_flush
        or on.after_flush
        or on.after_flush_postexec
        or mapper.dispatch.before_insert
        or mapper.dispatch.after_insert
        or mapper.class_manager.dispatch.refresh_flush
        or type(session)._flush is not Session._flush
        or type(session).flush is not Session.flush
    )


@cached_by_class(64)
def is_usual(kind: type[Session]) -> bool:
    """Whether a session executes as SQLAlchemy's own does."""
    return all(
        getattr(kind, name) is getattr(Session, name)
        for name in ("execute", "_execute_internal", "connection", "_autoflush")
    )
