"""Regular expressions: PostgreSQL's own, and on SQLite Python's."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, func

from django_like_repos.builder.constructs.base import Construct


def matches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """Whether a regular expression finds something in a text."""
    return _Matches(text, pattern)


def imatches(text: Any, pattern: Any) -> ColumnElement[bool]:
    """The same, whatever the case."""
    return _IMatches(text, pattern)


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
