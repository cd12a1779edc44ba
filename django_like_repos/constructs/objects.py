"""JSON objects and arrays made of values: on SQLite with the texts that PostgreSQL's jsonb has for them.

A moment is ISO 8601 in UTC, a span of time PostgreSQL's text.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    LargeBinary,
    Time,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct, text_literal
from django_like_repos.constructs.dates import in_zone, is_aware, is_span, native_span
from django_like_repos.constructs.documents import checked_key, key_literal, keys_as_json, readable
from django_like_repos.values.document import Document

DOCUMENT: Final = "j"
_LETTERS: Final[tuple[tuple[type[Any], str], ...]] = (
    (JSON, DOCUMENT),
    (Boolean, "b"),
    (DateTime, "m"),
    (Time, "t"),
    (Uuid, "u"),
    (LargeBinary, "x"),
)
"""How the function of Python is told what SQLite stores as something else."""
_PLAIN: Final = "p"
_AWARE: Final = "a"
_SPAN: Final = "s"
_ARGUMENTS: Final = 100
"""How many a function of PostgreSQL takes."""


def json_object(keys: Sequence[str], values: Sequence[Any]) -> ColumnElement[Any]:
    """An object. Raises ValueError for a key that no document has."""
    return _JsonObject(keys, values)


def json_array(values: Sequence[Any]) -> ColumnElement[Any]:
    """An array; NULL is null."""
    return _JsonArray(*values)


class _Built(Construct[Any]):
    inherit_cache = True
    type = Document()

    def _readable(self, dialect: Dialect) -> tuple[ColumnElement[Any], list[Any]]:
        """What SQLite's values are, in letters that the function of Python reads, and the values."""
        kinds = [_letter(each.type) for each in self.operands]
        values = zip(kinds, self.operands, strict=True)
        said = [readable(value, dialect) if kind == DOCUMENT else value for kind, value in values]
        return text_literal("".join(kinds)), said


class _JsonObject(_Built):
    _traverse_internals = [*_Built._traverse_internals, ("keys", InternalTraversal.dp_string_list)]  # noqa: RUF012

    inherit_cache = True
    name = "json_object"

    def __init__(self, keys: Sequence[str], values: Sequence[Any]) -> None:
        super().__init__(*values)
        self.keys = tuple([checked_key(key) for key in keys])

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        kinds, values = self._readable(dialect)
        return func.dlr_json_object(literal_column(keys_as_json(self.keys)), kinds, *values)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        keys: list[Any] = [literal_column(key_literal(key)) for key in self.keys]
        pairs = zip(keys, map(_text_in_utc, self.operands), strict=True)
        return _in_parts(func.jsonb_build_object, [part for pair in pairs for part in pair])


class _JsonArray(_Built):
    inherit_cache = True
    name = "json_array"

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        kinds, values = self._readable(dialect)
        return func.dlr_json_array(kinds, *values)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        return _in_parts(func.jsonb_build_array, [*map(_text_in_utc, self.operands)])


def _letter(type_: TypeEngine[Any]) -> str:
    if is_span(type_):
        return _SPAN
    if is_aware(type_):
        return _AWARE
    kind = getattr(type_, "impl_instance", type_)
    return next((letter for each, letter in _LETTERS if isinstance(kind, each)), _PLAIN)


def _text_in_utc(value: Any) -> Any:
    """A moment as text, which PostgreSQL would say in the session's zone; other values as they are."""
    if is_aware(value.type):
        said = func.to_jsonb(in_zone(value, "UTC")).op("#>>")(literal_column("'{}'"))
        return said.self_group().op("||")(literal_column("'+00:00'"))
    return native_span(value)


def _in_parts(build: Callable[..., Any], arguments: list[Any]) -> ColumnElement[Any]:
    starts = range(0, max(len(arguments), 1), _ARGUMENTS)
    first, *others = [build(*arguments[start : start + _ARGUMENTS]) for start in starts]
    for other in others:
        first = first.op("||")(other)
    said: ColumnElement[Any] = first
    return said
