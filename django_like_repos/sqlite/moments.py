"""Truncation, differences and arithmetic of dates, times, datetimes, and spans of time.

A span is stored as SQLAlchemy's Interval does it, as the datetime that is as far from the year 1970. A
moment beyond the years 1 to 9999 is the last of them, or the first; a span that leads there is an error.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django_like_repos.sqlite.dates import moment_in, zone_of
from django_like_repos.sqlite.registry import aggregate, function

_EPOCH: Final = datetime(1970, 1, 1)


@function("dlr_trunc", strict=True)
def _trunc(kind: str, value: str) -> str:
    """What is given says what comes back: a time, a date, a datetime."""
    if value[2] == ":":
        moment = datetime.combine(_EPOCH, time.fromisoformat(value))
        return _CUTS[kind](moment).time().isoformat("microseconds")
    cut = _CUTS[kind](datetime.fromisoformat(value))
    return str(cut.date()) if len(value) == _DATE_LENGTH else _written(cut)


@function("dlr_trunc_in", strict=True)
def _trunc_in(kind: str, value: str, zone: str) -> str:
    """When the hour, day, … of a moment began in a zone; if that was twice, the first time."""
    local, years = moment_in(datetime.fromisoformat(value), zone)
    cut = _CUTS[kind](local.replace(tzinfo=None, fold=0))
    moment = cut.replace(tzinfo=zone_of(zone)).astimezone(UTC).replace(tzinfo=None)
    return _written(_years_later(moment, years))


@function("dlr_local", strict=True)
def _local(value: str, zone: str) -> str:
    """The date and time that a moment has in a zone."""
    local, years = moment_in(datetime.fromisoformat(value), zone)
    if years:  # Beyond the calendar; its last moment, or first, sorts like it.
        return _written(datetime.max if years > 0 else datetime.min)
    return _written(local.replace(tzinfo=None))


@function("dlr_moved", strict=True)
def _moved(value: str, span: str, sign: int) -> str:
    """A time, which goes round the clock, or the datetime so long after, or before."""
    distance = sign * _span(span)
    if value[2] == ":":
        moved = datetime.combine(_EPOCH, time.fromisoformat(value)) + distance
        return moved.time().isoformat("microseconds")
    try:
        return _written(datetime.fromisoformat(value) + distance)
    except OverflowError:  # Beyond the calendar; its last moment, or first, sorts like it.
        return _written(datetime.max if distance > timedelta() else datetime.min)


@function("dlr_span_part", strict=True)
def _span_part(part: str, span: str) -> int:
    found = _span(span)
    if part == "day":
        return found.days
    return int(getattr((_EPOCH + timedelta(seconds=found.seconds)), part))


class _Spans:
    """The spans of a group or of a window."""

    def __init__(self) -> None:
        self.count = 0
        self.total = timedelta()

    def step(self, span: str | None) -> None:
        if span is not None:
            self.count += 1
            self.total += _span(span)

    def inverse(self, span: str | None) -> None:
        if span is not None:
            self.count -= 1
            self.total -= _span(span)

    def finalize(self) -> str | None:
        return self.value()

    def value(self) -> str | None:
        raise NotImplementedError


@aggregate("dlr_sum_spans")
class _SpanTotal(_Spans):
    def value(self) -> str | None:
        return _stored(self.total) if self.count else None


@aggregate("dlr_avg_spans")
class _SpanMean(_Spans):
    def value(self) -> str | None:
        return _stored(self.total / self.count) if self.count else None


def _moment(text: str) -> datetime:
    if text[2] == ":":
        return datetime.combine(_EPOCH, time.fromisoformat(text))
    return datetime.fromisoformat(text)


def _span(text: str) -> timedelta:
    return datetime.fromisoformat(text) - _EPOCH


def _stored(span: timedelta) -> str:
    return _written(_EPOCH + span)


def _written(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _years_later(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return datetime.max if years > 0 else datetime.min


_DATE_LENGTH: Final = len("2026-11-22")
_DAY: Final[dict[str, Any]] = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def _week(moment: datetime) -> datetime:
    # The calendar begins with a Monday, so that every week of it has one.
    return (moment - timedelta(days=moment.weekday())).replace(**_DAY)


_CUTS: Final[dict[str, Callable[[datetime], datetime]]] = {
    "year": lambda moment: moment.replace(month=1, day=1, **_DAY),
    "quarter": lambda moment: moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1, **_DAY),
    "month": lambda moment: moment.replace(day=1, **_DAY),
    "week": _week,
    "day": lambda moment: moment.replace(**_DAY),
    "hour": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "minute": lambda moment: moment.replace(second=0, microsecond=0),
    "second": lambda moment: moment.replace(microsecond=0),
}

_WITH_SPANS: Final[dict[str, Callable[..., str]]] = {
    "dlr_between": lambda left, right: _stored(_moment(left) - _moment(right)),
    "dlr_span_sum": lambda left, right, sign: _stored(_span(left) + sign * _span(right)),
    "dlr_span_times": lambda span, number: _stored(_span(span) * number),
    "dlr_span_over": lambda span, number: _stored(_span(span) / number),
}

for _name, _given in _WITH_SPANS.items():
    function(_name, strict=True)(_given)
