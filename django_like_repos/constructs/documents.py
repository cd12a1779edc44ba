"""JSON documents: paths into them, containment, keys, comparison, each with the meaning of jsonb."""

import json
import operator as operators
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    Dialect,
    String,
    Text,
    TypeDecorator,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import NullType, TypeEngine

from django_like_repos.constructs.base import Construct, T, text_literal
from django_like_repos.values.document import Document


class Keys(TypeDecorator[list[str]]):
    """A list of keys, for ``json_has_keys()`` and ``json_has_any_keys()``."""

    impl = ARRAY(Text())
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text()))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


def json_path(value: Any, keys: tuple[str, ...]) -> ColumnElement[Any]:
    """What is at a path: keys of objects, and indexes of arrays, negative ones from the end.

    NULL if there is nothing; of no keys it is the whole document. Raises ValueError for a key that no
    document has, because it is no text of UTF-8 or has a NUL character.
    """
    return _JsonPath(*_joined(value, keys))


def json_text(value: Any, keys: tuple[str, ...]) -> ColumnElement[str]:
    """The text of what is at a path: a string without quotes, NULL for null, else its JSON."""
    return _JsonText(*_joined(value, keys))


def json_shown(value: Any) -> ColumnElement[str]:
    """The text of a document as jsonb shows it, a string in its quotes."""
    return _JsonShown(value)


def json_contains(container: Any, part: Any) -> ColumnElement[bool]:
    """Whether a document contains another (``@>``)."""
    return _JsonContains(container, _document(part))


def json_has_key(value: Any, key: Any) -> ColumnElement[bool]:
    """Whether an object has a key, or an array a string (``?``). ``key`` is text, or an expression of it."""
    return _JsonHasKey(value, literal(key, String()) if isinstance(key, str) else key)


def json_has_keys(value: Any, keys: Any) -> ColumnElement[bool]:
    """Whether it has all keys (``?&``): a list, or a bind parameter of the type ``Keys``."""
    return _JsonHasKeys(value, _keys(keys))


def json_has_any_keys(value: Any, keys: Any) -> ColumnElement[bool]:
    """Whether it has one of the keys (``?|``): a list, or a bind parameter of the type ``Keys``."""
    return _JsonHasAnyKeys(value, _keys(keys))


def json_compare(left: Any, operator: str | Callable[[Any, Any], Any], right: Any) -> ColumnElement[bool]:
    """Compares documents: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or Python's function for one."""
    compare = _OPERATORS[operator] if isinstance(operator, str) else operator
    side = json_document if compare in (operators.eq, operators.ne) else json_order
    condition: ColumnElement[bool] = compare(side(left), side(right))
    return condition


def json_document(value: Any) -> ColumnElement[Any]:
    """A document in the form in which equal ones are equal: jsonb, or canonical text."""
    value = _document(value)
    return value if isinstance(value.type, Document) else _JsonPath(value, ())


def json_order(value: Any) -> ColumnElement[Any]:
    """What sorts, and compares with its like, as jsonb does."""
    return _JsonOrder(_document(value))


class _Json(Construct[T]):
    """Something of documents, the first operand one of them."""

    inherit_cache = True

    def _documents(self, dialect: Dialect) -> list[Any]:
        convert = readable if dialect.name == "sqlite" else _as_jsonb
        return [convert(each, dialect) for each in self.operands]


class _AtPath(_Json[T]):
    _traverse_internals = [*_Json._traverse_internals, ("keys", InternalTraversal.dp_string_list)]  # noqa: RUF012

    inherit_cache = True

    def __init__(self, value: Any, keys: tuple[str, ...]) -> None:
        super().__init__(value)
        self.keys = tuple([checked_key(key) for key in keys])

    def _sqlite_path(self) -> ColumnElement[Any]:
        return literal_column(keys_as_json(self.keys))

    def _postgresql_path(self) -> ColumnElement[Any]:
        return literal_column(f"ARRAY[{', '.join(map(key_literal, self.keys))}]" if self.keys else "'{}'")


class _JsonPath(_AtPath[Any]):
    inherit_cache = True
    name = "json_path"
    type = Document()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        return func.dlr_json_path(document, self._sqlite_path())

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        return _operation(document, "#>", self._postgresql_path()) if self.keys else document


class _JsonText(_AtPath[str]):
    inherit_cache = True
    name = "json_text"
    type = String()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        return func.dlr_json_text(document, self._sqlite_path())

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        return _operation(document, "#>>", self._postgresql_path())


class _JsonShown(_Json[str]):
    inherit_cache = True
    name = "json_shown"
    type = String()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_json_shown(*self._documents(dialect))

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        return cast(document, Text)


class _JsonContains(_Json[bool]):
    inherit_cache = True
    name = "json_contains"
    type = Boolean()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_json_contains(*self._documents(dialect))

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        container, part = self._documents(dialect)
        return _operation(container, "@>", part)


class _Having(_Json[bool]):
    """A question about keys, which are the second operand."""

    inherit_cache = True
    type = Boolean()
    sqlite_function: Any
    postgresql_operator: str

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        document, keys = self.operands
        said: ColumnElement[Any] = self.sqlite_function(readable(document, dialect), keys)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        document, keys = self.operands
        return _operation(_as_jsonb(document, dialect), self.postgresql_operator, keys)


class _JsonHasKey(_Having):
    inherit_cache = True
    name = "json_has_key"
    sqlite_function = func.dlr_json_has_key
    postgresql_operator = "?"


class _JsonHasKeys(_Having):
    inherit_cache = True
    name = "json_has_keys"
    sqlite_function = func.dlr_json_has_keys
    postgresql_operator = "?&"


class _JsonHasAnyKeys(_Having):
    inherit_cache = True
    name = "json_has_any_keys"
    sqlite_function = func.dlr_json_has_any_keys
    postgresql_operator = "?|"


class _JsonOrder(_Json[Any]):
    inherit_cache = True
    name = "json_order"

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_json_order(*self._documents(dialect))

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (document,) = self._documents(dialect)
        said: ColumnElement[Any] = document
        return said


def _joined(value: Any, keys: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """A path that goes on from another, as one path."""
    if not isinstance(value, _JsonPath):
        return value, keys
    (document,) = value.operands
    return document, (*value.keys, *keys)


def _whole_path(value: Any, keys: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """A path from what is at a path is one path."""
    return (value.operands[0], (*value.keys, *keys)) if isinstance(value, _JsonPath) else (value, keys)


def _document(value: Any) -> Any:
    if hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if isinstance(value, ColumnElement):
        return value
    return literal(JSON.NULL if value is None else value, Document())


def _keys(keys: Any) -> Any:
    return literal(list(keys), Keys()) if isinstance(keys, Sequence) else keys


def _as_jsonb(value: Any, dialect: Dialect) -> Any:
    stored = _stored(value, dialect)
    if isinstance(stored, JSONB):
        return value
    return cast(value, JSONB) if isinstance(stored, _JSON) else func.to_jsonb(value)


def readable(value: Any, dialect: Dialect) -> Any:
    """On SQLite a document as text, or what SQLite makes of a text that is a number."""
    stored = _stored(value, dialect)
    if isinstance(stored, _SQLITE_BINARY):
        return func.json(value)
    if isinstance(stored, Boolean):
        return case((value, text_literal("true")), (not_(value), text_literal("false")))
    if isinstance(stored, _JSON) or isinstance(value.type, Document):
        return value
    return case((value.is_not(None), func.json_quote(value)))  # It makes null of NULL.


def _stored(value: Any, dialect: Dialect) -> TypeEngine[Any]:
    """The type of the database that a value has."""
    stored: TypeEngine[Any] = value.type._unwrapped_dialect_impl(dialect)
    return stored


def _operation(left: Any, operator: str, right: Any) -> ColumnElement[Any]:
    operation: ColumnElement[Any] = left.op(operator)(right)
    return operation


def checked_key(key: str) -> str:
    """The key. Raises ValueError where no document has it."""
    if "\0" in key or any("\ud800" <= each <= "\udfff" for each in key):
        raise ValueError(f"{key!r} is no key of a document: it takes text of UTF-8 without NUL characters")
    return key


def key_literal(key: str) -> str:
    """A key in the SQL of PostgreSQL."""
    escaped = _escaped(key)
    return f"E'{escaped}'" if "\\" in escaped else f"'{escaped}'"


def keys_as_json(keys: Sequence[str]) -> str:
    """Keys in the SQL of SQLite, as a JSON array."""
    return "'[{}]'".format(",".join(f'"{_escaped(key)}"' for key in keys))


def _escaped(key: str) -> str:
    """A key with all that SQL, drivers or JSON may find a meaning in as escapes, which are those of both."""
    return "".join(each if each.isalnum() or each in " _-." else _escape(each) for each in key)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


_JSON: Final = (JSON, NullType)
"""What holds documents; other values become them."""


_SQLITE_BINARY: Final[tuple[type[Any], ...]] = (sqlite.JSONB,) if hasattr(sqlite, "JSONB") else ()


_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
