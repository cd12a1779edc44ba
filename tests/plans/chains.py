"""Hypothesis strategies of chains, each twice: two querysets made by the same calls with different values.

The first is there to leave its plan behind, the second to use it. A strategy here gives twins, `(first,
second)`; with `alike` they have one shape, without it two that could be mistaken for each other: None in the
place of a value, a list, another order or join, a call more.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from django_like_repos import F, Q, QuerySet
from tests.plans import expressions
from tests.plans.rows import TOKENS
from tests.plans.schema import Depot, Kind, Parcel, Stamp
from tests.plans.twins import NUMBERS, TEXTS, Twins, Values, same, twins_of

ZONES = ["UTC", "Europe/Riga"]


class Form(NamedTuple):
    """A lookup with the kind of value that it is given: all that a shape keeps of a condition."""

    lookup: str
    values: Values


class Column(NamedTuple):
    """A path and the kind of column that it leads to."""

    path: str
    kind: str


DECIMALS = st.sampled_from([Decimal(each) for each in ("-1", "0", "1.2", "1.3", "9.9")])
DATES = st.sampled_from(
    [date(2023, 5, 5), date(2024, 1, 1), date(2024, 1, 2), date(2024, 12, 31), date(2025, 1, 1)]
)
INSTANTS = [datetime(2024, 12, 31, 22, 30, tzinfo=UTC), datetime(2025, 1, 1, 0, 30, tzinfo=UTC)]

VALUES: dict[str, Values] = {
    "text": TEXTS,
    "number": NUMBERS,
    "decimal": DECIMALS,
    "real": st.sampled_from([-1.5, 0.0, 0.25, 0.5, 1.5, 2.0]),
    "boolean": st.booleans(),
    "kind": st.sampled_from(Kind),
    "token": st.sampled_from(TOKENS),
    "money": st.sampled_from([Decimal(each) for each in ("0", "0.15", "1.50", "15")]),
    "date": DATES,
    "moment": st.sampled_from([datetime(2024, 1, 1, 12, 30), datetime(2024, 1, 2, 12, 30)]),
    "bytes": st.sampled_from([b"", bytes([0, 1, 255, 39]), bytes([0, 2, 255, 39])]),
    "labels": st.sampled_from([{"number": 1}, {"number": 2}, {}]),
    "part of labels": st.sampled_from([1, 2, "1", [], {"number": 1}]),
    "instant": st.sampled_from(INSTANTS),
    "year": st.sampled_from([2023, 2024, 2025]),
    "month": st.sampled_from([1, 5, 12]),
    "hour": st.sampled_from([0, 2, 22, 23]),
}
ORDER_LOOKUPS = ["gt", "gte", "lt", "lte"]
PATTERNS = ["contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "like", "ilike"]
TEXT_LOOKUPS = ["iexact", *PATTERNS, *ORDER_LOOKUPS]
ORDERED = {"number", "decimal", "real", "money", "date", "moment", "part of labels"}
ORDERED |= {"instant", "year", "month", "hour"}

COLUMNS: dict[type[Any], list[Column]] = {
    Parcel: [
        Column("code", "text"),
        Column("title", "text"),
        Column("rank", "number"),
        Column("floor", "number"),
        Column("weight", "decimal"),
        Column("ratio", "real"),
        Column("fragile", "boolean"),
        Column("kind", "kind"),
        Column("token", "token"),
        Column("postage", "money"),
        Column("sent_on", "date"),
        Column("sent_at", "moment"),
        Column("seal", "bytes"),
        Column("sent_on__year", "year"),
        Column("sent_at__month", "month"),
        Column("labels", "labels"),
        Column("labels__number", "part of labels"),
        Column("labels__other__number", "part of labels"),
        Column("parent__labels__number", "part of labels"),
        Column("depot", "number"),
        Column("depot__rank", "number"),
        Column("depot__city", "text"),
        Column("origin__city", "text"),
        Column("parent__kind", "kind"),
        Column("parent__parent__rank", "number"),
        Column("stamps", "number"),
        Column("stamps__text", "text"),
        Column("stamps__rank", "number"),
        Column("stamps__depot__rank", "number"),
        Column("stamps__made_at", "instant"),
        Column("stamps__made_at__date", "date"),
        Column("stamps__made_at__month", "month"),
        Column("children__labels__number", "part of labels"),
        Column("children__weight", "decimal"),
        Column("children__stamps__rank", "number"),
        Column("tags__name", "text"),
        Column("tags__parcels__postage", "money"),
    ],
    Depot: [
        Column("city", "text"),
        Column("rank", "number"),
        Column("parcels__code", "text"),
        Column("parcels__token", "token"),
        Column("parcels__fragile", "boolean"),
        Column("parcels__parent__depot__rank", "number"),
        Column("parcels__stamps__rank", "number"),
        Column("parcels__tags__name", "text"),
    ],
    Stamp: [
        Column("text", "text"),
        Column("rank", "number"),
        Column("made_at", "instant"),
        Column("made_at__date", "date"),
        Column("made_at__year", "year"),
        Column("made_at__hour", "hour"),
        Column("depot__city", "text"),
        Column("parcel__kind", "kind"),
        Column("parcel__depot__rank", "number"),
        Column("parcel__stamps__rank", "number"),
        Column("parcel__children__ratio", "real"),
    ],
}
RELATIONS: dict[type[Any], list[str]] = {
    Parcel: ["depot", "parent__depot", "stamps", "stamps__depot", "children", "tags"],
    Depot: ["parcels", "parcels__stamps", "parcels__parent"],
    Stamp: ["depot", "parcel", "parcel__stamps"],
}
# What `options()` may join and load: SQLAlchemy refuses two ways to load one relation.
LOADED: dict[type[Any], list[str]] = {
    Parcel: ["depot", "parent__depot", "stamps", "stamps__depot"],
    Depot: ["parcels", "parcels__stamps", "parcels__parent"],
    Stamp: ["parcel", "parcel__stamps"],
}


# Strategies are cached: Hypothesis works out a new one anew.
@cache
def forms(model: Any, column: Column) -> dict[str, list[Form]]:
    """Every kind of condition that a column can be in, by what stands on the right."""
    kind = column.kind
    values = VALUES[kind]
    paths = [each.path for each in COLUMNS[model] if each.kind == kind]
    lists = st.lists(values, min_size=1, max_size=4)
    found = {
        "value": [Form("exact", values), Form("ne", values)],
        "constant": [
            Form("exact", st.none()),
            Form("isnull", st.just(True)),
            Form("isnull", st.just(False)),
            Form("in", st.sampled_from([[], [None]])),
            Form("notin", st.just([])),
        ],
        "list": [
            Form("in", lists),
            Form("in", lists.map(lambda members: [None, *members, None])),
            Form("notin", lists),
        ],
        "field": [Form(lookup, st.just(F(path))) for lookup in ("exact", "ne") for path in paths],
    }
    if kind in ORDERED:
        found["value"] += [Form(lookup, values) for lookup in ORDER_LOOKUPS]
        found["pair"] = [Form("range", st.tuples(values, values))]
        found["field"] += [Form("lte", st.just(F(path))) for path in paths]
    if kind == "text":
        found["value"] += [Form(lookup, TEXTS) for lookup in TEXT_LOOKUPS]
        found["pair"] = [Form("range", st.tuples(TEXTS, TEXTS))]
        found["field"] += [Form("icontains", st.just(F(path))) for path in paths]
    return found | _number_forms(paths) if kind == "number" else found


def _number_forms(paths: list[str]) -> dict[str, list[Form]]:
    too_big, too_small = st.integers(2**63, 2**70), st.integers(-(2**70), -(2**63) - 1)
    return {
        "number beyond": [
            *[Form(lookup, too_big) for lookup in ("exact", "ne", *ORDER_LOOKUPS)],
            *[Form(lookup, too_small) for lookup in ("exact", "ne", *ORDER_LOOKUPS)],
            Form("in", st.lists(too_big, min_size=1, max_size=2)),
            Form("in", st.tuples(NUMBERS, too_small)),
            Form("range", st.tuples(NUMBERS, too_big)),
            Form("range", st.tuples(too_small, NUMBERS)),
        ],
        "sum": [
            *[Form("gt", NUMBERS.map(lambda by, path=path: F(path) + by)) for path in paths[:2]],  # type: ignore[misc]
            *[Form("gt", NUMBERS.map(lambda by, path=path: F(path) - by)) for path in paths[:2]],  # type: ignore[misc]
            Form("gt", NUMBERS.map(lambda by: by - F(paths[0]))),
            Form("range", NUMBERS.map(lambda by: (by, F(paths[0]) * 2))),
            Form("lt", NUMBERS.map(expressions.largest_rank)),
            *[Form("in", NUMBERS.map(lambda by, path=path: [F(path), by, None])) for path in paths[:2]],  # type: ignore[misc]
            *[Form("notin", NUMBERS.map(lambda by, path=path: [by, F(path) * 2, 1])) for path in paths[:2]],  # type: ignore[misc]
        ],
        "query": [
            Form("in", NUMBERS.map(lambda rank: QuerySet(Depot).filter(rank__gte=rank).values_list("id"))),
            Form("in", st.tuples(NUMBERS, st.integers(1, 3)).map(_first_depots)),
            Form("in", NUMBERS.map(_parcels_stamped)),
            Form("in", TEXTS.map(expressions.ranks_of_stamps)),
        ],
    }


def _first_depots(bounds: tuple[int, int]) -> Any:
    rank, number = bounds
    return QuerySet(Depot).exclude(rank=rank).order_by("-city", "id").values_list("id")[0:number]


def _parcels_stamped(rank: int) -> Any:
    return QuerySet(Parcel).filter(stamps__rank=rank).exclude(tags__name="fast").values_list("rank")


@cache
@st.composite
def comparisons(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    column = draw(st.sampled_from(COLUMNS[model]))
    sorts = forms(model, column)
    sort = draw(st.sampled_from(list(sorts)))
    form = draw(st.sampled_from(sorts[sort]))
    twins = [(column, form), (column, form)]
    if not alike:
        columns = [each for each in COLUMNS[model] if each.kind == column.kind]
        # Mostly with the same on the right.
        others = sorts[draw(st.just(sort) | st.sampled_from(list(sorts)))]
        other = draw(
            st.tuples(st.just(column), st.sampled_from(others))
            | st.tuples(st.sampled_from(columns), st.just(form))
        )
        twins[1] = other
    return tuple(Q(**{f"{column.path}__{form.lookup}": draw(form.values)}) for column, form in twins)  # type: ignore[return-value]


@cache
@st.composite
def opaque_conditions(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    return tuple(
        Q(condition.make(draw(TEXTS if condition.of_text else NUMBERS)))
        for condition in draw(twins_of(expressions.CONDITIONS[model], alike))
    )  # type: ignore[return-value]


@cache
def trees(model: Any, alike: bool) -> st.SearchStrategy[Twins]:
    """Conditions under `&`, `|`, `^` and `~`."""
    leaf = comparisons(model, alike)
    return st.recursive(
        leaf | leaf | leaf | opaque_conditions(model, alike),
        lambda inner: inner.map(_inverted) | st.builds(_combined, st.sampled_from("&|^"), inner, inner),
        max_leaves=4,
    )


def _inverted(twins: Twins) -> Twins:
    return ~twins[0], ~twins[1]


def _combined(sign: str, left: Twins, right: Twins) -> Twins:
    combine: dict[str, Callable[[Q, Q], Q]] = {
        "&": lambda one, two: one & two,
        "|": lambda one, two: one | two,
        "^": lambda one, two: one ^ two,
    }
    return combine[sign](left[0], right[0]), combine[sign](left[1], right[1])


class Call(NamedTuple):
    """A method of the chain and what it is given; `[]` is a slice."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def on(self, queryset: Any) -> Any:
        if self.name == "[]":
            return queryset[self.args[0]]
        return getattr(queryset, self.name)(*self.args, **self.kwargs)


@cache
@st.composite
def filters(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    name = draw(st.sampled_from(["filter", "filter", "exclude"]))
    if alike:
        conditions = draw(st.lists(trees(model, True), min_size=1, max_size=2))
    else:
        conditions = draw(st.lists(trees(model, True), max_size=1))
        conditions += [draw(comparisons(model, False) | comparisons(model, False) | trees(model, False))]
    first, second = zip(*conditions, strict=True)
    return Call(name, first), Call(name, second)


@cache
@st.composite
def orderings(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    names = [column.path for column in COLUMNS[model] if column.kind != "labels"]
    named = twins_of([*names, *[f"-{name}" for name in names]], alike)
    opaque = st.builds(
        lambda makes, first, second: (makes[0](first), makes[1](second)),
        twins_of(expressions.ORDERINGS[model], alike),
        NUMBERS,
        NUMBERS,
    )
    drawn = draw(st.lists(named | named | opaque, min_size=1, max_size=2))
    first, second = zip(*drawn, strict=True)
    return Call("order_by", (*first, "id")), Call("order_by", (*second, "id"))


@cache
def joins(model: Any, alike: bool) -> st.SearchStrategy[Twins]:
    calls = [Call(name, (path,)) for path in RELATIONS[model] for name in ("innerjoin", "outerjoin")]
    return twins_of([*calls, *[Call("options", (path,)) for path in LOADED[model]]], alike)


@cache
def loader_options(model: Any, alike: bool) -> st.SearchStrategy[Twins]:
    return st.builds(
        lambda makes, first, second: (
            Call("options", (makes[0](first),)),
            Call("options", (makes[1](second),)),
        ),
        twins_of(expressions.LOADERS[model], alike),
        NUMBERS,
        NUMBERS,
    )


@cache
@st.composite
def projections(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    names = [column.path for column in COLUMNS[model] if column.kind != "labels"]
    if draw(st.booleans()):
        one, two = draw(twins_of(names, alike))
        return Call("values_list", (one,), {"flat": True}), Call("values_list", (two,), {"flat": True})
    method, chosen = draw(st.sampled_from(["values_list", "values"])), st.sampled_from(names)
    first = tuple(draw(st.lists(chosen, min_size=1, max_size=3, unique=True)))
    second = first if alike else tuple(draw(st.permutations(first)))
    return Call(method, first), Call(method, second)


def distinct(model: Any, alike: bool) -> st.SearchStrategy[Twins]:
    return st.just(same(Call("distinct")))


def reversals(model: Any, alike: bool) -> st.SearchStrategy[Twins]:
    return st.just(same(Call("reverse")))


@cache
@st.composite
def windows(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    starts, stops = draw(twins_of([True, False], alike)), draw(twins_of([True, False], alike))
    return tuple(
        Call(
            "[]",
            (slice(draw(st.integers(1, 3)) if start else None, draw(st.integers(4, 6)) if stop else None),),
        )
        for start, stop in zip(starts, stops, strict=True)
    )  # type: ignore[return-value]


@st.composite
def chains(draw: st.DrawFn, *, alike: bool, models: bool = False) -> Twins:
    """Two querysets. With `models`, of whole models in no order, as UPDATE and DELETE want them.

    Not alike, they differ in one call or in their zone: where much differs, nothing is mistaken.
    """
    model = draw(st.sampled_from([Parcel, Parcel, Stamp] if models else [Parcel, Parcel, Depot, Stamp]))
    made = [filters] * draw(st.integers(0 if alike else 1, 3)) + [joins] * draw(st.integers(0, 2))
    if not models:
        made += draw(st.lists(st.sampled_from([projections, loader_options]), max_size=1))
        made += draw(st.lists(st.sampled_from([orderings, orderings, distinct]), max_size=2))
    made = draw(st.permutations(made))
    if not models:
        made += draw(st.lists(st.sampled_from([reversals, windows]), max_size=1))
    conditions = [number for number, make in enumerate(made) if make is filters]
    odd = -1 if alike else draw(st.sampled_from([*range(len(made)), *conditions * 3, -2]))
    drawn = [draw(make(model, number != odd)) for number, make in enumerate(made)]
    zone, other = draw(st.permutations(ZONES))
    first = QuerySet(model, time_zone=zone)
    second = QuerySet(model, time_zone=other if odd == -2 else zone)
    for number, (one, two) in enumerate(drawn):
        left_out = number == odd and (one == two or draw(st.integers(0, 3)) == 0)
        first, second = first if left_out else one.on(first), two.on(second)
    return first, second
