"""Chains with expressions in every call that takes them, and chains made of two; as twins, like the others."""

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from django_like_repos import F, QuerySet
from django_like_repos.builder import annotations
from django_like_repos.errors import UnsupportedOperationError
from tests.plans.chains import ZONES, Call, filters, windows
from tests.plans.computed import PATHS, aggregates, conditions, numbers, over_rows, scalars, sorts
from tests.plans.schema import Depot, Parcel, Stamp
from tests.plans.twins import NUMBERS, Twins, both, either, pairs_of, same, twins_of

Draws = st.SearchStrategy[Twins]
Make = Callable[[Any, bool], Draws]
"""A strategy of twins of calls, by model and whether they are to be alike."""


def naming(call: str, name: str, values: Make) -> Make:
    """A call that gives an expression a name."""

    @cache
    def make(model: Any, alike: bool) -> Draws:
        return values(model, alike).map(lambda twins: tuple(Call(call, (), {name: each}) for each in twins))

    return make


ANNOTATED = [naming("annotate", "extra", scalars), naming("annotate", "number", numbers)]
ALIASED = [naming("alias", "extra", scalars), naming("alias", "number", numbers)]
TOTALLED = naming("annotate", "total", aggregates)
NUMBERED = naming("annotate", "place", over_rows)


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
    return conditions(model, alike).map(lambda twins: (Call("filter", twins[:1]), Call("filter", twins[1:])))


def ordered_by(*names: str) -> Make:
    """An order by expressions, then by names."""

    @cache
    def make(model: Any, alike: bool) -> Draws:
        return sorts(model, alike).map(lambda twins: tuple(Call("order_by", (each, *names)) for each in twins))

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
def summaries(model: Any, alike: bool) -> Draws:
    """``aggregate()``, as a queryset that is ready for it."""
    one, two = aggregates(model, alike), aggregates(model, alike)
    of_number = both(lambda make, by: make("number", filter=None) + by, twins_of(_TOTALS, alike), pairs_of(NUMBERS))
    return both(
        lambda one, two: Summary({"one": one, "two": two}),
        one,
        two | of_number,
    )


class Summary:
    """The last call of a chain of models."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.named = named

    def on(self, queryset: Any) -> Any:
        return queryset._with(annotations.summarise(queryset._query, (), self.named))


@st.composite
def computed_chains(draw: st.DrawFn, *, alike: bool, form: str = "rows") -> Twins:
    """Two querysets: of ``rows`` of any kind, of whole ``models`` in no order, or ready for a ``summary``."""
    model = draw(st.sampled_from([Parcel, Parcel, Stamp] if form == "models" else [Parcel, Parcel, Depot, Stamp]))
    made: list[Make] = draw(st.sampled_from(FORMS[form]))
    made = [each for each in made if each not in OPTIONAL or draw(st.booleans())]
    odd = -1 if alike else draw(st.integers(0, len(made) - 1))
    drawn = [draw(make(model, number != odd)) for number, make in enumerate(made)]
    operator = draw(twins_of(["union", "intersection", "difference"], alike)) if form == "rows" else None
    zone = draw(st.sampled_from(ZONES))
    twins = []
    for side in (0, 1):
        queryset: Any = QuerySet(model, time_zone=zone)
        try:
            for call in drawn:
                queryset = call[side].on(queryset)
        except UnsupportedOperationError:
            if alike:
                raise
            reject()
        twins.append(queryset)
    return twins[0], twins[1]
