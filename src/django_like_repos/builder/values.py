"""Values on their way into a query: what each column type takes, and what it refuses.

Coercion happens when the chain is written, so that a wrong value fails on its own line and both databases
are asked the same. One function a Python type, found in ``_COERCIONS``; a type that is not there
(a ``TypeDecorator``, say) takes what its own bind processing takes.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum as PythonEnum
from math import isfinite
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Dialect, types
from sqlalchemy.dialects import postgresql

from django_like_repos.builder.caching import cached

SMALLEST_INTEGER: Final = -(2**63)
LARGEST_INTEGER: Final = 2**63 - 1

_POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]

Coercion = Callable[[Any], Any]


class Refused(Exception):
    """A value that a column does not take; the message says what it would take."""


@cached(4096)
def coercion_of(type_: types.TypeEngine[Any]) -> Coercion:
    """The function that turns a value into one that ``type_`` binds; it raises Refused."""
    for kind, make in _SPECIAL:
        if isinstance(type_, kind):
            return make(type_)
    if isinstance(type_, types.TypeDecorator):
        return _as_is
    try:
        python_type = type_.python_type
    except NotImplementedError:
        return _as_is
    return _COERCIONS.get(python_type, _as_is)


def is_text(type_: types.TypeEngine[Any]) -> bool:
    """Whether values of the type are text, and plain ASCII text needs no coercion at all."""
    return coercion_of(type_) is _text


@cached(4096)
def comparison_type(type_: types.TypeEngine[Any]) -> types.TypeEngine[Any]:
    """The type of a param that is compared with a column of ``type_``.

    The column's own, except that numbers are bound without what limits the column: a number beyond it
    then matches nothing, where the database would refuse it, or round it to one that does match.
    """
    if isinstance(type_, types.Integer):
        return types.BigInteger()
    if isinstance(type_, types.Numeric) and not isinstance(type_, types.Float):
        return types.Numeric()
    return type_


@cached(4096)
def has_equality(type_: types.TypeEngine[Any]) -> bool:
    """Whether every database can compare two values of the type: PostgreSQL's json has no equality."""
    if isinstance(type_, types.TypeDecorator):
        type_ = type_.load_dialect_impl(_POSTGRESQL)
    impl = type_.dialect_impl(_POSTGRESQL)
    return not isinstance(impl, types.JSON) or isinstance(impl, postgresql.JSONB)


def _as_is(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    if isinstance(value, str):
        # A member of a str enum would reach the driver as an enum.
        text = value if type(value) is str else str.__str__(value)
    elif isinstance(value, (int, float, Decimal, UUID)):
        text = str(value)
    else:
        raise Refused("text")
    if "\0" in text:
        raise Refused("text without NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("text that UTF-8 can say, without lone surrogates") from None
    return text


def _integer(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise Refused("an integer") from None
    if isinstance(value, (float, Decimal)) and isfinite(value) and value == int(value):
        return int(value)
    raise Refused("an integer")


def _float(value: Any) -> Any:
    if isinstance(value, (int, float, Decimal, str)):
        try:
            return float(value)
        except (ValueError, OverflowError):
            raise Refused("a number") from None
    raise Refused("a number")


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, (int, Decimal, str)):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise Refused("a decimal number") from None
    raise Refused("a decimal number")


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise Refused("True or False")


def _date(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Refused("a date, or its ISO text such as '2026-11-22'") from None
    raise Refused("a date")


def _time(value: Any) -> Any:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            raise Refused("a time, or its ISO text such as '14:30'") from None
    raise Refused("a time")


def _timedelta(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    raise Refused("a timedelta")


def _bytes(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise Refused("bytes")


def _datetime(type_: types.DateTime) -> Coercion:
    aware = bool(type_.timezone)
    wanted = f"a datetime {'with' if aware else 'without'} a time zone"

    def coerce(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise Refused(f"{wanted}, or its ISO text") from None
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if not isinstance(value, datetime) or (value.utcoffset() is not None) != aware:
            raise Refused(wanted)
        return value

    return coerce


def _uuid(type_: types.Uuid[Any]) -> Coercion:
    def coerce(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = UUID(value)
            except ValueError:
                raise Refused("a UUID, or its text") from None
        if not isinstance(value, UUID):
            raise Refused("a UUID")
        return value if type_.as_uuid else str(value)

    return coerce


def _enum(type_: types.Enum) -> Coercion:
    enum_class = type_.enum_class
    if enum_class is None:
        names = frozenset(type_.enums)

        def coerce_name(value: Any) -> Any:
            if isinstance(value, str) and value in names:
                return str.__str__(value)
            raise Refused(f"one of {', '.join(sorted(names))}")

        return coerce_name

    def coerce(value: Any) -> Any:
        if isinstance(value, enum_class):
            return value
        if isinstance(value, str) and value in enum_class.__members__:
            return enum_class[value]
        if not isinstance(value, PythonEnum):
            try:
                return enum_class(value)
            except ValueError:
                pass
        raise Refused(f"one of {enum_class.__name__}: {', '.join(enum_class.__members__)}")

    return coerce


def _array(type_: types.ARRAY[Any]) -> Coercion:
    item = coercion_of(type_.item_type)

    def coerce(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise Refused("a list")
        return [
            None if each is None else coerce(each) if isinstance(each, (list, tuple)) else item(each)
            for each in value
        ]

    return coerce


_BOOLEANS: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}

# Enum is a kind of String in SQLAlchemy, so it is asked first.
_SPECIAL: Final[tuple[tuple[type[Any], Callable[[Any], Coercion]], ...]] = (
    (types.Enum, _enum),
    (types.Uuid, _uuid),
    (types.DateTime, _datetime),
    (types.ARRAY, _array),
    (types.Interval, lambda _: _timedelta),
    (types.Float, lambda _: _float),
    (types.Numeric, lambda _: _decimal),
)

_COERCIONS: Final[dict[type[Any], Coercion]] = {
    str: _text,
    int: _integer,
    float: _float,
    Decimal: _decimal,
    bool: _boolean,
    date: _date,
    time: _time,
    timedelta: _timedelta,
    bytes: _bytes,
}
