"""Where a session reads: the primary, or a replica where one may be asked. ``replicas/`` goes by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

READS: Final = "django_like_repos.reads"
"""Where a session's ``info`` names the place that it reads from; without a word the primary."""
STAYS: Final = "django_like_repos.stays"
"""Where it says that the transaction stays on the primary."""

_OF_REPLICA: Final = "_django_like_repos_of_replica"


@contextmanager
def reads_from(session: Session, place: str | None) -> Iterator[None]:
    """Work that reads from a place; with None, from that of the session."""
    if place is None:
        yield
        return
    before = session.info.get(READS)
    session.info[READS] = place
    try:
        yield
    finally:
        session.info[READS] = before


def stay_on_primary(session: Session) -> None:
    """Has everything until the end of the session's transaction asked of the primary."""
    session.info[STAYS] = True


def mark_of_replica(error: StatementError) -> None:
    """Says of an error that a replica alone has failed, so that the primary may answer."""
    setattr(error, _OF_REPLICA, True)


def is_of_replica(error: StatementError) -> bool:
    """Whether the primary may answer what has failed so."""
    return getattr(error, _OF_REPLICA, False)
