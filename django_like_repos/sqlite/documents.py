"""JSON as jsonb has it."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any, Final, TypeVar
from uuid import UUID

from django_like_repos.caching import cached
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


def _at(say: Callable[[Any], str | None], document: Any, path: str) -> str | None:
    found = jsonb.at(jsonb.parsed(document), _keys(path))
    return None if found is jsonb.MISSING else say(found)


def _has(which: Callable[[Iterable[bool]], bool], document: Any, keys: str) -> bool:
    whole = jsonb.parsed(document)
    return which(jsonb.has_key(whole, key) for key in _keys(keys))


_OF_DOCUMENTS: Final[dict[str, Callable[..., Any]]] = {
    "dlr_json_path": lambda document, path: _at(jsonb.canonical, document, path),
    "dlr_json_text": lambda document, path: _at(jsonb.text_of, document, path),
    "dlr_json_shown": lambda document: jsonb.shown(jsonb.parsed(document)),
    "dlr_json_contains": lambda document, part: jsonb.contains(jsonb.parsed(document), jsonb.parsed(part)),
    "dlr_json_has_key": lambda document, key: jsonb.has_key(jsonb.parsed(document), key),
    "dlr_json_has_keys": lambda document, keys: _has(all, document, keys),
    "dlr_json_has_any_keys": lambda document, keys: _has(any, document, keys),
    "dlr_json_order": lambda document: jsonb.order(jsonb.parsed(document)),
}

for _name, _given in _OF_DOCUMENTS.items():
    function(_name)(_of_document(_given))


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


@cached(512)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(json.loads(path))
