"""Lookups that compare with one value: equality and order."""

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import ColumnElement

from django_like_repos.constructs.comparison import alike
from django_like_repos.constructs.documents import json_compare
from django_like_repos.language.lookups.base import Lookup, register_lookup
from django_like_repos.language.operands import Target
from django_like_repos.mapping.python import for_python
from django_like_repos.query import Clause, grouped
from django_like_repos.query.conditions import AND
from django_like_repos.query.shapes import NEVER
from django_like_repos.values import Beyond
from django_like_repos.values.document import Document
from django_like_repos.values.numbers import integer


class Comparison(Lookup):
    """A lookup that is one of SQL's comparison operators."""

    operator: ClassVar[Callable[[Any, Any], Any]]

    def between(self, floor: int) -> Any:
        return Beyond(floor)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        if isinstance(getattr(right, "type", None), Document) and not isinstance(left.type, Document):
            return json_compare(left, type(self).operator, right)
        left, right = alike(left, for_python(left, right))
        condition: ColumnElement[bool] = type(self).operator(left, right)
        return condition


@register_lookup
class Exact(Comparison):
    name = "exact"
    also = ("eq",)
    operator = operator.eq

    def read_composite(self, target: Target, value: Any) -> Clause:
        assert target.path.composite is not None
        values = target.path.composite.values_of(value)
        if values is None or None not in values or set(values) == {None}:
            return super().read_composite(target, value)
        # One of the columns is NULL, which nothing equals.
        return grouped(AND, False, [target.component(number, each) for number, each in enumerate(values)])

    def read_none(self, target: Target) -> Clause:
        return target.null(True)


@register_lookup
class NotEqual(Comparison):
    """SQL's ``!=``, which NULL fails as it fails ``=``; ``exclude()`` keeps rows that are NULL."""

    name = "ne"
    operator = operator.ne

    def read_none(self, target: Target) -> Clause:
        return target.null(False)

    def read_beyond(self, target: Target, side: int) -> Clause:
        return target.null(False)


class _Greater(Comparison):
    def read_beyond(self, target: Target, side: int) -> Clause:
        return Clause(NEVER) if side > 0 else target.null(False)


class _Less(Comparison):
    def read_beyond(self, target: Target, side: int) -> Clause:
        return Clause(NEVER) if side < 0 else target.null(False)


@register_lookup
class GreaterThan(_Greater):
    name = "gt"
    operator = operator.gt

    def between(self, floor: int) -> Any:
        return integer(floor)


@register_lookup
class GreaterThanOrEqual(_Greater):
    name = "gte"
    also = ("ge",)
    operator = operator.ge

    def between(self, floor: int) -> Any:
        return integer(floor + 1)


@register_lookup
class LessThan(_Less):
    name = "lt"
    operator = operator.lt

    def between(self, floor: int) -> Any:
        return integer(floor + 1)


@register_lookup
class LessThanOrEqual(_Less):
    name = "lte"
    also = ("le",)
    operator = operator.le

    def between(self, floor: int) -> Any:
        return integer(floor)
