"""Values that are bound as they are: the usual ones, told in no time from those that want coercion."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached_by_class
from django_like_repos.values.numbers import LARGEST_INTEGER, SMALLEST_INTEGER, is_single

Check = Callable[[Any], bool]


@cached_by_class(4096)
def plain_check(type_: TypeEngine[Any]) -> Check:
    """The function that says of a value whether ``type_`` binds it with nothing to coerce or to refuse."""
    if type_._variant_mapping:
        return never_plain
    if isinstance(type_, types.Float):
        return never_plain if type_.asdecimal or is_single(type_) else _float
    return next((_CHECKS[each] for each in type(type_).__mro__ if each in _CHECKS), never_plain)


def all_plain(
    check: Check, values: Sequence[Any], low: int = SMALLEST_INTEGER, high: int = LARGEST_INTEGER
) -> bool:
    """Whether a check takes each of many values, None among them; integers from ``low`` to ``high``."""
    kinds = {*map(type, values)}
    if type(None) in kinds:
        kinds.remove(type(None))
        values = [value for value in values if value is not None]
    if not kinds:
        return True
    if check is _boolean:
        return kinds == {bool}
    if check is _text and kinds == {str}:
        return _text("".join(values))
    if check is _integer and kinds == {int}:
        return bool(low <= min(values) and max(values) <= high)
    if check is _float and kinds == {float}:
        return all(map(isfinite, values))
    return all(map(check, values))


def never_plain(value: Any) -> bool:
    """For what has to be looked at."""
    return False


def _text(value: Any) -> bool:
    return value.__class__ is str and "\0" not in value and (value.isascii() or _is_encodable(value))


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(value: Any) -> bool:
    return value.__class__ is int and SMALLEST_INTEGER <= value <= LARGEST_INTEGER


def _float(value: Any) -> bool:
    return type(value) is float and isfinite(value)


def _boolean(value: Any) -> bool:
    return value.__class__ is bool


def _date(value: Any) -> bool:
    return value.__class__ is date


_CHECKS: Final[Mapping[type[Any], Check]] = {
    types.String: _text,
    types.Enum: never_plain,
    types.Integer: _integer,
    types.Boolean: _boolean,
    types.Date: _date,
}
