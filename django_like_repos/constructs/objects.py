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
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, text_literal
from django_like_repos.constructs.dates import in_zone, is_aware, is_span, native_span
from django_like_repos.constructs.documents import checked_key, key_literal, keys_as_json, readable
from django_like_repos.mapping.types import impl_of
from django_like_repos.values.document import DOCUMENT

_DOCUMENT: Final = "j"
_LETTERS: Final[tuple[tuple[type[Any], str], ...]] = (
    (JSON, _DOCUMENT),
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
    return _Built("json_object", *values, keys=tuple([checked_key(key) for key in keys]))


def json_array(values: Sequence[Any]) -> ColumnElement[Any]:
    """An array; NULL is null."""
    return _Built("json_array", *values)


class _Built(Differing):
    inherit_cache = True

    def operands_on(self, dialect: Dialect) -> list[Any]:
        """On SQLite before the values the letters of what they are, which the function of Python reads."""
        if dialect.name != "sqlite":
            return [*map(_text_in_utc, self.operands)]
        kinds = [_letter(each.type) for each in self.operands]
        values = zip(kinds, self.operands, strict=True)
        said = [readable(value, dialect) if kind == _DOCUMENT else value for kind, value in values]
        return [text_literal("".join(kinds)), *said]


def _letter(type_: TypeEngine[Any]) -> str:
    if is_span(type_):
        return _SPAN
    if is_aware(type_):
        return _AWARE
    kind = impl_of(type_)
    return next((letter for each, letter in _LETTERS if isinstance(kind, each)), _PLAIN)


def _text_in_utc(value: Any) -> Any:
    """A moment as text, which PostgreSQL would say in the session's zone; other values as they are."""
    if is_aware(value.type):
        said = func.to_jsonb(in_zone(value, "UTC")).op("#>>")(literal_column("'{}'"))
        return said.self_group().op("||")(literal_column("'+00:00'"))
    return native_span(value)


def _in_parts(build: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    starts = range(0, max(len(arguments), 1), _ARGUMENTS)
    first, *others = [build(*arguments[start : start + _ARGUMENTS]) for start in starts]
    for other in others:
        first = first.op("||")(other)
    return first


def _object_on_sqlite(kinds: Any, *values: Any, keys: tuple[str, ...]) -> Any:
    return func.dlr_json_object(literal_column(keys_as_json(keys)), kinds, *values)


def _object_on_postgresql(*values: Any, keys: tuple[str, ...]) -> Any:
    named: list[Any] = [literal_column(key_literal(key)) for key in keys]
    pairs = zip(named, values, strict=True)
    return _in_parts(func.jsonb_build_object, [part for pair in pairs for part in pair])


DIFFERENCES.update(
    {
        "json_object": Difference(DOCUMENT, _object_on_sqlite, _object_on_postgresql),
        "json_array": Difference(
            DOCUMENT, func.dlr_json_array, lambda *values: _in_parts(func.jsonb_build_array, values)
        ),
    }
)
