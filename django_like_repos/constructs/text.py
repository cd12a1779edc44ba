"""Text: regular expressions, PostgreSQL's own and on SQLite Python's, and the text of UUIDs."""

from functools import reduce
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Dialect, String, cast, func, type_coerce

from django_like_repos.constructs.base import Construct


def matches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """Whether a regular expression finds something in a text."""
    return _Matches(text, pattern)


def imatches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """The same, whatever the case."""
    return _IMatches(text, pattern)


def uuid_text(value: Any) -> ColumnElement[str]:
    """The text of a UUID, with its dashes also where the database keeps it without."""
    return _UuidText(value)


class _UuidText(Construct[str]):
    inherit_cache = True
    name = "uuid_text"
    type = String()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        digits = type_coerce(value, String())
        parts = [func.substr(digits, start, length) for start, length in _GROUPS]
        return reduce(lambda text, part: text.concat("-").concat(part), parts)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        return cast(value, String()) if value.type.native_uuid else self.sqlite(dialect)


_GROUPS: Final = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


class _Matches(Construct[bool]):
    inherit_cache = True
    name = "matches"
    type = Boolean()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        text, pattern = self.operands
        said: ColumnElement[Any] = text.op("REGEXP")(pattern)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        text, pattern = self.operands
        said: ColumnElement[Any] = text.op("~")(pattern)
        return said


class _IMatches(Construct[bool]):
    inherit_cache = True
    name = "imatches"
    type = Boolean()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        text, pattern = self.operands
        said: ColumnElement[Any] = func.dlr_iregexp(pattern, text)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        text, pattern = self.operands
        said: ColumnElement[Any] = text.op("~*")(pattern)
        return said
