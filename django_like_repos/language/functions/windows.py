"""Window functions."""

from typing import Any

from sqlalchemy import cast, func, types

from django_like_repos.constructs.comparison import alike_values
from django_like_repos.language.functions.arguments import function_of
from django_like_repos.language.inference import BIG, DOUBLE, common
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import means, type_of_first
from django_like_repos.query.functions import windows as functions
from django_like_repos.query.shapes import Call


@means(functions.RowNumber, functions.Rank, functions.DenseRank, gives=BIG)
@means(functions.PercentRank, functions.CumeDist, gives=DOUBLE)
@means(functions.FirstValue, functions.LastValue, gives=type_of_first)
def _plain(call: Call, *values: Any) -> Any:
    return function_of(call)(*values)


@means(functions.Ntile, gives=BIG)
def _ntile(call: Call, buckets: Any) -> Any:
    return func.ntile(cast(buckets, types.Integer))


def _type_beside(call: Call, arguments: list[Traits]) -> Any:
    value, _, *default = arguments
    return common([value, *default]).type or value.type


@means(functions.Lag, functions.Lead, gives=_type_beside)
def _beside(call: Call, value: Any, offset: Any, *default: Any) -> Any:
    value, *others = alike_values([value, *default], call.type)
    return function_of(call)(value, cast(offset, types.Integer), *others)


@means(functions.NthValue, gives=type_of_first)
def _nth(call: Call, value: Any, nth: Any) -> Any:
    return func.nth_value(value, cast(nth, types.Integer))
