"""Dates, times, and spans of time.

Text is read as Django reads it: ISO 8601, and the forms that leave out zeros, such as ``2026-1-5 9:30``.
An aware datetime is bound in UTC, because SQLite stores it as text, which must compare as the moments do.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import types

from django_like_repos.values.refusal import Coercion, Refused, Setting

Read = TypeVar("Read")

_SHORT: Final = re.compile(r"(?<![\d.,])\d(?!\d)", re.ASCII)
"""A number of one digit, which ISO 8601 writes with two; but not a fraction."""
_BLANK_BEFORE_ZONE: Final = re.compile(r"(?<=\d)\s+(?=(?:Z|[+-][\d:]+)$)", re.ASCII)
_CLOCK: Final = re.compile(
    r"""
    (?: (?P<days>[+-]?\d+) (?:\ days?(?:,?\ |$) | \ (?=.)) )?
    (?P<sign>[+-])?
    (?:
        (?: (?:(?P<hours>\d+):)? (?P<minutes>\d+): )?
        (?P<seconds>\d+) (?:[.,](?P<microseconds>\d{1,6})\d*)?
    )?
    """,
    re.VERBOSE | re.ASCII,
)
_ISO: Final = re.compile(
    r"""
    (?P<sign>[+-])? P (?: (?P<days>\d+(?:[.,]\d+)?) D )?
    (?: T (?=\d)
        (?: (?P<hours>\d+(?:[.,]\d+)?) H )? (?: (?P<minutes>\d+(?:[.,]\d+)?) M )?
        (?: (?P<seconds>\d+(?:[.,]\d+)?) S )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)
_LONGEST: Final = (datetime.min - datetime(1970, 1, 1), datetime.max - datetime(1970, 1, 1))
"""Where the database has no intervals, SQLAlchemy stores the moment that is as far from the year 1970."""


def day(_: types.Date, setting: Setting) -> Coercion:
    """A date; of a datetime its own date, of an aware one that in the zone of the query."""
    zone = _zone(setting.zone)

    def coerce(value: Any) -> Any:
        if isinstance(value, datetime):
            return (value if value.utcoffset() is None else _moved(value, zone)).date()
        if isinstance(value, date):
            return value
        return _read(value, date.fromisoformat, "a date, or its ISO text such as '2026-11-22'")

    return coerce


def moment(type_: types.DateTime, _: Setting) -> Coercion:
    """A datetime, aware or naive as the column is; of a date its midnight, where that needs no zone."""
    return _aware if type_.timezone else _naive


def hour(type_: types.Time, _: Setting) -> Coercion:
    """A time of day, with an offset or without as the column is."""
    aware = bool(type_.timezone)
    wanted = f"a time {'with' if aware else 'without'} an offset from UTC, or its ISO text such as "
    wanted += "'14:30+00:00'" if aware else "'14:30'"

    def coerce(value: Any) -> Any:
        if not isinstance(value, time):
            value = _read(value, time.fromisoformat, wanted)
        if (value.utcoffset() is not None) != aware:
            raise Refused(wanted)
        return value

    return coerce


def span(value: Any) -> Any:
    """A timedelta; its text as ``str()``, ISO 8601, or PostgreSQL in days and less say it."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise Refused("a timedelta, or its text such as '3 days 04:05:06'")
    match = _ISO.fullmatch(value) or _CLOCK.fullmatch(value)
    given = {unit: part for unit, part in match.groupdict().items() if part} if match else {}
    sign = -1 if given.pop("sign", "+") == "-" else 1
    if not given:
        raise Refused("a timedelta, or its text such as '3 days 04:05:06' or 'P3DT4H'")
    try:
        return _timedelta(given, sign, whole=bool(match and match.re is _ISO))
    except (ValueError, OverflowError):
        raise Refused("a timedelta that Python can hold") from None


def emulated_span(value: Any) -> Any:
    """The same, of a column that both databases have."""
    found = span(value)
    if not _LONGEST[0] <= found <= _LONGEST[1]:
        raise Refused("a timedelta that reaches from 1970 into the years 1 to 9999")
    return found


def _aware(value: Any) -> Any:
    found = _datetime(value, "a datetime with a time zone, or its ISO text such as '2026-11-22T14:30Z'")
    if found.utcoffset() is None:
        raise Refused(
            "a datetime with a time zone (.replace(tzinfo=…) gives it one; datetime.now(UTC) has one)"
        )
    return _moved(found, UTC)


def _naive(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    found = _datetime(value, "a datetime without a time zone, or its ISO text such as '2026-11-22T14:30'")
    if found.utcoffset() is not None:
        raise Refused(
            "a datetime without a time zone (.astimezone(…).replace(tzinfo=None) takes it off; "
            "a column of DateTime(timezone=True) keeps it)"
        )
    return found


def _datetime(value: Any, wanted: str) -> datetime:
    return value if isinstance(value, datetime) else _read(value, datetime.fromisoformat, wanted)


def _moved(value: datetime, zone: tzinfo) -> datetime:
    try:
        return value.astimezone(zone)
    except OverflowError:
        raise Refused(f"a datetime that is in the years 1 to 9999 in {zone} too") from None


def _read(value: Any, read: Callable[[str], Read], wanted: str) -> Read:
    if not isinstance(value, str):
        raise Refused(wanted)
    try:
        return read(value)
    except ValueError:
        pass
    whole = _BLANK_BEFORE_ZONE.sub("", value)
    if "-" in whole or ":" in whole:
        whole = _SHORT.sub(r"0\g<0>", whole)
    try:
        return read(whole)
    except ValueError:
        raise Refused(wanted) from None


def _timedelta(given: dict[str, str], sign: int, *, whole: bool) -> timedelta:
    """``whole`` is whether the sign is of the days too."""
    if "microseconds" in given:
        given["microseconds"] = given["microseconds"].ljust(6, "0")
    # An int where it is one, since a float of that many seconds has lost its microseconds.
    numbers = {
        unit: int(part) if part.lstrip("+-").isdecimal() else float(part.replace(",", "."))
        for unit, part in given.items()
    }
    days = timedelta(days=numbers.pop("days", 0))
    return (sign if whole else 1) * days + sign * timedelta(**numbers)


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
