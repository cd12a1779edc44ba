"""What is done once more: work that failed by what its connection had missed in the pool."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

T = TypeVar("T")

_REPEATABLE: Final = "_django_like_repos_repeatable"


def mark_repeatable(error: StatementError, connection: Connection | None) -> None:
    """Says of an error that its statement would succeed now."""
    # Without transactions, what was written before it is kept.
    if connection is None or not connection._is_autocommit_isolation():
        setattr(error, _REPEATABLE, True)


def renewed(session: Session, work: Callable[[Session], T]) -> T:
    """The result of work, which is done again where that helps, and it is all of its transaction.

    Within a transaction of the user's nobody but him can repeat what came before.
    """
    if session.in_transaction():
        return work(session)
    try:
        return work(session)
    except DBAPIError as error:
        if not getattr(error, _REPEATABLE, False):
            raise
        session.rollback()
    return work(session)
