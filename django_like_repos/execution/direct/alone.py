"""A write that is all of its transaction: sent without BEGIN, and committed by its own end.

On PostgreSQL each of BEGIN and COMMIT is a round trip, of which a statement alone needs none: the database
makes a transaction of it. That is done where nobody would see the difference: nothing was sent before it and
nothing is to be sent after it, nobody listens, and what comes back cannot fail here. What fails at a COMMIT,
such as a deferred constraint, fails at the statement.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from django_like_repos.caching import cached_by_class
from django_like_repos.execution.direct.drivers import keeps_statements
from django_like_repos.execution.direct.routes import Route, gives_what_came
from django_like_repos.execution.renewing import mark_repeatable, mark_unrepeatable
from django_like_repos.execution.states import is_of_value, state_of
from django_like_repos.execution.turns import mark_commit_unknown

Listener = TypeVar("Listener", bound=Callable[..., Any])

_OWN: Final[set[Any]] = set()

_ENDED: Final = "57P01"
_OF_SESSION: Final = ("after_begin", "before_commit", "after_commit")
_OF_CONNECTION: Final = ("begin", "commit")


def sends_nothing(listener: Listener) -> Listener:
    """A listener of a session's begin or commit to which it is the same whether the database heard of it."""
    _OWN.add(listener)
    return listener


def is_alone(session: Session, connection: Connection, route: Route) -> bool:
    """Whether nobody would see it if a write, after which nothing is left but the commit, were sent alone.

    That nothing was sent before the driver knows itself.
    """
    transaction: Any = session.get_transaction()
    joined = {*transaction._connections.values()}
    if len(joined) != 1:
        return False
    ((_, _, commits, is_own),) = joined
    return (
        commits
        and is_own
        and session.get_nested_transaction() is None
        and not session.twophase
        and _commits_usually(type(session))
        and "commit" not in vars(session)
        and keeps_statements(connection)
        and gives_what_came(route)
        and not _is_heard(session, connection)
    )


def note_failure(session: Session, connection: Connection, error: BaseException) -> None:
    """Says of a write that was sent alone that it may have been kept, unless the server has refused it."""
    if isinstance(error, DBAPIError) and _is_ended(error.orig):
        mark_repeatable(error, connection)
    elif not _is_refused(error):
        mark_commit_unknown(session)
        mark_unrepeatable(error)


def _is_ended(error: BaseException | None) -> bool:
    """Whether the server has ended the connection instead, as one is that waited in the pool.

    It does not say so between a commit and its answer. Older drivers do not tell what it has said.
    """
    lost = None if error is None else error.__cause__
    return lost is not None and state_of(lost.__cause__) == _ENDED


def _is_refused(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return False
    return state_of(error.orig) is not None or is_of_value(error.orig)


def _is_heard(session: Session, connection: Connection) -> bool:
    on: Any = session.dispatch
    if any(each not in _OWN for name in _OF_SESSION for each in getattr(on, name)):
        return True
    if not (connection._has_events or connection.engine._has_events):
        return False
    return any(getattr(connection.dispatch, name) for name in _OF_CONNECTION)


@cached_by_class(64)
def _commits_usually(kind: type[Session]) -> bool:
    return kind.commit is Session.commit
