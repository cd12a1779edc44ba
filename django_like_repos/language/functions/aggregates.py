"""Aggregates."""

from typing import Any

from sqlalchemy import func, types
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.dates import is_span
from django_like_repos.constructs.decimals import is_decimal, mean_of_decimals, total_of_decimals
from django_like_repos.constructs.durations import mean, total
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import function_of
from django_like_repos.language.inference import BIG, DECIMAL, DOUBLE, SPAN, decimal_of, family, scale_of
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import TAKEN, by_kinds, means, plain_options
from django_like_repos.query import Avg, Count, Max, Min, Names, StdDev, Sum, Variance
from django_like_repos.query.shapes import Call


class Whole(types.TypeDecorator[int]):
    """A sum of whole numbers, which PostgreSQL gives as a numeric."""

    impl = types.BigInteger
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> int | None:
        return None if value is None else int(value)


_WHOLE: Any = Whole()


def _sum(call: Call, arguments: list[Traits]) -> Any:
    kind = arguments[0].type
    if isinstance(kind, types.TypeDecorator) and not isinstance(kind, (Whole, types.Interval)):
        return kind
    if family(kind) == "decimal":
        return decimal_of([kind], scale_of(kind))
    return {"integer": _WHOLE, "interval": SPAN}.get(family(kind), kind)


def _mean(call: Call, arguments: list[Traits]) -> Any:
    kind = arguments[0].type
    return {"integer": DOUBLE, "decimal": DECIMAL, "interval": SPAN}.get(family(kind), kind)


def _spread(call: Call, arguments: list[Traits]) -> TypeEngine[Any]:
    return DECIMAL if family(arguments[0].type) == "decimal" else DOUBLE


@by_kinds
def _summable(names: Names, aggregate: Any, arguments: list[Traits]) -> Any:
    kind = family(arguments[0].type)
    if kind in ("boolean", "text", "json", "bytes", "uuid"):
        raise UnsupportedOperationError(
            f"{aggregate!r}: no database adds up what is {kind}; Cast() makes numbers of it, "
            "and Count(…, filter=Q(…)) counts what is true"
        )
    if kind in ("date", "time", "datetime"):
        raise UnsupportedOperationError(f"{aggregate!r}: no database adds up what is a {kind}")
    return plain_options(names, aggregate, arguments)


TAKEN[_summable] = lambda options: (("integer", "decimal", "float", "interval"),)


@means(Count, gives=BIG)
@means(Min, Max)
def _plain(call: Call, value: Any) -> Any:
    return function_of(call)(value)


@means(Sum, gives=_sum, options=_summable)
def _sum_of(call: Call, value: Any) -> Any:
    if is_decimal(value.type):
        return total_of_decimals(value)
    return total(value) if is_span(value.type) else func.sum(value)


@means(Avg, gives=_mean, options=_summable)
def _avg(call: Call, value: Any) -> Any:
    if is_decimal(value.type):
        return mean_of_decimals(value)
    return mean(value) if is_span(value.type) else func.avg(value)


def _sample(names: Names, aggregate: Any, arguments: list[Traits]) -> Any:
    _summable(names, aggregate, arguments)
    if family(arguments[0].type) == "interval":
        raise UnsupportedOperationError(f"{aggregate!r}: no database has this of an interval")
    return aggregate.sample


@means(StdDev, gives=_spread, options=_sample)
def _stddev(call: Call, value: Any) -> Any:
    return func.stddev_samp(value) if call.options is True else func.stddev_pop(value)


@means(Variance, gives=_spread, options=_sample)
def _variance(call: Call, value: Any) -> Any:
    return func.var_samp(value) if call.options is True else func.var_pop(value)
