"""Arithmetic: operators between two expressions."""

from collections.abc import Callable, Hashable
from enum import Enum
from typing import Any, Final

from sqlalchemy import cast as cast_of
from sqlalchemy import func, types

from django_like_repos.caching import cached
from django_like_repos.constructs.decimals import are_decimals, reckoned
from django_like_repos.constructs.durations import TEMPORAL, is_temporal
from django_like_repos.constructs.mathematics import exact
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.casting import typed
from django_like_repos.language.expressions.values import _tuple
from django_like_repos.language.inference import arithmetic, family
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    is_expression,
    read_expression,
    register_reader,
    register_shape,
    traits_of,
)
from django_like_repos.language.members import members_as
from django_like_repos.language.sides import Compound, Side, Total
from django_like_repos.query import Clause, Combined, Expression, Names, is_queryset
from django_like_repos.query.shapes import Arithmetic, Typed
from django_like_repos.values import Refused, coercion_of, type_beside


@register_reader(Combined)
def _read_combined(names: Names, value: Combined) -> Clause:
    if value.left is None or value.right is None:
        raise UnsupportedOperationError(
            f"{value!r}: with None there is nothing to compute; NULL is Value(None)"
        )
    # The side that is an expression first: its type may say how a plain value beside it is bound.
    if isinstance(value.left, Expression):
        first = read_expression(names, value.left)
        second = _read_beside(names, value.operator, value.right, first)
    else:
        second = read_expression(names, value.right)
        first = _read_beside(names, value.operator, value.left, second)
    (left, left_params, left_expressions), (right, right_params, right_expressions) = first, second
    shape = _arithmetic(names, value.operator, left, right)
    if shape is None:
        raise UnsupportedOperationError(f"{value!r}: with JSON nothing can be computed")
    parts = (shape, (*left_params, *right_params), (*left_expressions, *right_expressions))
    clause: Clause = _tuple(Clause, parts)
    return clause


def _read_beside(names: Names, operator: str, value: Any, other: Clause) -> Clause:
    """A side of an operator; a plain value as the decorated type of the other side binds it."""
    known = traits_of(names, other.shape).type
    if isinstance(value, (Enum, Expression)):
        value = members_as(value, [] if known is None else [known])
    type_ = type_beside(known, operator, value)
    if type_ is not None and not is_expression(value) and not is_queryset(value):
        try:
            return Clause(Typed(canonical(type_)), (coercion_of(type_, names.zone)(value),))
        except Refused:
            pass
    return read_expression(names, value)


@cached(16384)
def _arithmetic(names: Names, operator: str, left: Hashable, right: Hashable) -> Arithmetic | None:
    """The shape of arithmetic; None where it is of JSON."""
    shape = Arithmetic(operator, left, right)
    known = traits_of(names, shape).type is not None
    return shape if known or not _has_json(names, left, right) else None


def _has_json(names: Names, *shapes: Hashable) -> bool:
    return any(family(traits_of(names, shape).type) == "json" for shape in shapes)


def _traits_of_arithmetic(names: Names, shape: Arithmetic) -> Traits:
    return arithmetic(shape.operator, traits_of(names, shape.left), traits_of(names, shape.right))


def _build_arithmetic(builder: Builder, shape: Arithmetic) -> Side:
    left, right = build_expression(builder, shape.left), build_expression(builder, shape.right)
    known = traits_of(builder.names, shape).type

    def say(left: Any, right: Any) -> Any:
        # By what they are in SQL: of the rows around, and of SQLAlchemy's own, nothing was known before.
        operator = shape.operator
        if operator in _EXACT and are_decimals(left, right):
            return typed(reckoned(operator, left, right), known)
        operators = TEMPORAL if is_temporal(operator, left.type, right.type) else _OPERATORS
        return typed(operators[operator](left, right), known)

    # Without a remainder to be divided by, what has two sides has a result.
    return (Total if shape.operator in "+-*" else Compound)(say, left, right)


def _divide(left: Any, right: Any) -> Any:
    # Django's `/` is the database's: whole numbers divide to whole numbers.
    if family(left.type) == family(right.type) == "integer":
        return left // right
    return left / right


def _remainder(left: Any, right: Any) -> Any:
    kinds = {family(left.type), family(right.type)}
    # SQLite cuts fractions off first, and PostgreSQL knows none of floats.
    return exact("mod", left, right) if kinds & {"decimal", "float"} else left % right


_EXACT: Final = ("+", "-", "*", "/")
_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
    "^": lambda left, right: func.power(left, right, type_=types.Double()),
    "&": lambda left, right: left.bitwise_and(right),
    "|": lambda left, right: left.bitwise_or(right),
    "#": lambda left, right: left.bitwise_or(right) - left.bitwise_and(right),
    "<<": lambda left, right: left.bitwise_lshift(cast_of(right, types.Integer)),
    ">>": lambda left, right: left.bitwise_rshift(cast_of(right, types.Integer)),
}


register_shape(Arithmetic, _traits_of_arithmetic, _build_arithmetic)
