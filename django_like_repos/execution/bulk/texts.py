"""Arrays as PostgreSQL writes them, of values that this is cheaper for than what a driver does with each.

asyncpg asks of every member of a list whether it is an array itself, by Python's abstract classes: that takes
longer than all else. A text is made by a few calls, however many members there are, and PostgreSQL reads it
in no time.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

Value = TypeVar("Value")
Write = Callable[[Sequence[Any]], str]

_BETWEEN: Final = "\x00"
"""What no text of PostgreSQL's has in it."""
_ZONE: Final = attrgetter("tzinfo")


def writer_of(element: TypeEngine[Any]) -> Write | None:
    """What writes an array of a type's values as a text; None where the driver is left to it.

    It raises TypeError for a value that no driver would take for one of the type.
    """
    if type(element) is types.DateTime:
        return _aware_moments if element.timezone else _naive_moments
    return _WRITERS.get(type(element))


def _numbers(values: Sequence[Any]) -> str:
    if {*map(type, values)} <= {int, float}:
        return f"{{{','.join(map(repr, values))}}}"
    return _one_by_one(values, _number)


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return repr(float(value) if isinstance(value, float) else int(_checked(value, int)))


def _flags(values: Sequence[Any]) -> str:
    if {*map(type, values)} == {bool}:
        return f"{{{','.join(map(_FLAGS.__getitem__, values))}}}"
    return _one_by_one(values, lambda value: _FLAGS[_checked(value, bool)])


_FLAGS: Final = {True: "t", False: "f"}


def _texts(values: Sequence[Any]) -> str:
    if values and {*map(type, values)} == {str}:
        joined = _BETWEEN.join(values)
        if joined.count(_BETWEEN) == len(values) - 1:
            return f'{{"{_escaped(joined).replace(_BETWEEN, _QUOTED)}"}}'
    return _one_by_one(values, lambda value: f'"{_escaped(_checked(value, str))}"')


_QUOTED: Final = '","'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _aware_moments(values: Sequence[Any]) -> str:
    if {*map(type, values)} == {datetime} and None not in {*map(_ZONE, values)}:
        return f"{{{','.join(map(datetime.isoformat, values))}}}"
    return _one_by_one(values, _aware)


def _aware(value: Any) -> str:
    moment = _moment(value)
    # As the driver has it, one without a zone is of the process's.
    return f'"{(moment.astimezone(UTC) if moment.tzinfo is None else moment).isoformat()}"'


def _naive_moments(values: Sequence[Any]) -> str:
    if {*map(type, values)} == {datetime} and {*map(_ZONE, values)} == {None}:
        return f"{{{','.join(map(datetime.isoformat, values))}}}"
    return _one_by_one(values, _naive)


def _naive(value: Any) -> str:
    moment = _moment(value)
    if moment.tzinfo is not None:
        raise TypeError("a moment with a time zone is given for a column without")
    return f'"{moment.isoformat()}"'


def _moment(value: Any) -> datetime:
    checked = _checked(value, date)
    return checked if isinstance(checked, datetime) else datetime(checked.year, checked.month, checked.day)


def _one_by_one(values: Sequence[Any], write: Callable[[Any], str]) -> str:
    return f"{{{','.join(['NULL' if value is None else write(value) for value in values])}}}"


def _checked(value: Any, type_: type[Value]) -> Value:
    if not isinstance(value, type_):
        raise TypeError(f"expected {type_.__name__}, got {type(value).__name__}")
    return value


_WRITERS: Final[dict[type[Any], Write]] = {
    types.BigInteger: _numbers,
    types.Double: _numbers,
    types.Boolean: _flags,
    types.String: _texts,
}
