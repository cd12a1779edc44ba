"""Arrays made of a query's rows and of single values."""

from typing import Any

from sqlalchemy.dialects import postgresql

from django_like_repos.contrib.postgres.aggregates import array_of, list_type
from django_like_repos.contrib.postgres.only import PostgresOnly, function
from django_like_repos.language.kinds import (
    canonical,
    read_expression,
    register_reader,
)
from django_like_repos.language.meanings import means
from django_like_repos.query import Clause, Func, Names, Subquery
from django_like_repos.query.shapes import Call


class ArraySubquery(Subquery):
    """The one value of each of a queryset's rows, as a list (``django.contrib.postgres.expressions``).

    Of no rows it is an empty list. Raises TypeError for what is no queryset.
    """

    __slots__ = ()


class ArrayOf(Func):
    """Values as an array; ``output_field`` is its type."""


class _Rows(Func):
    """The rows of a query as an array."""


@register_reader(ArraySubquery)
def _read(names: Names, value: ArraySubquery) -> Clause:
    rows = Subquery.__new__(Subquery)
    rows.query, rows.output_field = value.query, None
    read = read_expression(names, rows)
    return read._replace(shape=Call(_Rows, (), (read.shape,), canonical(value.output_field)))


@means(_Rows, gives=list_type)
def _rows(call: Call, rows: Any) -> Any:
    return function("ArraySubquery()", "array", rows, type_=call.type or array_of(rows.type))


@means(ArrayOf)
def _array(call: Call, *values: Any) -> Any:
    assert call.type is not None
    return PostgresOnly("an array", postgresql.array(values, type_=call.type.item_type))
