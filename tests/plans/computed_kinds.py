"""Expressions of enums and of decimals, as twins; and values of a row of any type."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from sqlalchemy import Enum, Numeric

from django_like_repos import Case, ExpressionWrapper, F, Value, When
from django_like_repos.query.functions.comparison import Coalesce, Greatest, NullIf
from django_like_repos.query.functions.math import Abs
from tests.plans.computed import Draws, conditions, numbers, texts
from tests.plans.schema import Kind, Parcel, Stamp
from tests.plans.twins import both, either, pairs_of, twins_of

ENUMS: Final[dict[type[Any], list[str]]] = {
    Parcel: ["kind", "parent__kind"],
    Stamp: ["parcel__kind", "parcel__parent__kind"],
}
DECIMALS: Final[dict[type[Any], list[str]]] = {
    Parcel: ["weight", "parent__weight"],
    Stamp: ["parcel__weight", "parcel__parent__weight"],
}


def _kind(value: Kind) -> Value:
    return Value(value, Enum(Kind))


@cache
def enums(model: Any, alike: bool) -> Draws:
    paths = ENUMS[model]
    makes: list[Callable[[str, Kind], Any]] = [
        lambda path, kind: F(path),
        lambda path, kind: Coalesce(path, _kind(kind)),
        lambda path, kind: NullIf(F(path), _kind(kind)),
        lambda path, kind: Case(When(**{path: kind}, then=path), default=_kind(kind)),
        lambda path, kind: Case(When(**{f"{path}__in": [kind]}, then=_kind(kind)), default=F(paths[1])),
    ]
    return either(makes, alike, twins_of(paths, alike), pairs_of(st.sampled_from(Kind)))


@cache
def decimals(model: Any, alike: bool) -> Draws:
    paths = DECIMALS[model]
    makes: list[Callable[[str, Decimal], Any]] = [
        lambda path, number: F(path) + number,
        lambda path, number: F(path) * number - F(paths[1]),
        lambda path, number: Coalesce(path, Value(number)),
        lambda path, number: Greatest(F(path), ExpressionWrapper(Value(number), Numeric(6, 2))),
        lambda path, number: Abs(NullIf(F(path), Value(number))),
    ]
    values = st.sampled_from([Decimal(each) for each in ("0", "1.2", "-0.5", "10")])
    made = either(makes, alike, twins_of(paths, alike), pairs_of(values))
    chosen = both(
        lambda condition, path, number: Case(When(condition, then=path), default=number),
        conditions(model, alike),
        twins_of(paths, alike),
        pairs_of(values),
    )
    return made | chosen


@cache
def scalars(model: Any, alike: bool) -> Draws:
    """Values of a row; conditions are values too."""
    plain = numbers(model, alike) | numbers(model, alike) | texts(model, alike) | conditions(model, alike)
    return plain | enums(model, alike) | decimals(model, alike) if model in ENUMS else plain
