"""Lookups on text: LIKE with and without wildcards of the user's own, with and without regard to case."""

from typing import Any, ClassVar, Final

from sqlalchemy import BindParameter, ColumnElement, cast, func, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractRange

from django_like_repos.constructs.documents import json_shown, json_text
from django_like_repos.constructs.patterns import is_unfinished, unread_by_python, unread_regex
from django_like_repos.constructs.text import ilike, imatches, matches, uuid_digits, uuid_text
from django_like_repos.language.lookups.base import Lookup, register_lookup
from django_like_repos.language.operands import Target
from django_like_repos.query import Clause, Value
from django_like_repos.values import Refused
from django_like_repos.values.document import Document

ESCAPE: Final = "/"
_BINARY: Final = (types.LargeBinary, types.BINARY, types.VARBINARY)
_CONTAINERS: Final = (types.ARRAY, postgresql.HSTORE, AbstractRange)
"""What contains something else than a text."""
_TEXT: Final = types.String()


class _Text(Lookup):
    """Compares the text of a field, whatever its type."""

    compares = False
    of_relations = False
    takes = types.String()

    def read(self, target: Target, value: Any) -> Clause:
        if len(target.path.types) != 1:
            target.refuse("a path to one column", value)
        if type(value) is Value and isinstance(value.value, str):
            value = value.value
        if value is not None and isinstance(target.path.types[0], _BINARY):
            target.refuse("a path to what has a text, as bytes have not,", value)
        return super().read(target, value)


class _Hyphenless(_Text):
    """Of a UUID the digits count: it is found with and without hyphens, as one may have them."""

    def _prepared(self, target: Target, value: Any) -> Any:
        of_uuid = isinstance(target.path.types[0], types.Uuid)
        return super()._prepared(target, value.replace("-", "") if of_uuid else value)

    def sides(self, left: ColumnElement[Any], right: Any) -> tuple[Any, Any]:
        """The text of both."""
        say = _digits if isinstance(left.type, types.Uuid) else as_text
        return say(left), right if isinstance(right, BindParameter) else say(right)


@register_lookup
class IExact(_Hyphenless):
    name = "iexact"

    def read_none(self, target: Target) -> Clause:
        return target.null(True)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        text, wanted = self.sides(left, right)
        return func.lower(text) == func.lower(wanted)


class _Regex(_Text):
    """A regular expression: PostgreSQL's, or on SQLite Python's."""

    def prepare(self, value: Any) -> Any:
        wanted = unread_by_python(value)
        if wanted is not None:
            raise Refused(wanted)
        return value

    def portable(self, value: Any) -> str | None:
        return unread_regex(value) if isinstance(value, str) else None


@register_lookup
class Regex(_Regex):
    name = "regex"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return matches(as_text(left), _pattern_of(right))


@register_lookup
class IRegex(_Regex):
    name = "iregex"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return imatches(as_text(left), _pattern_of(right))


class _Like(_Text):
    """A pattern of the user's own, whose last character does not escape what is not there."""

    def prepare(self, value: Any) -> Any:
        if is_unfinished(value):
            raise Refused(
                "a pattern that does not end with a single backslash, which contains or endswith find,"
            )
        return value


@register_lookup
class Like(_Like):
    """SQL's ``LIKE`` with a pattern of the user's own: ``%`` and ``_`` in it are wildcards."""

    name = "like"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return as_text(left).like(right)


@register_lookup
class ILike(_Like):
    name = "ilike"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return ilike(as_text(left), right)


class _Pattern(_Hyphenless):
    """``LIKE`` with a text that is found as it is: its wildcards are escaped."""

    template: ClassVar[str]
    folds_case: ClassVar[bool] = False

    def prepare(self, value: Any) -> Any:
        return self.template.format(_escaped(value))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        text, wanted = self.sides(left, right)
        wanted = wanted if isinstance(wanted, BindParameter) else self._computed(wanted)
        return ilike(text, wanted, ESCAPE) if self.folds_case else text.like(wanted, escape=ESCAPE)

    def _computed(self, text: Any) -> Any:
        for character in (ESCAPE, "%", "_"):
            text = func.replace(text, character, ESCAPE + character, type_=_TEXT)
        before, after = self.template.split("{}")
        if before:
            text = before + text
        return text + after if after else text


@register_lookup
class Contains(_Pattern):
    name = "contains"
    template = "%{}%"

    def read(self, target: Target, value: Any) -> Clause:
        if isinstance(target.path.types[0], _CONTAINERS):
            way = "importing django_like_repos.contrib.postgres brings that of arrays and ranges"
            target.refuse("a path to text", value, way)
        return super().read(target, value)


@register_lookup
class IContains(_Pattern):
    name = "icontains"
    template = "%{}%"
    folds_case = True


@register_lookup
class StartsWith(_Pattern):
    name = "startswith"
    template = "{}%"


@register_lookup
class IStartsWith(_Pattern):
    name = "istartswith"
    template = "{}%"
    folds_case = True


@register_lookup
class EndsWith(_Pattern):
    name = "endswith"
    template = "%{}"


@register_lookup
class IEndsWith(_Pattern):
    name = "iendswith"
    template = "%{}"
    folds_case = True


def _pattern_of(right: Any) -> Any:
    return right if isinstance(right, BindParameter) else as_text(right)


def _digits(value: Any) -> Any:
    if isinstance(value.type, types.Uuid):
        return uuid_digits(value)
    return func.replace(as_text(value), "-", "", type_=_TEXT)


def _escaped(text: str) -> str:
    for character in (ESCAPE, "%", "_"):
        text = text.replace(character, ESCAPE + character)
    return text


def as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text of what a column holds, whatever its type."""
    if isinstance(column.type, Document):
        return json_text(column, ())
    if isinstance(column.type, types.JSON):
        return json_shown(column)
    if isinstance(column.type, types.Uuid):
        return uuid_text(column)
    if isinstance(column.type, types.String) and not isinstance(column.type, types.Enum):
        return column
    return cast(column, _TEXT)
