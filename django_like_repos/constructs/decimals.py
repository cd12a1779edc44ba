"""Decimals computed as exactly as SQLite's numbers hold them, which are binary fractions."""

import operator
from typing import Any, Final

from sqlalchemy import BinaryExpression, ColumnElement, Float, Integer, Numeric, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, itself, type_of
from django_like_repos.mapping.types import impl_of


def is_decimal(type_: Any) -> bool:
    """Whether values of a type are decimals."""
    kind = impl_of(type_)
    return isinstance(kind, Numeric) and not isinstance(kind, Float)


def are_decimals(*numbers: Any) -> bool:
    """Whether all are decimals or whole numbers, and some of them decimals."""
    kinds = [number.type for number in numbers]
    return any(map(is_decimal, kinds)) and all(
        is_decimal(kind) or isinstance(impl_of(kind), Integer) for kind in kinds
    )


def reckoned(symbol: str, left: Any, right: Any) -> Any:
    """An operator between two decimals."""
    made = _OPERATORS[symbol](left, right)
    if isinstance(made, BinaryExpression):
        made = made._clone()
        made.__class__ = _Reckoned
    return made


def total_of_decimals(value: Any) -> ColumnElement[Any]:
    """The sum of decimals."""
    return Differing("sum", value)


def mean_of_decimals(value: Any) -> ColumnElement[Any]:
    """Their mean."""
    return Differing("avg", value)


def kept_decimal(value: Any, scale: int) -> ColumnElement[Any]:
    """What a column of so many places keeps of a number: it is rounded, as PostgreSQL does by itself."""
    return Differing("kept_decimal", value, scale=scale)


class _Reckoned(BinaryExpression[Any]):
    inherit_cache = True


@compiles(_Reckoned, "sqlite")
def _say(expression: _Reckoned, compiler: SQLCompiler, **options: Any) -> str:
    says = getattr(func, _NAMES[expression.operator])
    said: str = compiler.process(says(expression.left, expression.right), **options)
    return said


_OPERATORS: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_NAMES: Final[dict[Any, str]] = {
    operator.add: "dlr_plus",
    operator.sub: "dlr_minus",
    operator.mul: "dlr_times",
    operator.truediv: "dlr_over",
}

DIFFERENCES.update(
    {
        "sum": Difference(type_of, func.dlr_sum_decimals, func.sum),
        "avg": Difference(type_of, func.dlr_avg_decimals, func.avg),
        "kept_decimal": Difference(
            type_of,
            lambda value, scale: func.dlr_round(value, literal_column(str(scale))),
            lambda value, scale: itself(value),
        ),
    }
)
