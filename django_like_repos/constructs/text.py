"""Text: its characters and its ends, its hashes, and the text of UUIDs.

Regular expressions are PostgreSQL's own, and on SQLite Python's.
"""

from functools import reduce
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Integer, String, cast, func, literal_column, type_coerce
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import CollationClause

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, infix, text_literal
from django_like_repos.constructs.folding import Folding


def matches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """Whether a regular expression finds something in a text."""
    return Differing("matches", text, pattern)


def imatches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """The same, whatever the case."""
    return Differing("imatches", text, pattern)


def ilike(text: Any, pattern: Any, escape: str | None = None) -> ColumnElement[bool]:
    """LIKE whatever the case, under a collation too: PostgreSQL has ILIKE of deterministic ones only."""
    if any(map(_has_collation, (text, pattern))):
        found: ColumnElement[bool] = func.upper(text).like(func.upper(pattern), escape=escape)
        return found
    return Folding.of(text.ilike(pattern, escape=escape))


def _has_collation(value: Any) -> bool:
    if hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    return any(
        isinstance(part, CollationClause) or getattr(getattr(part, "type", None), "collation", None)
        for part in visitors.iterate(value)
    )


def uuid_text(value: Any) -> ColumnElement[str]:
    """The text of a UUID, with its dashes also where the database keeps it without."""
    return Differing("uuid_text", value)


def uuid_digits(value: Any) -> ColumnElement[str]:
    """The digits of a UUID, without dashes also where the database shows it with them."""
    return Differing("uuid_digits", value)


def character(point: Any) -> ColumnElement[str]:
    """The character of a code point."""
    return Differing("character", point)


def code_point(text: Any) -> ColumnElement[int]:
    """The code point of the first character of a text."""
    return Differing("code_point", text)


def position(text: Any, part: Any) -> ColumnElement[int]:
    """Where a text first stands in another, from 1; 0 where it does not."""
    return Differing("position", text, part)


def first_characters(text: Any, length: Any) -> ColumnElement[str]:
    """The first characters of a text."""
    return Differing("first_characters", text, length)


def last_characters(text: Any, length: Any) -> ColumnElement[str]:
    """The last characters of a text."""
    return Differing("last_characters", text, length)


def sha(name: str, text: Any) -> ColumnElement[str]:
    """``sha1``, ``sha224``, … of a text in UTF-8, in hexadecimal digits."""
    return Differing("sha", text, function=name)


def _dashed(value: Any) -> Any:
    digits = _digits(value)
    parts: list[Any] = [func.substr(digits, start, length) for start, length in _GROUPS]
    return reduce(lambda text, part: text.concat("-").concat(part), parts)


def _uuid_on_postgresql(value: Any) -> Any:
    return cast(value, String()) if value.type.native_uuid else _dashed(value)


def _digits(value: Any) -> Any:
    return type_coerce(value, String())


def _digits_on_postgresql(value: Any) -> Any:
    if not value.type.native_uuid:
        return _digits(value)
    return func.replace(cast(value, String()), text_literal("-"), text_literal(""), type_=_TEXT)


def _sha_on_postgresql(text: Any, function: str) -> Any:
    if function == "sha1":  # Only the extension pgcrypto has it.
        digest = func.digest(text, text_literal("sha1"))
    else:
        digest = getattr(func, function)(func.convert_to(text, text_literal("UTF8")))
    return func.encode(digest, text_literal("hex"))


_GROUPS: Final = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
_ONE: Final[Any] = literal_column("1")
_INTEGER: Final = Integer()
_TEXT: Final = String()
_BOOLEAN: Final = Boolean()

DIFFERENCES.update(
    {
        "matches": Difference(_BOOLEAN, infix("REGEXP"), infix("~")),
        "imatches": Difference(_BOOLEAN, lambda text, pattern: func.dlr_iregexp(pattern, text), infix("~*")),
        "uuid_text": Difference(_TEXT, _dashed, _uuid_on_postgresql),
        "uuid_digits": Difference(_TEXT, _digits, _digits_on_postgresql),
        "character": Difference(_TEXT, func.char, func.chr, "named"),
        "code_point": Difference(_INTEGER, func.unicode, func.ascii, "named"),
        "position": Difference(_INTEGER, func.instr, func.strpos, "named"),
        "first_characters": Difference(
            _TEXT, lambda text, length: func.substr(text, _ONE, length), func.left
        ),
        "last_characters": Difference(
            _TEXT, lambda text, length: func.substr(text, -length, length), func.right
        ),
        "sha": Difference(_TEXT, lambda text, function: getattr(func, function)(text), _sha_on_postgresql),
    }
)
