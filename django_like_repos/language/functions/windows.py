"""Window functions."""

from typing import Any

from sqlalchemy import cast, func, types

from django_like_repos.language.functions.base import means
from django_like_repos.language.inference import BIG, DOUBLE
from django_like_repos.language.kinds import Traits
from django_like_repos.query.functions.windows import (
    CumeDist,
    DenseRank,
    FirstValue,
    Lag,
    LastValue,
    Lead,
    NthValue,
    Ntile,
    PercentRank,
    Rank,
    RowNumber,
)
from django_like_repos.query.shapes import Call


def _first(call: Call, arguments: list[Traits]) -> Any:
    return arguments[0].type


@means(RowNumber, Rank, DenseRank, gives=BIG)
@means(PercentRank, CumeDist, gives=DOUBLE)
@means(FirstValue, LastValue, gives=_first)
def _plain(call: Call, *values: Any) -> Any:
    return getattr(func, call.kind.function.lower())(*values)


@means(Ntile, gives=BIG)
def _ntile(call: Call, buckets: Any) -> Any:
    return func.ntile(cast(buckets, types.Integer))


@means(Lag, Lead, gives=_first)
def _beside(call: Call, value: Any, offset: Any, *default: Any) -> Any:
    function = func.lag if issubclass(call.kind, Lag) else func.lead
    # An enum of PostgreSQL goes with no text, while numbers find a type that they have in common.
    default = tuple(
        [cast(each, value.type) if isinstance(value.type, types.Enum) else each for each in default]
    )
    return function(value, cast(offset, types.Integer), *default)


@means(NthValue, gives=_first)
def _nth(call: Call, value: Any, nth: Any) -> Any:
    return func.nth_value(value, cast(nth, types.Integer))
