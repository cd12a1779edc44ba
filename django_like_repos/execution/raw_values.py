"""What SQL of the user's own is given and gives: values that drivers take, columns that fields want."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from sqlite3 import PrepareProtocol, adapters
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Dialect, types

from django_like_repos.clauses.fitting import fits, python_type
from django_like_repos.clauses.raw import CALL, LISTS
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.query.raw import RawQuery
from django_like_repos.schemas import Wanted
from django_like_repos.values import Refused, coercion_of, shown


class _Exact(types.TypeDecorator[Decimal]):
    """Decimals, of integers too."""

    impl = types.Numeric
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return Decimal(value) if isinstance(value, int) else value


_TYPES: Final[Mapping[Any, types.TypeEngine[Any]]] = {
    bool: types.Boolean(),
    date: types.Date(),
    datetime: types.DateTime(),
    time: types.Time(),
    timedelta: types.Interval(),
    Decimal: types.Numeric(),
    UUID: types.Uuid(),
}
"""Those that SQLite has no values of, so that somebody has to say what is meant."""
_OF_FIELDS: Final[Mapping[Any, types.TypeEngine[Any]]] = {**_TYPES, Decimal: _Exact(), float: types.Float()}
_AWARE: Final[Mapping[Any, types.TypeEngine[Any]]] = {
    datetime: types.DateTime(timezone=True),
    time: types.Time(timezone=True),
}
_PLAIN: Final = (str, int, float, bytes, bytearray, memoryview)


def held(raw: RawQuery, dialect: Dialect) -> Mapping[str, Any]:
    """The values of parameters, as the driver takes them.

    Raises UnsupportedOperationError for what it does not take, InvalidLookupValueError for what is too much.
    """
    if dialect.name != "sqlite":
        # It asks the database what is meant.
        return raw.params
    found: dict[str, Any] = {}
    for name, value in raw.params.items():
        if name in raw.lists:
            found[name] = [_member(name, each, dialect) for each in value]
        else:
            found[name] = _held(name, value, dialect)
    return found


def _member(name: str, value: Any, dialect: Dialect) -> Any:
    """A member of a list; of several columns a tuple."""
    if isinstance(value, (list, tuple)):
        return tuple([_held(name, each, dialect) for each in value])
    return _held(name, value, dialect)


def _held(name: str, value: Any, dialect: Dialect) -> Any:
    """A value as columns of its kind are stored; aware datetimes as conditions have them, in UTC."""
    if isinstance(value, LISTS):
        raise UnsupportedOperationError(
            f"{CALL}(): :{name} is a list, and takes one only behind IN: … IN :{name}"
        )
    aware = isinstance(value, (datetime, time)) and value.utcoffset() is not None
    known = _AWARE if aware else _TYPES
    type_ = next((known[kind] for kind in type(value).__mro__ if kind in known), None)
    if type_ is None:
        if value is not None and not isinstance(value, _PLAIN) and not _is_adapted(value):
            raise UnsupportedOperationError(
                f"{CALL}(): SQLite has no values of {type(value).__name__}, which :{name} is: give it as "
                "text or a number"
            )
        return value
    try:
        value = coercion_of(type_)(value)
    except Refused as refused:
        raise InvalidLookupValueError(f"{CALL}(): :{name} takes {refused}, not {shown(value)}") from None
    bind = type_.dialect_impl(dialect).bind_processor(dialect)
    return value if bind is None else bind(value)


def _is_adapted(value: Any) -> bool:
    """Whether the application has taught the driver this type."""
    return (type(value), PrepareProtocol) in adapters or hasattr(value, "__conform__")


def type_of_column(takes: Wanted, own: types.TypeEngine[Any] | None) -> types.TypeEngine[Any] | None:
    """The type of a column whose values a field takes; ``own`` is that of the model's of this name."""
    fields = () if takes.collect is not None else takes.types
    known = [_OF_FIELDS[each] for each in fields if each in _OF_FIELDS]
    if own is not None and _is_of(own, takes, bool(known)):
        return own
    return known[0] if known else None


def _is_of(own: types.TypeEngine[Any], takes: Wanted, known: bool) -> bool:
    """Whether a field may take what a type gives; where it is ``known`` what it wants, that."""
    given = python_type(own)
    if given is None:
        return not isinstance(own, types.NullType)
    if takes.anything or not takes.types:
        return True
    if takes.collect is not None:
        return given in (dict, list)
    return given in takes.types or (not known and any(fits(given, each) for each in takes.types))
