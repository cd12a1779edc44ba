"""Terms of an ordering that are computed."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, asc, desc

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.kinds import Builder, build_expression, read_expression, register_reader
from django_like_repos.language.sides import Side
from django_like_repos.query import Clause, Expression, F, Names, OrderBy, Subquery, is_queryset
from django_like_repos.query.shapes import Sort


class Sorted(NamedTuple):
    """A side, and the direction in which it orders."""

    side: Side
    descending: bool
    nulls: str | None


def read_sort(names: Names, term: Any) -> Clause:
    """A term within an expression: a name, ``-`` before it for descending, an ``OrderBy``, an expression."""
    if isinstance(term, str):
        name = term.removeprefix("-")
        term = OrderBy(F(name), descending=name != term)
    if not isinstance(term, OrderBy):
        term = OrderBy(term)
    expression = F(term.expression) if isinstance(term.expression, str) else term.expression
    if is_queryset(expression):
        expression = Subquery(expression)
    if not isinstance(expression, Expression):
        raise UnsupportedOperationError(f"{expression!r} is nothing to order by")
    value = read_expression(names, expression)
    nulls = "first" if term.nulls_first else "last" if term.nulls_last else None
    return value._replace(shape=Sort(value.shape, bool(term.descending), nulls))


def build_sort(builder: Builder, shape: Sort) -> Sorted:
    """The term of a shape that ``read_sort`` made."""
    return Sorted(build_expression(builder, shape.value), shape.descending, shape.nulls)


def sorted_by(term: Sorted, scope: Scope) -> ColumnElement[Any]:
    """The SQL of a term."""
    return in_direction(term.side.sql(scope), descending=term.descending, nulls=term.nulls)


def in_direction(value: Any, *, descending: bool, nulls: str | None) -> ColumnElement[Any]:
    """A value in a direction, its NULLs where they are wanted."""
    directed: Any = desc(value) if descending else asc(value)
    if nulls is not None:
        directed = directed.nulls_first() if nulls == "first" else directed.nulls_last()
    chosen: ColumnElement[Any] = directed
    return chosen


@register_reader(OrderBy)
def _read_order(names: Names, value: OrderBy) -> Clause:
    raise UnsupportedOperationError(f"{value!r} is the term of an ordering and no value")
