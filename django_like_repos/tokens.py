"""Tokens: a place in the order of a query as a text that a client may hold, and cannot make or change.

Which query it is of is part of the signature, and not of the text.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple
from uuid import UUID

from django_like_repos.errors import InvalidCursorError, UnsupportedOperationError

LONGEST: Final = 4096
"""Characters of a token: more has no place in a URL."""
SHORTEST_SECRET: Final = 16

_FORMAT: Final = "django_like_repos cursor 1"
_itsdangerous: Final[Any] = import_module("itsdangerous") if find_spec("itsdangerous") else None


class Place(NamedTuple):
    """Where a row stands in an order."""

    values: tuple[Any, ...]
    """What the row is ordered by, as the driver has it."""
    inclusive: bool = False
    """Whether what is asked for begins with this row, and not with the next."""
    shortened: bool = False
    """Whether only the last values are there, by which the row is found."""


class Signer:
    """Makes tokens, and reads those that it has made.

    ``secret``: text or bytes, or several of them, the newest last: that one signs, all are taken. Raises
    UnsupportedOperationError for one that is too short, and where itsdangerous is not installed.
    """

    __slots__ = ("_secrets",)

    def __init__(self, secret: str | bytes | Iterable[str | bytes]) -> None:
        if _itsdangerous is None:
            raise UnsupportedOperationError(
                "cursors are signed by itsdangerous: pip install 'django-like-repos[cursors]'"
            )
        single = isinstance(secret, (str, bytes)) or not isinstance(secret, Iterable)
        secrets: list[Any] = [secret] if single else [*secret]
        self._secrets: list[bytes] = []
        for each in secrets:
            if not isinstance(each, (str, bytes)):
                raise UnsupportedOperationError(f"a secret is text or bytes, not of {type(each).__name__}")
            self._secrets.append(each.encode() if isinstance(each, str) else each)
        if not self._secrets or any(len(each) < SHORTEST_SECRET for each in self._secrets):
            raise UnsupportedOperationError(
                f"a secret has at least {SHORTEST_SECRET} bytes: python -c 'import secrets; "
                "print(secrets.token_urlsafe())' makes one"
            )

    def __repr__(self) -> str:
        return "Signer(…)"

    def sign(self, place: Place, query: bytes, enough: int = 0) -> str:
        """The token of a place in a query, which is known by its fingerprint.

        Where all values are too long, only the last ``enough`` are in it, if that says how many tell the row
        from others. Raises UnsupportedOperationError for a value that has no place in one.
        """
        values = [*map(_written, place.values)]
        token: str = self._serializer(query).dumps([place.inclusive, *values])
        if len(token) > LONGEST and 0 < enough < len(values):
            token = self._serializer(query).dumps([[place.inclusive], *values[-enough:]])
        if len(token) > LONGEST:
            raise UnsupportedOperationError(
                f"what these rows are ordered by makes a cursor of {len(token)} characters, and {LONGEST} "
                "are the most: order by something shorter, such as Left(…) of the text"
            )
        return token

    def read(self, token: object, query: bytes, max_age: float | None = None) -> Place:
        """The place in a query that a token is of. Raises InvalidCursorError."""
        if not isinstance(token, str) or not token.isascii() or not 0 < len(token) <= LONGEST:
            raise InvalidCursorError("this is no cursor")
        try:
            inclusive, *values = self._serializer(query).loads(token, max_age=max_age)
        except _itsdangerous.SignatureExpired:
            raise InvalidCursorError("this cursor is too old: begin again") from None
        except _itsdangerous.BadData:
            raise InvalidCursorError(
                "this cursor is not of this query: it was changed, or made for other filters, another order "
                "or with another secret"
            ) from None
        if isinstance(inclusive, list):
            return Place(tuple(map(_read, values)), inclusive[0], shortened=True)
        return Place(tuple(map(_read, values)), inclusive)

    def _serializer(self, query: bytes) -> Any:
        return _itsdangerous.URLSafeTimedSerializer(
            self._secrets,
            salt=_FORMAT.encode() + query,
            signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
        )


def fingerprint(text: str, values: Mapping[str, Any]) -> bytes:
    """What tells a query from others: its SQL and its values, the same in each process.

    Lists are taken as sets: those that were made of sets have another order in each process.
    """
    said = [text, *[[name, _of_value(value)] for name, value in sorted(values.items())]]
    return sha256(json.dumps(said).encode()).digest()


def _of_value(value: Any) -> Any:
    told = _told(value)
    return [told[0], *sorted(told[1:], key=json.dumps)] if isinstance(value, (list, tuple)) else told


def _of_span(value: timedelta) -> str:
    return f"{value.days} {value.seconds} {value.microseconds}"


def _span(text: str) -> timedelta:
    days, seconds, microseconds = map(int, text.split())
    return timedelta(days, seconds, microseconds)


def _of_bytes(value: bytes) -> str:
    return b64encode(value).decode()


_PLAIN: Final = (str, int, bool, type(None))
_TAGS: Final[dict[type[Any], tuple[str, Callable[[Any], str], Callable[[str], Any]]]] = {
    float: ("f", repr, float),
    Decimal: ("n", str, Decimal),
    datetime: ("m", datetime.isoformat, datetime.fromisoformat),
    date: ("d", date.isoformat, date.fromisoformat),
    time: ("t", time.isoformat, time.fromisoformat),
    timedelta: ("s", _of_span, _span),
    UUID: ("u", str, UUID),
    bytes: ("b", _of_bytes, b64decode),
}
_READERS: Final = {tag: read for tag, _, read in _TAGS.values()}
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")


def _tagged(value: Any) -> list[str] | None:
    for kind in type(value).__mro__:
        if kind in _TAGS:
            tag, write, _ = _TAGS[kind]
            return [tag, write(value)]
    return None


def _written(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    tagged = _tagged(value)
    if tagged is None:
        raise UnsupportedOperationError(
            f"a cursor holds no {type(value).__name__}: order by texts, numbers, dates, times, UUIDs or bytes"
        )
    return tagged


def _read(written: Any) -> Any:
    if not isinstance(written, list):
        return written
    tag, text = written
    return _READERS[tag](text)


def _told(value: Any) -> Any:
    """A value of a query as JSON, whatever it is: it is not read again."""
    if isinstance(value, Enum):
        return ["e", type(value).__qualname__, value.name]
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return ["map", sorted([[str(key), _told(each)] for key, each in value.items()], key=json.dumps)]
    if isinstance(value, (list, tuple)):
        return ["list", *map(_told, value)]
    if isinstance(value, (set, frozenset)):
        return ["set", *sorted(map(_told, value), key=json.dumps)]
    tagged = _tagged(value)
    if tagged is not None:
        return tagged
    told = repr(value)
    if _ADDRESS.search(told):
        raise UnsupportedOperationError(
            f"a cursor is bound to the values of its query, and the repr() of {type(value).__name__} does "
            "not tell one from another: give it a __repr__() that does"
        )
    return [type(value).__qualname__, told]
