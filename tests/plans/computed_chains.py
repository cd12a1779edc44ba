"""Twins of chains with expressions in every call that takes them, and of chains that are made of two."""

from collections.abc import Callable
from functools import cache
from operator import and_, or_, xor
from typing import Any, NamedTuple

from hypothesis import reject
from hypothesis import strategies as st

from django_like_repos import F, QuerySet
from django_like_repos.clauses import annotating as annotations
from django_like_repos.errors import UnsupportedOperationError
from tests.plans.chains import ZONES, Call, filters, windows
from tests.plans.computed import PATHS, POSITIVE, Draws, conditions, numbers
from tests.plans.computed_groups import (
    aggregates,
    number_aggregates,
    over_rows,
    own_aggregates,
    sorts,
)
from tests.plans.computed_kinds import scalars
from tests.plans.schema import Depot, Parcel, Stamp
from tests.plans.twins import NUMBERS, Twins, both, either, pairs_of, twins_of

Make = Callable[[Any, bool], Draws]
"""A strategy of twins of calls, by model and whether they are to be alike."""


def naming(call: str, name: str, values: Make) -> Make:
    """A call that gives an expression a name."""

    @cache
    def make(model: Any, alike: bool) -> Draws:
        return both(lambda value: Call(call, (), {name: value}), values(model, alike))

    return make


NUMBER = naming("annotate", "number", numbers)
HIDDEN = naming("alias", "number", numbers)
EXTRA = naming("annotate", "extra", scalars)
TOTAL = naming("annotate", "total", number_aggregates)
BEST = naming("annotate", "best", aggregates)
PLACE = naming("annotate", "place", over_rows)


def narrowing(name: str) -> Make:
    """A condition on a name that an earlier call gave."""
    makes: list[Callable[[int], dict[str, Any]]] = [
        lambda by: {f"{name}__gt": by},
        lambda by: {f"{name}__lte": by},
        lambda by: {f"{name}__in": [by, by + 1]},
        lambda by: {f"{name}__gte": F(name) - by},
    ]

    @cache
    def make(model: Any, alike: bool) -> Draws:
        calls = [lambda kwargs: Call("filter", (), kwargs), lambda kwargs: Call("exclude", (), kwargs)]
        return either(calls, alike, either(makes, alike, pairs_of(NUMBERS)))

    return make


@cache
def narrowed(model: Any, alike: bool) -> Draws:
    """A call of conditions with expressions in them."""
    return both(lambda condition: Call("filter", (condition,)), conditions(model, alike))


def ordered_by(*names: str) -> Make:
    """An order by expressions, then by names."""

    @cache
    def make(model: Any, alike: bool) -> Draws:
        return both(lambda term: Call("order_by", (term, *names)), sorts(model, alike))

    return make


def reading(*names: str) -> Make:
    """Values: names that earlier calls gave, and expressions."""

    @cache
    def make(model: Any, alike: bool) -> Draws:
        makes: list[Callable[[Any, str], Call]] = [
            lambda value, path: Call("values", names, {"computed": value}),
            lambda value, path: Call("values", (path, *names), {"computed": value}),
            lambda value, path: Call("values_list", (*names, value)),
            lambda value, path: Call("values_list", (value, path, *names)),
            lambda value, path: Call("values_list", (value,), {"flat": True}),
        ]
        return either(makes, alike, scalars(model, alike), twins_of(PATHS[model].texts, alike))

    return make


@cache
def groups(model: Any, alike: bool) -> Draws:
    """Values that rows have in common."""
    makes: list[Callable[[Any, str], Call]] = [
        lambda value, path: Call("values", (path,)),
        lambda value, path: Call("values", (path, "number")),
        lambda value, path: Call("values", (), {"computed": value}),
        lambda value, path: Call("values_list", (path, value)),
    ]
    return either(makes, alike, numbers(model, alike), twins_of(PATHS[model].texts, alike))


@cache
def many_groups(model: Any, alike: bool) -> Draws:
    """Groups by a path to many, which filters before may have named."""
    paths = [*PATHS[model].many_texts, *PATHS[model].many_numbers]
    return both(lambda path: Call("values", (path,)), twins_of(paths, alike))


class FirstOfEach(NamedTuple):
    """The first row of each of those that have a value in common."""

    name: str

    def on(self, queryset: Any) -> Any:
        return queryset.order_by(self.name, "-id").distinct(self.name)


@cache
def first_of_each(model: Any, alike: bool) -> Draws:
    return both(FirstOfEach, twins_of(PATHS[model].numbers, alike))


class Summary:
    """``aggregate()`` as a call that gives a queryset."""

    def __init__(self, one: Any, two: Any, by: int) -> None:
        self._named = {"one": one, "two": two, "more": F("one") + by} if by else {"one": one, "two": two}

    def on(self, queryset: Any) -> Any:
        return queryset._with(annotations.summarise(queryset._query, (), self._named))


@cache
def summaries(model: Any, alike: bool) -> Draws:
    one, two = number_aggregates(model, alike, opaque=False), aggregates(model, alike, opaque=False)
    return both(Summary, one, two, pairs_of(POSITIVE))


@cache
def own_summaries(model: Any, alike: bool) -> Draws:
    one = own_aggregates(model, alike)
    return both(Summary, one, one, pairs_of(POSITIVE))


class Combination:
    """A queryset beside another that differs in its first call, if any, and in its values."""

    def __init__(self, operator: str, first: Any) -> None:
        self.operator = operator
        self.first = first

    def on(self, one: Any, other: Any) -> Any:
        combine = OPERATORS.get(self.operator)
        return getattr(one, self.operator)(other) if combine is None else combine(one, other)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"|": or_, "&": and_, "^": xor}


def combinations(*operators: str) -> Make:
    @cache
    def make(model: Any, alike: bool) -> Draws:
        return both(Combination, twins_of(operators, alike), filters(model, alike))

    return make


MAYBE, ALWAYS = 1, 2
Form = list[tuple[Make, int]]
UNITED = combinations("union", "intersection", "difference")
FORMS: dict[str, list[Form]] = {
    "rows": [
        [
            (filters, MAYBE),
            (NUMBER, ALWAYS),
            (EXTRA, MAYBE),
            (narrowing("number"), MAYBE),
            (narrowed, MAYBE),
            (ordered_by("number", "id"), MAYBE),
            (windows, MAYBE),
        ],
        [
            (filters, MAYBE),
            (HIDDEN, MAYBE),
            (TOTAL, ALWAYS),
            (BEST, MAYBE),
            (narrowing("total"), MAYBE),
            (ordered_by("-total", "id"), MAYBE),
            (windows, MAYBE),
        ],
        [
            (filters, MAYBE),
            (NUMBER, ALWAYS),
            (narrowing("number"), MAYBE),
            (reading("number"), ALWAYS),
            (ordered_by("number"), MAYBE),
            (windows, MAYBE),
        ],
        [
            (filters, MAYBE),
            (NUMBER, ALWAYS),
            (groups, ALWAYS),
            (TOTAL, ALWAYS),
            (BEST, MAYBE),
            (narrowing("total"), MAYBE),
            (ordered_by("total"), MAYBE),
            (windows, MAYBE),
        ],
        [(filters, ALWAYS), (many_groups, ALWAYS), (TOTAL, ALWAYS), (narrowing("total"), MAYBE)],
        [(filters, MAYBE), (NUMBER, MAYBE), (first_of_each, ALWAYS), (windows, MAYBE)],
        [
            (narrowed, MAYBE),
            (NUMBER, MAYBE),
            (PLACE, ALWAYS),
            (narrowing("place"), MAYBE),
            (ordered_by("place", "id"), MAYBE),
            (windows, MAYBE),
        ],
        [
            (filters, ALWAYS),
            (NUMBER, ALWAYS),
            (reading("number"), ALWAYS),
            (UNITED, ALWAYS),
            (windows, MAYBE),
        ],
        [(filters, ALWAYS), (NUMBER, MAYBE), (UNITED, ALWAYS), (windows, MAYBE)],
        [(filters, ALWAYS), (combinations("|", "&", "^"), ALWAYS), (NUMBER, MAYBE), (windows, MAYBE)],
    ],
    "models": [
        [(filters, MAYBE), (HIDDEN, ALWAYS), (narrowing("number"), ALWAYS), (narrowed, MAYBE)],
        [(narrowed, ALWAYS), (NUMBER, MAYBE)],
        [(filters, ALWAYS), (combinations("|", "&", "^"), ALWAYS)],
    ],
    "summary": [
        [(filters, MAYBE), (NUMBER, MAYBE), (narrowed, MAYBE), (summaries, ALWAYS)],
        [(HIDDEN, MAYBE), (TOTAL, ALWAYS), (narrowing("total"), MAYBE), (summaries, ALWAYS)],
        [(filters, MAYBE), (ordered_by("id"), ALWAYS), (windows, ALWAYS), (summaries, ALWAYS)],
        [(filters, ALWAYS), (UNITED, ALWAYS), (own_summaries, ALWAYS)],
    ],
}


@st.composite
def computed_chains(draw: st.DrawFn, *, alike: bool, form: str = "rows") -> Twins:
    """Two querysets: of ``rows`` of any kind, of whole ``models`` in no order, or ready for a ``summary``.

    Not alike, they differ in one call.
    """
    model = draw(st.sampled_from([Parcel, Parcel, Stamp] + ([] if form == "models" else [Depot])))
    calls = [make for make, chance in draw(st.sampled_from(FORMS[form])) if draw(st.integers(0, 1)) < chance]
    odd = -1 if alike else draw(st.integers(0, len(calls) - 1))
    drawn = [draw(make(model, number != odd)) for number, make in enumerate(calls)]
    zone = draw(st.sampled_from(ZONES))
    try:
        first, second = [_made(model, zone, [twins[side] for twins in drawn]) for side in (0, 1)]
    except UnsupportedOperationError:
        # One of two that differ may be of a type that the other calls do not go with.
        if alike:
            raise
        reject()
    return first, second


def _made(model: Any, zone: str, calls: list[Any]) -> Any:
    made: Any = QuerySet(model, time_zone=zone)
    for number, call in enumerate(calls):
        if isinstance(call, Combination):
            other = _made(model, zone, [call.first, *calls[1:number]])
            made = call.on(made, other)
        else:
            made = call.on(made)
    return made
