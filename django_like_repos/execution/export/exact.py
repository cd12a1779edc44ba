"""Arrays of Arrow that hold all of what they are made of: Arrow itself drops fractions, hours, and keys."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isinf
from types import NoneType
from typing import Any, Final

from django_like_repos.caching import cached


def exact(pa: Any, values: Sequence[Any], type_: Any) -> Any:
    """An array of Python's values. Raises ValueError for one that its type has no room for.

    A float is as near as its type can come.
    """
    there = {*map(type, values)}
    if Decimal in there and pa.types.is_floating(type_):
        values = [float(each) if isinstance(each, Decimal) else each for each in values]
    made = pa.array(values, type=type_)
    usual = _usual(type_)
    if usual is None or there <= usual:
        return made
    for value, held in zip(values, made.to_pylist(), strict=True):
        if not _is_all_of(value, held):
            raise ValueError(f"of {value!r} it has {held!r}")
    return made


@cached(256)
def _usual(type_: Any) -> frozenset[type[Any]] | None:
    """Values of which a type has all, by their classes; None for one that refuses others by itself."""
    name = str(type_)
    if name.startswith("dictionary<"):
        return _usual(type_.value_type)
    return next((classes for starts, classes in _USUAL.items() if name.startswith(starts)), None)


def _classes(*classes: type[Any]) -> frozenset[type[Any]]:
    return frozenset((NoneType, *classes))


_USUAL: Final[dict[tuple[str, ...], frozenset[type[Any]]]] = {
    ("int", "uint"): _classes(int),
    ("timestamp[us", "timestamp[ns"): _classes(datetime),
    ("date",): _classes(date),
    ("time64",): _classes(time),
    ("duration[us", "duration[ns"): _classes(timedelta),
    ("string", "large_string"): _classes(str),
    ("double",): _classes(float),
    ("timestamp", "time32", "duration", "float", "halffloat"): _classes(),
    ("list", "large_list", "fixed_size_list", "struct", "map"): _classes(),
}


def _is_all_of(value: Any, held: Any) -> bool:
    """Whether what an array holds is all of a value."""
    for classes, compared in _COMPARED:
        if isinstance(held, classes):
            return compared(value, held)
    return bool(value == held)


def _of_struct(value: Any, held: dict[Any, Any]) -> bool:
    return isinstance(value, dict) and all(
        key in held and _is_all_of(each, held[key]) for key, each in value.items()
    )


def _of_list(value: Any, held: list[Any] | tuple[Any, ...]) -> bool:
    members = [*value.items()] if isinstance(value, dict) else value
    return len(members) == len(held) and all(map(_is_all_of, members, held))


def _of_moment(value: Any, held: datetime) -> bool:
    return isinstance(value, int) or (isinstance(value, datetime) and _in_utc(value) == _in_utc(held))


def _in_utc(value: datetime) -> datetime:
    """What Arrow makes of it: what has no offset is in UTC."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _of_day(value: Any, held: date) -> bool:
    if isinstance(value, datetime):
        return value.time() == time() and value.date() == held
    return isinstance(value, int) or bool(value == held)


def _of_time(value: Any, held: time | timedelta) -> bool:
    return isinstance(value, int) or bool(value == held)


def _of_float(value: Any, held: float) -> bool:
    return not isinf(held) or isinf(value)


_COMPARED: Final[Sequence[tuple[Any, Callable[[Any, Any], bool]]]] = (
    (dict, _of_struct),
    ((list, tuple), _of_list),
    (datetime, _of_moment),
    (date, _of_day),
    ((time, timedelta), _of_time),
    (float, _of_float),
)
