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
from sqlalchemy.types import NullType, TypeEngine

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, infix, itself, text_literal
from django_like_repos.values.document import DOCUMENT, Document


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
    return _at("json_path", value, keys)


def json_text(value: Any, keys: tuple[str, ...]) -> ColumnElement[str]:
    """The text of what is at a path: a string without quotes, NULL for null, else its JSON."""
    return _at("json_text", value, keys)


def json_shown(value: Any) -> ColumnElement[str]:
    """The text of a document as jsonb shows it, a string in its quotes."""
    return _Json("json_shown", value)


def json_contains(container: Any, part: Any) -> ColumnElement[bool]:
    """Whether a document contains another (``@>``)."""
    return _Json("json_contains", container, _document(part))


def json_has_key(value: Any, key: Any) -> ColumnElement[bool]:
    """Whether an object has a key, or an array a string (``?``). ``key`` is text, or an expression of it.

    A path into a document means its keys: whether ``value`` has something at such a path.
    """
    if is_json_path(key):
        *before, key = key.details["keys"]
        value = json_path(value, tuple(before)) if before else value
    return _JsonAndKeys("json_has_key", value, literal(key, String()) if isinstance(key, str) else key)


def is_json_path(value: Any) -> bool:
    """Whether it is what ``json_path()`` gave of at least one key."""
    return isinstance(value, _Json) and value.word == "json_path" and bool(value.details["keys"])


def json_has_keys(value: Any, keys: Any) -> ColumnElement[bool]:
    """Whether it has all keys (``?&``): a list, or a bind parameter of the type ``Keys``."""
    return _JsonAndKeys("json_has_keys", value, _keys(keys))


def json_has_any_keys(value: Any, keys: Any) -> ColumnElement[bool]:
    """Whether it has one of the keys (``?|``): a list, or a bind parameter of the type ``Keys``."""
    return _JsonAndKeys("json_has_any_keys", value, _keys(keys))


def json_compare(left: Any, operator: str | Callable[[Any, Any], Any], right: Any) -> ColumnElement[bool]:
    """Compares documents: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or Python's function for one."""
    compare = _OPERATORS[operator] if isinstance(operator, str) else operator
    side = json_document if compare in (operators.eq, operators.ne) else json_order
    condition: ColumnElement[bool] = compare(side(left), side(right))
    return condition


def json_document(value: Any) -> ColumnElement[Any]:
    """A document in the form in which equal ones are equal: jsonb, or canonical text."""
    value = _document(value)
    return value if isinstance(value.type, Document) else json_path(value, ())


def json_order(value: Any) -> ColumnElement[Any]:
    """What sorts, and compares with its like, as jsonb does."""
    return _Json("json_order", _document(value))


class _Json(Differing):
    """Of documents."""

    inherit_cache = True

    def operands_on(self, dialect: Dialect) -> list[Any]:
        return [_read(each, dialect) for each in self.operands]


class _JsonAndKeys(_Json):
    """Of a document, and of keys."""

    inherit_cache = True

    def operands_on(self, dialect: Dialect) -> list[Any]:
        document, keys = self.operands
        return [_read(document, dialect), keys]


def _at(word: str, value: Any, keys: tuple[str, ...]) -> _Json:
    """What is at a path. One that goes on from another is one path."""
    if isinstance(value, _Json) and value.word == "json_path":
        (value,), keys = value.operands, (*value.details["keys"], *keys)
    return _Json(word, value, keys=tuple([checked_key(key) for key in keys]))


def _document(value: Any) -> Any:
    if hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if isinstance(value, ColumnElement):
        return value
    return literal(JSON.NULL if value is None else value, DOCUMENT)


def _keys(keys: Any) -> Any:
    return literal(list(keys), Keys()) if isinstance(keys, Sequence) else keys


def _read(value: Any, dialect: Dialect) -> Any:
    return readable(value, dialect) if dialect.name == "sqlite" else _as_jsonb(value, dialect)


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


def _path_on_sqlite(keys: tuple[str, ...]) -> Any:
    return literal_column(keys_as_json(keys))


def _path_on_postgresql(keys: tuple[str, ...]) -> Any:
    return literal_column(f"ARRAY[{', '.join(map(key_literal, keys))}]" if keys else "'{}'")


def _at_on_postgresql(document: Any, keys: tuple[str, ...]) -> Any:
    return document.op("#>")(_path_on_postgresql(keys)) if keys else document


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
_TEXT: Final = String()
_BOOLEAN: Final = Boolean()

DIFFERENCES.update(
    {
        "json_path": Difference(
            DOCUMENT,
            lambda document, keys: func.dlr_json_path(document, _path_on_sqlite(keys)),
            _at_on_postgresql,
        ),
        "json_text": Difference(
            _TEXT,
            lambda document, keys: func.dlr_json_text(document, _path_on_sqlite(keys)),
            lambda document, keys: document.op("#>>")(_path_on_postgresql(keys)),
        ),
        "json_shown": Difference(_TEXT, func.dlr_json_shown, lambda document: cast(document, Text)),
        "json_contains": Difference(_BOOLEAN, func.dlr_json_contains, infix("@>")),
        "json_has_key": Difference(_BOOLEAN, func.dlr_json_has_key, infix("?")),
        "json_has_keys": Difference(_BOOLEAN, func.dlr_json_has_keys, infix("?&")),
        "json_has_any_keys": Difference(_BOOLEAN, func.dlr_json_has_any_keys, infix("?|")),
        "json_order": Difference(NullType(), func.dlr_json_order, itself),
    }
)
