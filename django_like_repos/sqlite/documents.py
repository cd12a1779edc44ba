"""JSON as jsonb has it."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any, Final, TypeVar
from uuid import UUID

from django_like_repos.sqlite.registry import function
from django_like_repos.values import jsonb

T = TypeVar("T")


def _of_document(function: Callable[..., T]) -> Callable[..., T | None]:
    """NULL for NULL; and for a text that is no document, so that one such row spoils no query."""

    @wraps(function)
    def read(*arguments: Any) -> T | None:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (ValueError, ArithmeticError, RecursionError):
            return None

    return read


@function("dlr_json_path")
@_of_document
def _json_path(document: Any, path: str) -> str | None:
    found = jsonb.at(jsonb.parsed(document), _keys(path))
    return None if found is jsonb.MISSING else jsonb.canonical(found)


@function("dlr_json_text")
@_of_document
def _json_text(document: Any, path: str) -> str | None:
    found = jsonb.at(jsonb.parsed(document), _keys(path))
    return None if found is jsonb.MISSING else jsonb.text_of(found)


@function("dlr_json_shown")
@_of_document
def _json_shown(document: Any) -> str:
    return jsonb.shown(jsonb.parsed(document))


@function("dlr_json_contains")
@_of_document
def _json_contains(document: Any, part: Any) -> bool:
    return jsonb.contains(jsonb.parsed(document), jsonb.parsed(part))


@function("dlr_json_has_key")
@_of_document
def _json_has_key(document: Any, key: str) -> bool:
    return jsonb.has_key(jsonb.parsed(document), key)


@function("dlr_json_has_keys")
@_of_document
def _json_has_keys(document: Any, keys: str) -> bool:
    whole = jsonb.parsed(document)
    return all(jsonb.has_key(whole, key) for key in _keys(keys))


@function("dlr_json_has_any_keys")
@_of_document
def _json_has_any_keys(document: Any, keys: str) -> bool:
    whole = jsonb.parsed(document)
    return any(jsonb.has_key(whole, key) for key in _keys(keys))


@function("dlr_json_order")
@_of_document
def _json_order(document: Any) -> bytes:
    return jsonb.order(jsonb.parsed(document))


@function("dlr_json_object")
def _json_object(keys: str, kinds: str, *values: Any) -> str:
    return jsonb.canonical(dict(zip(_keys(keys), map(_document, kinds, values), strict=True)))


@function("dlr_json_array")
def _json_array(kinds: str, *values: Any) -> str:
    return jsonb.canonical([*map(_document, kinds, values)])


def _document(kind: str, value: Any) -> Any:
    """A stored value as PostgreSQL's ``to_jsonb()`` has it."""
    return None if value is None else _DOCUMENTS[kind](value)


def _plain(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return Decimal(repr(value))
    return _bytes(value) if isinstance(value, bytes) else value


def _bytes(value: bytes | str) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


def _moment(value: str) -> str:
    return _whole(value.replace(" ", "T"))


def _whole(value: str) -> str:
    """Without the zeros at the end of a fraction."""
    return value.rstrip("0").rstrip(".") if "." in value else value


def _span(value: str) -> str:
    """As PostgreSQL says the days and the time that a timedelta has, which is never negative."""
    days, clock = (datetime.fromisoformat(value) - _EPOCH).days, _whole(value[11:])
    if not days:
        return clock
    said = "1 day" if days == 1 else f"{days} days"
    if clock == "00:00:00":
        return said
    return f"{said} {'+' if days < 0 else ''}{clock}"


_EPOCH: Final = datetime(1970, 1, 1)
_DOCUMENTS: Final[dict[str, Callable[[Any], Any]]] = {
    "p": _plain,
    "j": jsonb.parsed,
    "b": bool,
    "m": _moment,
    "a": lambda value: f"{_moment(value)}+00:00",
    "t": _whole,
    "s": _span,
    "u": lambda value: str(UUID(value)),
    "x": _bytes,
}


@lru_cache(maxsize=512)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(json.loads(path))
