"""PostgreSQL's moments at the ends of the calendar, by asyncpg.

The driver stores the first and the last moment that Python knows as infinity, which has no year and no month,
and reads it without its time zone. Here they are stored as what they are. What is beyond the calendar, and
infinity that others have stored, is read as its last moment, or the first, aware where the column is.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

_SET_UP: Final = "django_like_repos.set_up"

_DAY: Final = date(2000, 1, 1).toordinal()
_NAIVE: Final = datetime(2000, 1, 1)
_AWARE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""From what PostgreSQL counts."""


def set_up(connection: Any, record: Any, _proxy: object) -> None:
    """At a checkout, sets up a connection that is not yet."""
    # Not when it is made: an engine of the user's may have connections already.
    if _SET_UP not in record.info:
        record.info[_SET_UP] = True
        connection.run_async(_set_codecs)


async def _set_codecs(driver: Any) -> None:
    for name, (encode, decode) in _CODECS.items():
        await driver.set_type_codec(name, schema="pg_catalog", encoder=encode, decoder=decode, format="tuple")


def _said_day(value: Any) -> tuple[int]:
    return (value.toordinal() - _DAY,)


def _day(said: tuple[int]) -> date:
    (days,) = said
    try:
        return date.fromordinal(days + _DAY)
    except (OverflowError, ValueError):
        return date.max if days > 0 else date.min


def _said_naive(value: Any) -> tuple[int]:
    return _microseconds(_datetime(value) - _NAIVE)


def _said_aware(value: Any) -> tuple[int]:
    moment = _datetime(value)
    # As the driver has it, one without a zone is of the process's.
    return _microseconds((moment.astimezone(UTC) if moment.tzinfo is None else moment) - _AWARE)


def _datetime(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _microseconds(span: timedelta) -> tuple[int]:
    return ((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds,)


def _decoder(first: datetime, zone: Any) -> Callable[[tuple[int]], datetime]:
    last, least = datetime.max.replace(tzinfo=zone), datetime.min.replace(tzinfo=zone)

    def decode(said: tuple[int]) -> datetime:
        (number,) = said
        try:
            return first + timedelta(0, 0, number)
        except OverflowError:
            return last if number > 0 else least

    return decode


_CODECS: Final[dict[str, tuple[Callable[[Any], tuple[int]], Callable[[Any], Any]]]] = {
    "date": (_said_day, _day),
    "timestamp": (_said_naive, _decoder(_NAIVE, None)),
    "timestamptz": (_said_aware, _decoder(_AWARE, UTC)),
}
