"""Aggregates of PostgreSQL, under the names of ``django.contrib.postgres.aggregates``."""

import warnings
from collections.abc import Hashable
from typing import Any

from sqlalchemy import ARRAY, UnaryExpression
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.enums import text_of
from django_like_repos.contrib.postgres.only import function
from django_like_repos.language.functions.arguments import TEXTS, WHOLE, takes
from django_like_repos.language.inference import BIG, BOOLEAN, DOUBLE, TEXT
from django_like_repos.language.kinds import Traits, canonical
from django_like_repos.language.meanings import means, options_of, type_of_first
from django_like_repos.query import Aggregate, Func, Names, Value
from django_like_repos.query.shapes import Call
from django_like_repos.values.document import EACH, document_of, order_of


class _OfOrdered(Aggregate):
    allow_order_by = True
    allow_distinct = True

    def __init__(self, *expressions: Any, ordering: Any = (), order_by: Any = (), **extra: Any) -> None:
        if ordering:
            warnings.warn(
                "The ordering argument is deprecated. Use order_by instead.", DeprecationWarning, stacklevel=2
            )
            if order_by:
                raise TypeError("Cannot specify both order_by and ordering.")
            order_by = ordering
        super().__init__(*expressions, order_by=order_by or None, **extra)


class ArrayAgg(_OfOrdered):
    """The values as a list, NULL among them as None; of no rows None."""

    function = "ARRAY_AGG"


class JSONBAgg(_OfOrdered):
    """The values as a JSON array; of no rows None."""

    function = "JSONB_AGG"


class StringAgg(_OfOrdered):
    """The texts in one, ``delimiter`` between them; of no rows None."""

    function = "STRING_AGG"

    def __init__(self, expression: Any, delimiter: Any, **extra: Any) -> None:
        super().__init__(expression, Value(str(delimiter)), **extra)


class BitAnd(Aggregate):
    """The bits that all values have."""

    function = "BIT_AND"


class BitOr(Aggregate):
    """The bits that any value has."""

    function = "BIT_OR"


class BitXor(Aggregate):
    """The bits that an odd number of values have."""

    function = "BIT_XOR"


class BoolAnd(Aggregate):
    """Whether it is true of all rows: of a boolean field, or of a ``Q``."""

    function = "BOOL_AND"


class BoolOr(Aggregate):
    """Whether it is true of any row."""

    function = "BOOL_OR"


class StatAggregate(Aggregate):
    """A function of pairs of numbers, which counts the rows where neither is NULL. Raises ValueError."""

    def __init__(
        self, y: Any, x: Any, output_field: Any = None, filter: Any = None, default: Any = None
    ) -> None:
        if x in (None, "") or y in (None, ""):
            raise ValueError("Both y and x must be provided.")
        super().__init__(y, x, output_field=output_field, filter=filter, default=default)


class Corr(StatAggregate):
    """The coefficient of correlation."""

    function = "CORR"


class CovarPop(StatAggregate):
    """The covariance: of the population, or with ``sample=True`` of a sample."""

    function = "COVAR_POP"

    def __init__(self, y: Any, x: Any, sample: bool = False, filter: Any = None, default: Any = None) -> None:
        super().__init__(y, x, filter=filter, default=default)
        self.sample = bool(sample)


class RegrAvgX(StatAggregate):
    """The mean of ``x``."""

    function = "REGR_AVGX"


class RegrAvgY(StatAggregate):
    """The mean of ``y``."""

    function = "REGR_AVGY"


class RegrCount(StatAggregate):
    """How many rows have both; 0 for none."""

    function = "REGR_COUNT"
    empty_result_set_value = 0


class RegrIntercept(StatAggregate):
    """Where the line of least squares cuts the axis of ``y``."""

    function = "REGR_INTERCEPT"


class RegrR2(StatAggregate):
    """The square of the coefficient of correlation."""

    function = "REGR_R2"


class RegrSlope(StatAggregate):
    """The slope of the line of least squares."""

    function = "REGR_SLOPE"


class RegrSXX(StatAggregate):
    """The sum of the squares of ``x`` about its mean."""

    function = "REGR_SXX"


class RegrSXY(StatAggregate):
    """The sum of the products of ``x`` and ``y`` about their means."""

    function = "REGR_SXY"


class RegrSYY(StatAggregate):
    """The sum of the squares of ``y`` about its mean."""

    function = "REGR_SYY"


def array_of(item: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of arrays of what is of a type; arrays of arrays have one dimension more."""
    array: Any = item if isinstance(item, ARRAY) else getattr(item, "impl_instance", None)
    if isinstance(array, ARRAY):
        made = postgresql.ARRAY(array.item_type, dimensions=(array.dimensions or 1) + 1)
    else:
        made = postgresql.ARRAY(item)
    found: Any = canonical(made)
    return found  # type: ignore[no-any-return]


def list_type(call: Call, arguments: list[Traits]) -> TypeEngine[Any]:
    """The type of lists of the first argument."""
    return array_of(type_of_first(call, arguments))


@means(ArrayAgg, gives=list_type)
@means(JSONBAgg, gives=lambda call, arguments: document_of(((EACH, order_of(arguments[0].type)),)))
@means(BitAnd, BitOr, BitXor, gives=type_of_first, options=takes(WHOLE))
@means(BoolAnd, BoolOr, gives=BOOLEAN, options=takes(("boolean",)))
@means(RegrAvgX, RegrAvgY, RegrIntercept, RegrR2, RegrSlope, RegrSXX, RegrSXY, RegrSYY, Corr, gives=DOUBLE)
@means(RegrCount, gives=BIG)
def _plain(call: Call, *values: Any) -> Any:
    return _said(call, call.kind.function, *values)


@means(StringAgg, gives=TEXT, options=takes(TEXTS))
def _string(call: Call, text: Any, delimiter: Any) -> Any:
    return _said(call, "STRING_AGG", _text_of(text), delimiter)


def _sampled(names: Names, aggregate: Func, arguments: list[Traits]) -> Hashable:
    sample: bool = aggregate.sample  # type: ignore[attr-defined]
    return sample


@means(CovarPop, gives=DOUBLE, options=_sampled)
def _covariance(call: Call, y: Any, x: Any) -> Any:
    return _said(call, "COVAR_SAMP" if options_of(call) else "COVAR_POP", y, x)


def _said(call: Call, name: str, *values: Any) -> Any:
    return function(f"{call.kind.__name__}()", name.lower(), *values)


def _text_of(value: Any) -> Any:
    if isinstance(value, UnaryExpression) and value.operator is operators.distinct_op:
        return text_of(value.element).distinct()
    return text_of(value)
