"""Which query a statement is sent for: said while somebody wants to know, and only then."""

from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Final, TypeVar

from django_like_repos.query import Query

T = TypeVar("T")

LISTENING: Final[list[object]] = []
"""Those who want to know."""

_ASKED: Final[ContextVar[Query | None]] = ContextVar("django_like_repos.asked", default=None)


def asked() -> Query | None:
    """The query that runs in this task; None where SQLAlchemy was asked itself, and while nobody listens."""
    return _ASKED.get()


async def asking(query: Query, work: Awaitable[T]) -> T:
    """The result of work that is done for a query."""
    before = _ASKED.set(query)
    try:
        return await work
    finally:
        _ASKED.reset(before)
