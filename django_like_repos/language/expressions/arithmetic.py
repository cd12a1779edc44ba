"""Arithmetic: operators between two expressions."""

from collections.abc import Callable, Hashable
from typing import Any, Final

from sqlalchemy import cast as cast_of
from sqlalchemy import func, types

from django_like_repos.caching import cached
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
    read_expression,
    register_reader,
    register_shape,
    traits_of,
)
from django_like_repos.language.sides import Compound, Side, Total
from django_like_repos.query import Clause, Combined, Names
from django_like_repos.query.shapes import Arithmetic


@register_reader(Combined)
def _read_combined(names: Names, value: Combined) -> Clause:
    if value.left is None or value.right is None:
        raise UnsupportedOperationError(
            f"{value!r}: with None there is nothing to compute; NULL is Value(None)"
        )
    left, left_params, left_expressions = read_expression(names, value.left)
    right, right_params, right_expressions = read_expression(names, value.right)
    shape = _arithmetic(names, value.operator, left, right)
    if shape is None:
        raise UnsupportedOperationError(f"{value!r}: with JSON nothing can be computed")
    parts = (shape, (*left_params, *right_params), (*left_expressions, *right_expressions))
    clause: Clause = _tuple(Clause, parts)
    return clause


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
        temporal = is_temporal(shape.operator, left.type, right.type)
        operators = TEMPORAL if temporal else _OPERATORS
        return typed(operators[shape.operator](left, right), known)

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
