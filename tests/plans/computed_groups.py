"""Expressions of several rows as twins: aggregates, windows; and the terms of orderings."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from sqlalchemy import Integer

from django_like_repos import (
    Avg,
    Case,
    Count,
    F,
    Max,
    Min,
    Q,
    RowRange,
    StdDev,
    Sum,
    Value,
    ValueRange,
    Variance,
    When,
    Window,
)
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.windows import FirstValue, Lag, Lead, NthValue, Ntile, Rank, RowNumber
from tests.plans.computed import PATHS, POSITIVE, SHORT, Draws, conditions, names, numbers, texts, where
from tests.plans.twins import NUMBERS, both, either, pairs_of, same, twins_of


def _aggregated(
    model: Any, alike: bool, opaque: bool, kinds: list[Any], values: Draws, default: Draws
) -> Draws:
    absent = st.just(same(None))
    also = [False, False, True]

    def make(kind: Any, value: Any, distinct: bool, condition: Any, default: Any) -> Any:
        # Of one value of many, the order decides nothing.
        options = {"distinct": True} if distinct and kind.allow_distinct else {}
        if default is not None and kind is not Count:
            options["default"] = default
        return kind(value, filter=condition, **options)

    filters = absent | conditions(model, alike, opaque)
    if not alike:
        one_filter = conditions(model, True, opaque).map(lambda twins: (None, twins[1]))
        filters = filters | one_filter
        default = default | default.map(lambda twins: (twins[0], None))
    return both(make, twins_of(kinds, alike), values, twins_of(also, alike), filters, absent | default)


@cache
def number_aggregates(model: Any, alike: bool, opaque: bool = True) -> Draws:
    """Numbers of all rows of a group."""
    paths = PATHS[model]
    near, far = names(tuple(paths.numbers), alike), names(tuple(paths.many_numbers), alike)
    sums = both(lambda path, by: path * by + by, near | far, pairs_of(NUMBERS))
    chosen = both(
        lambda condition, value: Case(When(condition, then=value), default=0),
        conditions(model, alike, opaque),
        names(tuple(paths.numbers), alike),
    )
    of_numbers = _aggregated(
        model, alike, opaque, [Sum, Min, Max, Count], near | far | sums | chosen, pairs_of(NUMBERS)
    )
    means = _aggregated(model, alike, opaque, [Avg, StdDev, Variance], near | far, pairs_of(st.just(1.5)))
    more = both(lambda one, by: one + by, of_numbers, pairs_of(NUMBERS))
    return of_numbers | of_numbers | means | more | st.just(same(Count("*")))


@cache
def aggregates(model: Any, alike: bool, opaque: bool = True) -> Draws:
    """Values of all rows of a group."""
    words = twins_of([*PATHS[model].texts, *PATHS[model].many_texts], alike)
    of_texts = _aggregated(model, alike, opaque, [Min, Max, Count], words, pairs_of(SHORT.map(Value)))
    of_numbers = number_aggregates(model, alike, opaque)
    return of_numbers | of_numbers | of_texts


@cache
def own_aggregates(model: Any, alike: bool) -> Draws:
    """Values of all rows, of columns that the rows themselves have."""
    makes: list[Callable[[str, int], Any]] = [
        lambda path, by: Sum(path, default=by),
        lambda path, by: Max(F(path) * by),
        lambda path, by: Count(path, filter=where(f"{path}__gt", by)),
        lambda path, by: Min(Case(When(where(path, by) | Q(id=by), then=by), default=path)),
    ]
    return either(makes, alike, twins_of(["id", "rank"], alike), pairs_of(NUMBERS))


FRAMES: Final[list[Any]] = [
    None,
    RowRange(None, 0),
    RowRange(-1, 1),
    RowRange(-2, 1),
    RowRange(-1, None),
    ValueRange(None, 0),
    ValueRange(0, None),
]


@cache
def over_rows(model: Any, alike: bool) -> Draws:
    """Values of the rows around a row."""
    paths = PATHS[model]
    value = numbers(model, alike)
    makes: list[Callable[[Any, int], Any]] = [
        Lag,
        Lead,
        lambda value, number: Lag(Cast(value, Integer()), number, Value(number, Integer())),
        NthValue,
        lambda value, number: Ntile(number),
        lambda value, _: FirstValue(value),
        lambda value, number: RowNumber(),
        lambda value, number: Rank(),
        lambda value, number: Sum(Coalesce(Cast(value, Integer()), number)),
        lambda value, number: Count(value, filter=Q(rank__gt=number)),
    ]
    functions = either(makes, alike, value, pairs_of(POSITIVE))
    partition = (
        st.just(same(None))
        | twins_of(paths.numbers, alike)
        | both(lambda path, by: [F(path) + by, "id"], twins_of(paths.numbers, alike), pairs_of(NUMBERS))
    )
    terms: list[Callable[[Any, int], Any]] = [
        lambda path, by: [path, "id"],
        lambda path, by: [f"-{path}", "id"],
        lambda path, by: [(F(path) * by).desc(nulls_last=True), "id"],
        lambda path, by: [Case(When(**{path: by}, then=1), default=2), F("id").desc()],
    ]
    orders = either(terms, alike, twins_of(paths.numbers, alike), pairs_of(NUMBERS))
    return both(
        Window,
        functions,
        partition,
        orders,
        twins_of(FRAMES, alike),
    )


# Terms of orderings.
DIRECTIONS: Final[list[Callable[[Any], Any]]] = [
    lambda value: value,
    lambda value: value.asc(),
    lambda value: value.desc(),
    lambda value: value.asc(nulls_first=True),
    lambda value: value.desc(nulls_last=True),
]


@cache
def sorts(model: Any, alike: bool) -> Draws:
    return either(DIRECTIONS, alike, numbers(model, alike) | texts(model, alike))
