"""Parts of dates, times and datetimes, those that are aware read in a zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django_like_repos.sqlite.registry import function


@function("dlr_date_part")
def _date_part(part: str, value: str | None, zone: str | None) -> int | None:
    if value is None:
        return None
    if value[2] == ":":
        return int(getattr(time.fromisoformat(value), part))
    moment = datetime.fromisoformat(value)
    if zone is None:
        return _PARTS[part](moment)
    local, years = moment_in(moment, zone)
    number = _PARTS[part](local)
    if not years or part not in ("year", "iso_year"):
        return number
    # The year before 1 is -1.
    return number + years if number + years > 0 else number + years - 1


@function("dlr_date")
def _date(value: str | None, zone: str | None) -> str | None:
    if value is None:
        return None
    if zone is None:
        return value[:10]
    local, years = moment_in(datetime.fromisoformat(value), zone)
    if years:  # The day is beyond the calendar; the calendar's last, or first, sorts like it.
        return str(date.max if years > 0 else date.min)
    return str(local.date())


@function("dlr_time")
def _time(value: str | None, zone: str | None) -> str | None:
    if value is None:
        return None
    if value[2] == ":":
        moment = time.fromisoformat(value)
    else:
        whole = datetime.fromisoformat(value)
        moment = whole.time() if zone is None else moment_in(whole, zone)[0].time()
    return moment.replace(tzinfo=None).isoformat("microseconds")


@function("dlr_as_datetime", strict=True)
def _as_datetime(value: Any) -> str | None:
    """A text or a date as the datetime that is stored; NULL for what is none."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment_in(moment, "UTC")[0].replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


@function("dlr_as_time", strict=True)
def _as_time(value: Any) -> str | None:
    """A text or a datetime as the time that is stored; NULL for what is none."""
    text = str(value).strip()
    try:
        hour = time.fromisoformat(text) if text[2:3] == ":" else datetime.fromisoformat(text).time()
    except ValueError:
        return None
    return hour.replace(tzinfo=None).isoformat("microseconds")


def moment_in(moment: datetime, zone: str) -> tuple[datetime, int]:
    """A stored moment in a zone, and how many years to add to it.

    In the first hours of the calendar, and in its last, which stand for "always" and "never" in many a
    table, other zones are beyond it. Every 400 years its days are the same.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(zone_of(zone)), 0
    except OverflowError:
        years = 400 if moment.year > 1 else -400
        return moment.replace(year=moment.year - years).astimezone(zone_of(zone)), years


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The zone of a name: IANA's, or that of a fixed offset, such as ``UTC+05:30``."""
    if name == "UTC":
        return UTC
    if name[:4] in ("UTC+", "UTC-"):
        hours, minutes, *seconds = map(int, name[4:].split(":"))
        offset = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
        return timezone(offset if name[3] == "+" else -offset)
    return ZoneInfo(name)


_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "year": lambda moment: moment.year,
    "iso_year": lambda moment: moment.isocalendar().year,
    "quarter": lambda moment: (moment.month + 2) // 3,
    "month": lambda moment: moment.month,
    "week": lambda moment: moment.isocalendar().week,
    "day": lambda moment: moment.day,
    "week_day": lambda moment: moment.isoweekday() % 7 + 1,
    "iso_week_day": lambda moment: moment.isoweekday(),
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
}
