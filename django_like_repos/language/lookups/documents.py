"""Lookups on JSON: comparison of documents, containment and keys."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Select, and_, select, types

from django_like_repos.constructs.documents import (
    Keys,
    is_json_path,
    json_compare,
    json_contains,
    json_document,
    json_has_any_keys,
    json_has_key,
    json_has_keys,
)
from django_like_repos.language.kinds import is_expression
from django_like_repos.language.lookups import comparison, membership
from django_like_repos.language.lookups.base import Lookup, register_lookup
from django_like_repos.language.lookups.text import as_text
from django_like_repos.language.operands import Mixed, Target
from django_like_repos.query import Clause, grouped
from django_like_repos.query.conditions import AND, OR, Connector
from django_like_repos.query.shapes import NULL
from django_like_repos.values import Refused, coercion_of

_TEXT: Final = types.String()


class _Compared(comparison.Comparison):
    """A comparison of documents; None is JSON's null, which is a value like others."""

    def read(self, target: Target, value: Any) -> Clause:
        if value is None:
            return target.atom(Clause(NULL))
        return target.atom(target.operand(value))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_compare(left, type(self).operator, right)


class _Ordered(_Compared):
    def read(self, target: Target, value: Any) -> Clause:
        return self.read_none(target) if value is None else super().read(target, value)


_COMPARED: Final[dict[type[Lookup], type[Lookup]]] = {
    comparison.Exact: _Compared,
    comparison.NotEqual: _Compared,
    comparison.GreaterThan: _Ordered,
    comparison.GreaterThanOrEqual: _Ordered,
    comparison.LessThan: _Ordered,
    comparison.LessThanOrEqual: _Ordered,
}

for _lookup, _kind in _COMPARED.items():
    register_lookup(type(f"Document{_lookup.__name__}", (_kind, _lookup), {}), of=types.JSON)


@register_lookup(of=types.JSON)
class DocumentRange(membership.Range):
    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        low, high = right
        return and_(json_compare(left, ">=", low), json_compare(left, "<=", high))


@register_lookup(of=types.JSON)
class DocumentIn(membership.In):
    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return super().sql(json_document(left), _documents(right))


@register_lookup(of=types.JSON)
class DocumentNotIn(membership.NotIn):
    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return super().sql(json_document(left), _documents(right))


def _documents(right: Any) -> Any:
    """What is compared, in the form in which equal documents are equal."""
    if isinstance(right, Select):
        (column,) = right.subquery().columns
        return select(json_document(column))
    if isinstance(right, Mixed):
        return Mixed([json_document(each) for each in right.computed], right.rest)
    return right


class _Keyed(Lookup):
    compares = False
    of_relations = False


@register_lookup(of=types.JSON)
class Contains(_Keyed):
    """Whether a document has another in it: PostgreSQL's ``@>``."""

    name = "contains"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_contains(left, right)


@register_lookup(of=types.JSON)
class ContainedBy(Contains):
    name = "contained_by"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_contains(right, left)


@register_lookup(of=types.JSON)
class HasKey(_Keyed):
    name = "has_key"
    takes = types.String()

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_has_key(left, right if is_json_path(right) else as_text(right))


@register_lookup(of=types.JSON)
class HasKeys(_Keyed):
    name = "has_keys"
    takes = Keys()
    connector: ClassVar[Connector] = AND

    def read(self, target: Target, value: Any) -> Clause:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            target.refuse("a list of keys", value)
        keys = [each if is_expression(each) else _key(target, each) for each in value]
        if not any(map(is_expression, keys)):
            return super().read(target, keys)
        each_key = Target(target.path, HasKey.name, target.written, _TEXT)
        return grouped(self.connector, False, [each_key.atom(each_key.operand(key)) for key in keys])

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_has_keys(left, right)


@register_lookup(of=types.JSON)
class HasAnyKeys(HasKeys):
    name = "has_any_keys"
    connector = OR

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return json_has_any_keys(left, right)


def _key(target: Target, value: Any) -> str:
    try:
        key: str = coercion_of(_TEXT)(value)
    except Refused as refused:
        target.refuse(str(refused), value)
    return key
