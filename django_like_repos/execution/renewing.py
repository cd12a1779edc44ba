"""What is done once more: work that failed by what its connection had missed in the pool."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from django_like_repos.execution.places import is_of_replica, stay_on_primary

T = TypeVar("T")

_REPEATABLE: Final = "_django_like_repos_repeatable"


def mark_repeatable(error: StatementError, connection: Connection | None) -> None:
    """Says of an error that its statement would succeed now."""
    # Without transactions, what was written before it is kept.
    if connection is None or not connection._is_autocommit_isolation():
        setattr(error, _REPEATABLE, True)


def mark_unrepeatable(error: BaseException) -> None:
    """Says of an error that its statement may have done its work all the same."""
    setattr(error, _REPEATABLE, False)


def renewed(session: Session, work: Callable[[Session], T]) -> T:
    """The result of work, which is done again where that helps, and it is all of its transaction.

    Within a transaction of the user's nobody but him can repeat what came before. What a replica failed to
    read is no part of it, and is read on the primary.
    """
    began = session.in_transaction()
    try:
        return work(session)
    except DBAPIError as error:
        if is_of_replica(error):
            stay_on_primary(session)
        elif began or not getattr(error, _REPEATABLE, False):
            raise
        else:
            session.rollback()
    return work(session)
