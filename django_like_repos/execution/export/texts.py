"""Rows as the text that PostgreSQL's COPY writes of them in CSV, said by Python of other databases' rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple
from uuid import UUID

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError

_LARGE: Final = 1e15
"""From here on PostgreSQL says floats by an exponent, Python ten times further."""


class Csv(NamedTuple):
    """How rows are written."""

    delimiter: str = ","
    null: str = ""

    def line(self, values: Sequence[str | None]) -> str:
        """One row, with its end."""
        alone = len(values) == 1
        fields = [self.null if each is None else self._field(each, alone=alone) for each in values]
        return self.delimiter.join(fields) + "\n"

    def _field(self, text: str, *, alone: bool) -> str:
        # As COPY does: what ends an input of psql is quoted where it is all of a line.
        special = text == self.null or (alone and text == "\\.")
        if special or any(each in text for each in (self.delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text


def text_of(value: Any) -> str | None:
    """A value as PostgreSQL says it, or None. Raises UnsupportedOperationError for one that it has not."""
    if value is None:
        return None
    write = _writer(type(value))
    if write is None:
        raise UnsupportedOperationError(
            f"copy_to(): there is no text for a value of {type(value).__name__}: values(…) leaves it out, or "
            "reads it as text by Cast(…, Text())"
        )
    return write(value)


@cached(256)
def _writer(kind: type[Any]) -> Callable[[Any], str] | None:
    return next((_WRITERS[each] for each in kind.__mro__ if each in _WRITERS), None)


def _float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if _LARGE <= abs(value) < _LARGE * 10:
        digits = text.removesuffix(".0").lstrip("-")
        rest = digits[1:].rstrip("0")
        return f"{'-' if value < 0 else ''}{digits[0]}{'.' if rest else ''}{rest}e+15"
    return text.removesuffix(".0")


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if value.is_finite() else str(value)


def _moment(value: datetime) -> str:
    text = _clock(value.isoformat(" ", "microseconds")[: len("2026-01-01 00:00:00.000000")])
    return text + _offset(value.utcoffset())


def _time(value: time) -> str:
    return _clock(value.replace(tzinfo=None).isoformat("microseconds")) + _offset(value.utcoffset())


def _clock(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _offset(offset: timedelta | None) -> str:
    if offset is None:
        return ""
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        f"{hours:02}",
        *([f"{minutes:02}"] if minutes or seconds else []),
        *([f"{seconds:02}"] if seconds else []),
    ]
    return ("-" if offset < timedelta() else "+") + ":".join(parts)


def _span(value: timedelta) -> str:
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = _clock(f"{hours:02}:{minutes:02}:{seconds:02}.{value.microseconds:06}")
    if not value.days:
        return clock
    days = f"{value.days} day{'' if value.days == 1 else 's'}"
    if not value.seconds and not value.microseconds:
        return days
    # Beside days that are negative the sign of what is not is said.
    return f"{days} {'+' if value.days < 0 else ''}{clock}"


def _word(value: Enum) -> str:
    return value.name


_WRITERS: Final[Mapping[type[Any], Callable[[Any], str]]] = {
    bool: lambda value: "t" if value else "f",
    Enum: _word,
    str: str,
    int: str,
    float: _float,
    Decimal: _decimal,
    datetime: _moment,
    date: date.isoformat,
    time: _time,
    timedelta: _span,
    UUID: str,
    bytes: lambda value: "\\x" + value.hex(),
}
