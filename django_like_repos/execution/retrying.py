"""What of a failed transaction is worth another try: its database could not let it be among the others."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from django_like_repos.errors import DatabaseLockedError, RolledBackError, UnsupportedOperationError
from django_like_repos.execution.states import state_of

T = TypeVar("T")

BY_DEFAULT: Final[dict[str, int]] = {"cockroachdb": 5}
"""How often transactions of a dialect are run again without being told to, by its name: of databases whose
transactions fail as a matter of course, and whose makers have clients run them again."""

SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK: Final = "40P01"
FIRST: Final = 0.02
"""Seconds before the first new try, at most; twice as many before each further one."""
LONGEST: Final = 2.0

_LOG: Final = logging.getLogger("django_like_repos.retry")


def may_succeed(error: BaseException) -> bool:
    """Whether a transaction that failed so may succeed when it is run again.

    On PostgreSQL serialization failures and deadlocks, on SQLite a lock that was not given.
    """
    if isinstance(error, RolledBackError) and error.__cause__ is not None:
        # One that was caught, and has undone all the same.
        error = error.__cause__
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return False
    cause: Any = error.orig
    if isinstance(error, DatabaseLockedError):
        # Who waits for himself waits as long the next time.
        return not getattr(cause, "by_itself", False)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return state_of(cause) in (SERIALIZATION_FAILURE, DEADLOCK)


def checked_retries(retry: int | None) -> int | None:
    """How often to run again. Raises UnsupportedOperationError for what is no number, or cannot be done."""
    if retry is None:
        return None
    if type(retry) is not int or retry < 1:
        raise UnsupportedOperationError(
            f"retry= says how often to run again, a whole number from 1 on, and not {retry!r}"
        )
    _library()
    return retry


def retries_of(retry: int | None, dialect: Dialect | None) -> int:
    """How often a transaction is run again, where its caller has said so, or its dialect."""
    if retry is not None:
        return retry
    return 0 if dialect is None else BY_DEFAULT.get(dialect.name, 0)


async def retried(retries: int, work: Callable[[], Awaitable[T]]) -> T:
    """The result of work, which is run again, so often at most, while its errors let hope."""
    if not retries:
        return await work()
    library = _library()
    trying = library.AsyncRetrying(
        retry=library.retry_if_exception(may_succeed),
        stop=library.stop_after_attempt(retries + 1),
        wait=library.wait_random_exponential(multiplier=FIRST, max=LONGEST),
        before_sleep=library.before_sleep_log(_LOG, logging.INFO),
        reraise=True,
    )
    result: T = await trying(work)
    return result


def _library() -> Any:
    if find_spec("tenacity") is None:
        raise UnsupportedOperationError("retry= needs tenacity: pip install 'django-like-repos[retry]'")
    return import_module("tenacity")
