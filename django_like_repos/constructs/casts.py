"""Casts between types, where SQLite's own would do something else, or PostgreSQL has none.

What kind of values a type has is said by words: text, integer, float, decimal, boolean, date, datetime, time,
interval, uuid, json, bytes.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    String,
    case,
    cast,
    func,
    literal_column,
    null,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import CompileError
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct, text_literal
from django_like_repos.constructs.text import uuid_text
from django_like_repos.mapping.types import impl_of

_ZERO: Final[Any] = literal_column("0")
Says = Callable[[Any, TypeEngine[Any], str], Any]
"""The SQL of a cast: of the value, of the type, and of the kind that the value is of."""
_UTC: Final = text_literal("UTC")
NUMBERS: Final = ("integer", "float", "decimal")
MOMENTS: Final = ("date", "datetime", "time")


def cast_to(value: Any, type_: TypeEngine[Any], source: str, target: str) -> ColumnElement[Any]:
    """A value of one kind as a type of another."""
    return _Cast(value, type_, source, target)


class _Cast(Construct[Any]):
    _traverse_internals = [  # noqa: RUF012
        *Construct._traverse_internals,
        ("type", InternalTraversal.dp_type),
        ("source", InternalTraversal.dp_string),
        ("target", InternalTraversal.dp_string),
    ]

    inherit_cache = True
    name = "cast_to"

    def __init__(self, value: Any, type_: TypeEngine[Any], source: str, target: str) -> None:
        super().__init__(value)
        self.type = type_
        self.source = source
        self.target = target

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        say = _ON_SQLITE.get(self.target, _plainly)
        said: ColumnElement[Any] = say(value, self.type, self.source)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        say = _ON_POSTGRESQL.get((self.source, self.target), _plainly)
        said: ColumnElement[Any] = say(value, self.type, self.source)
        return said


def _plainly(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return cast(value, type_)


def _by_integer(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return cast(cast(value, Integer), type_)


def _is_not_zero(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return value != _ZERO


def _is_aware(type_: TypeEngine[Any]) -> bool:
    return bool(getattr(impl_of(type_), "timezone", False))


# SQLite


def _text_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    text = uuid_text(value) if source == "uuid" else cast(value, String)
    length: int | None = getattr(impl_of(type_), "length", None)
    if length is None:
        return text
    return func.substr(text, literal_column("1"), literal_column(str(length)))


def _boolean_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if source == "boolean":
        return value
    return func.dlr_boolean(value) if source == "text" else _is_not_zero(value, type_, source)


def _decimal_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    scale: int | None = getattr(impl_of(type_), "scale", None)
    number = cast(value, type_)
    return number if scale is None else func.dlr_round(number, literal_column(str(scale)))


def _by(function: Any, kind: str) -> Says:
    """By a function, unless it is of the kind."""
    return lambda value, type_, source: value if source == kind else function(value)


def _interval_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if source != "interval":
        raise CompileError(f"SQLite has no intervals, and nothing can be cast to {type_!r}")
    return value


def _uuid_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if source == "uuid":
        return value
    return func.replace(func.lower(value), text_literal("-"), text_literal(""))


def _json_on_sqlite(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if source in ("json", "text"):
        return value
    if source == "boolean":
        yes, no = text_literal("true"), text_literal("false")
        return case((value.is_(null()), null()), (value, yes), else_=no)
    return func.json_quote(value)


_ON_SQLITE: Final[dict[str, Says]] = {
    "text": _text_on_sqlite,
    "boolean": _boolean_on_sqlite,
    "decimal": _decimal_on_sqlite,
    "date": _by(func.date, "date"),
    "datetime": _by(func.dlr_as_datetime, "datetime"),
    "time": _by(func.dlr_as_time, "time"),
    "interval": _interval_on_sqlite,
    "uuid": _uuid_on_sqlite,
    "json": _json_on_sqlite,
}

# PostgreSQL. Without a zone that is said, it would take that of the session.


def _from_datetime(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if _is_aware(value.type) == _is_aware(type_):
        return cast(value, type_)
    return cast(func.timezone(_UTC, value), type_)


def _in_utc(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return cast(func.timezone(_UTC, value) if _is_aware(value.type) else value, type_)


def _text_of_moment(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    if not _is_aware(value.type):
        return cast(value, type_)
    text = cast(func.timezone(_UTC, value), String).concat(text_literal("+00"))
    return text if getattr(type_, "length", None) is None else cast(text, type_)


def _midnight(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    start = cast(value, DateTime)
    return func.timezone(_UTC, start) if _is_aware(type_) else start


def _to_json(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return cast(func.to_jsonb(value), type_)


def _from_json(value: Any, type_: TypeEngine[Any], source: str) -> Any:
    return cast(cast(value, JSONB), type_)


_ON_POSTGRESQL: Final[dict[tuple[str, str], Says]] = {
    **{("boolean", each): _by_integer for each in NUMBERS},
    **{(each, "boolean"): _is_not_zero for each in NUMBERS},
    **{("json", each): _from_json for each in (*NUMBERS, "boolean")},
    **{(each, "json"): _to_json for each in (*NUMBERS, *MOMENTS, "boolean", "uuid")},
    ("datetime", "datetime"): _from_datetime,
    ("datetime", "date"): _in_utc,
    ("datetime", "time"): _in_utc,
    ("datetime", "text"): _text_of_moment,
    ("date", "datetime"): _midnight,
}
