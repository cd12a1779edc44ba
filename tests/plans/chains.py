"""Hypothesis strategies of chains, each twice: two querysets made by the same calls with different values.

The first is there to leave its plan behind, the second to use it. A strategy here gives twins, `(first,
second)`; with `alike` they have one shape, without it two that could be mistaken for each other: None in the
place of a value, a list, another order or join, a call more.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from django_like_repos import F, Q, QuerySet
from tests.plans import expressions
from tests.plans.rows import TOKENS
from tests.plans.schema import Depot, Kind, Parcel, Stamp

Twins = tuple[Any, Any]
Values = st.SearchStrategy[Any]


class Form(NamedTuple):
    """A lookup with the kind of value that it is given: all that a shape keeps of a condition."""

    lookup: str
    values: Values


class Column(NamedTuple):
    """A path and the kind of column that it leads to."""

    path: str
    kind: str


TEXTS = st.sampled_from(
    ["", "a", "abc", "АДА", "Ада", "%", "_", "/", "a/b_c%", "100%", "é", "Omsk' --", "in"]
)
NUMBERS = st.integers(-3, 6)
DECIMALS = st.sampled_from([Decimal(each) for each in ("-1", "0", "1.2", "1.3", "9.9")])
DATES = st.sampled_from([date(2023, 5, 5), date(2024, 1, 1), date(2024, 1, 2), date(2030, 1, 1)])

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
}
ORDER_LOOKUPS = ["gt", "gte", "lt", "lte"]
PATTERNS = ["contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "like", "ilike"]
TEXT_LOOKUPS = ["iexact", *PATTERNS, *ORDER_LOOKUPS]
ORDERED = {"number", "decimal", "real", "money", "date", "moment"}

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
        Column("labels", "labels"),
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
def forms(model: Any, column: Column) -> list[Form]:
    """Every kind of condition that a column can be in."""
    kind = column.kind
    values = VALUES[kind]
    same_kind = [each.path for each in COLUMNS[model] if each.kind == kind]
    lists = st.lists(values, min_size=1, max_size=4)
    found = [
        Form("exact", values),
        Form("ne", values),
        Form("exact", st.none()),
        Form("isnull", st.just(True)),
        Form("isnull", st.just(False)),
        Form("in", lists),
        Form("in", lists.map(lambda members: [None, *members, None])),
        Form("notin", lists),
        Form("in", st.sampled_from([[], [None]])),
        Form("notin", st.just([])),
        *[Form(lookup, st.just(F(path))) for lookup in ("exact", "ne") for path in same_kind[:2]],
    ]
    if kind in ORDERED:
        found += [Form(lookup, values) for lookup in ORDER_LOOKUPS]
        found += [Form("range", st.tuples(values, values)), Form("lte", st.just(F(same_kind[-1])))]
    if kind == "text":
        found += [Form(lookup, TEXTS) for lookup in TEXT_LOOKUPS]
        found += [Form("icontains", st.just(F(same_kind[0]))), Form("range", st.tuples(TEXTS, TEXTS))]
    if kind == "number":
        found += _number_forms(same_kind)
    return found


def _number_forms(paths: list[str]) -> list[Form]:
    too_big, too_small = st.integers(2**63, 2**70), st.integers(-(2**70), -(2**63) - 1)
    return [
        *[Form(lookup, too_big) for lookup in ("exact", "ne", *ORDER_LOOKUPS)],
        *[Form(lookup, too_small) for lookup in ("exact", "ne", *ORDER_LOOKUPS)],
        Form("in", st.lists(too_big, min_size=1, max_size=2)),
        Form("in", st.tuples(NUMBERS, too_small)),
        Form("range", st.tuples(NUMBERS, too_big)),
        Form("range", st.tuples(too_small, NUMBERS)),
        *[Form("gt", NUMBERS.map(lambda by, path=path: F(path) + by)) for path in paths[:2]],  # type: ignore[misc]
        Form("range", NUMBERS.map(lambda by: (by, F(paths[0]) * 2))),
        Form("lt", NUMBERS.map(expressions.largest_rank)),
        Form("in", NUMBERS.map(lambda rank: QuerySet(Depot).filter(rank__gte=rank).values_list("id"))),
        Form("in", st.tuples(NUMBERS, st.integers(1, 3)).map(_first_depots)),
        Form("in", NUMBERS.map(_parcels_stamped)),
        Form("in", TEXTS.map(expressions.ranks_of_stamps)),
    ]


def _first_depots(bounds: tuple[int, int]) -> Any:
    rank, number = bounds
    return QuerySet(Depot).exclude(rank=rank).order_by("-city", "id").values_list("id")[0:number]


def _parcels_stamped(rank: int) -> Any:
    return QuerySet(Parcel).filter(stamps__rank=rank).exclude(tags__name="fast").values_list("rank")


def twins_of(values: Sequence[Any], alike: bool) -> st.SearchStrategy[Twins]:
    """One of the values twice; not alike, sometimes two: what differs little is most easily mistaken."""
    drawn = st.sampled_from(values)
    same = drawn.map(_same)
    return same if alike else same | same | st.tuples(drawn, drawn)


def _same(value: Any) -> Twins:
    return value, value


@cache
@st.composite
def comparisons(draw: st.DrawFn, model: Any, alike: bool) -> Twins:
    column = draw(st.sampled_from(COLUMNS[model]))
    return tuple(
        Q(**{f"{column.path}__{form.lookup}": draw(form.values)})
        for form in draw(twins_of(forms(model, column), alike))
    )  # type: ignore[return-value]


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
    conditions = draw(st.lists(trees(model, alike), min_size=1, max_size=2))
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
def projections(draw: st.DrawFn, model: Any) -> Twins:
    names = st.sampled_from([column.path for column in COLUMNS[model] if column.kind != "labels"])
    if draw(st.booleans()):
        return _same(Call("values_list", (draw(names),), {"flat": True}))
    chosen = tuple(draw(st.lists(names, min_size=1, max_size=3, unique=True)))
    return _same(Call(draw(st.sampled_from(["values_list", "values"])), chosen))


@cache
@st.composite
def windows(draw: st.DrawFn, alike: bool) -> Twins:
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
    """Two querysets. With `models`, of whole models in no order, as UPDATE and DELETE want them."""
    model = draw(st.sampled_from([Parcel, Parcel, Stamp] if models else [Parcel, Parcel, Depot, Stamp]))
    drawn = draw(st.lists(filters(model, alike), max_size=3))
    drawn += draw(st.lists(joins(model, alike), max_size=2))
    if not models:
        if draw(st.booleans()):
            drawn += [draw(projections(model) if draw(st.booleans()) else loader_options(model, alike))]
        distinct = st.just(_same(Call("distinct")))
        drawn += draw(st.lists(orderings(model, alike) | distinct, max_size=2))
    drawn = draw(st.permutations(drawn))
    if not models:
        reverse = st.just(_same(Call("reverse")))
        drawn += draw(st.lists(reverse | windows(alike), max_size=1))
    first, second = QuerySet(model), QuerySet(model)
    for one, two in drawn:
        kept = alike or draw(st.integers(0, 9)) > 0
        first, second = one.on(first) if kept else first, two.on(second)
    return first, second
