"""Text: its ends, and its hashes."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, String, func, literal_column
from sqlalchemy.sql.visitors import InternalTraversal

from django_like_repos.constructs.base import Construct, text_literal


def first_characters(text: Any, length: Any) -> ColumnElement[str]:
    """The first characters of a text."""
    return _First(text, length)


def last_characters(text: Any, length: Any) -> ColumnElement[str]:
    """The last characters of a text."""
    return _Last(text, length)


def sha(name: str, text: Any) -> ColumnElement[str]:
    """``sha1``, ``sha224``, … of a text in UTF-8, in hexadecimal digits."""
    return _Sha(name, text)


class _First(Construct[str]):
    inherit_cache = True
    name = "first_characters"
    type = String()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        text, length = self.operands
        said: ColumnElement[Any] = func.substr(text, literal_column("1"), length)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = func.left(*self.operands)
        return said


class _Last(Construct[str]):
    inherit_cache = True
    name = "last_characters"
    type = String()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        text, length = self.operands
        said: ColumnElement[Any] = func.substr(text, -length, length)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = func.right(*self.operands)
        return said


class _Sha(Construct[str]):
    _traverse_internals = [*Construct._traverse_internals, ("which", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "sha"
    type = String()

    def __init__(self, which: str, text: Any) -> None:
        super().__init__(text)
        self.which = which

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.which)(*self.operands)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (text,) = self.operands
        if self.which == "sha1":  # Only the extension pgcrypto has it.
            digest = func.digest(text, text_literal("sha1"))
        else:
            digest = getattr(func, self.which)(func.convert_to(text, text_literal("UTF8")))
        said: ColumnElement[Any] = func.encode(digest, text_literal("hex"))
        return said
