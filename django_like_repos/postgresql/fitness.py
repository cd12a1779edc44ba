"""Whether a pooled connection of asyncpg is fit to be used again, mostly without asking the server.

What the server has closed is known here without a round trip: the driver has heard of it, or there is
something to read. Only then, or after some time, in which a network may have lost it silently, the server is
asked. A connection that was left within a transaction is not fit either, nor one whose BEGIN was refused.
"""

import select
import time
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.exc import DisconnectionError

ASKED_AFTER: Final = 30.0
"""Seconds in the pool after which a connection is asked whether it still works."""
ANSWERED_WITHIN: Final = 0.001
"""Seconds in the pool for which it is as it came: the event loop has just looked at it."""
ANSWERS_WITHIN: Final = 5.0
"""Seconds that it has to answer."""
_SINCE: Final = "django_like_repos.in_pool_since"
_POLL: Final = "django_like_repos.poll"


def remember(_connection: Any, record: Any) -> None:
    """At a checkin, since when a connection is in the pool."""
    record.info[_SINCE] = time.monotonic()


def check(connection: Any, record: Any, _proxy: object) -> None:
    """At a checkout, raises DisconnectionError for a connection that is not fit: the pool makes a new one."""
    since = record.info.get(_SINCE)
    if since is None:
        return
    driver = connection.driver_connection
    if driver.is_closed():
        raise DisconnectionError("the server has closed it")
    if driver.is_in_transaction() or driver._top_xact is not None:
        raise DisconnectionError("it was left within a transaction")
    waited = time.monotonic() - since
    if waited > ASKED_AFTER or (waited > ANSWERED_WITHIN and _has_to_read(driver, record)):
        _ask(connection)


def _has_to_read(driver: Any, record: Any) -> bool:
    # Of the connection as it is now: a record that is made anew forgets what it knew.
    poll = record.info.get(_POLL)
    if poll is None:
        poll = record.info[_POLL] = select.poll()
        poll.register(driver._transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _ask(connection: Any) -> None:
    try:
        # One round trip, without a prepared statement, which a pooler may put elsewhere.
        connection.run_async(lambda driver: driver.execute("SELECT 1", timeout=ANSWERS_WITHIN))
    except _unanswered(connection.dbapi) as error:
        raise DisconnectionError("it does not answer") from error


def refusals_of(dialect: Dialect) -> tuple[type[Exception], ...]:
    """What the driver raises itself, where SQLAlchemy has not connected yet."""
    return _errors(dialect.dbapi) if dialect.driver == "asyncpg" else ()


def _unanswered(dbapi: Any) -> tuple[type[Exception], ...]:
    return OSError, TimeoutError, *_errors(dbapi)


def _errors(dbapi: Any) -> tuple[type[Exception], ...]:
    asyncpg = dbapi.asyncpg
    return asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
