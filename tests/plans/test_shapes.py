"""What of an expression is structure and what is value; no two kinds of shapes are taken for one."""

import enum
import inspect
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Dialect, Double, Enum, Integer, Numeric, String
from sqlalchemy.dialects.postgresql import asyncpg

from django_like_repos import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    RowRange,
    StdDev,
    Subquery,
    Sum,
    Value,
    ValueRange,
    When,
    Window,
    plans,
)
from django_like_repos.clauses.paging import keyset_ordered
from django_like_repos.execution.prefetching import owned_by
from django_like_repos.lookups import Exact
from django_like_repos.mapping.models import hop_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.plans import Plans
from django_like_repos.query import shapes
from django_like_repos.query.functions.comparison import Cast, Coalesce, Collate, Greatest
from django_like_repos.query.functions.dates import Trunc, TruncYear
from django_like_repos.query.functions.documents import JSONObject
from django_like_repos.query.functions.math import Round
from django_like_repos.query.functions.text import Concat, LPad, Replace, Substr, Upper
from django_like_repos.query.functions.windows import Lag, NthValue, Ntile, Rank, RowNumber
from tests.plans.schema import Depot, Kind, Parcel, Slot, Stamp, Tag
from tests.plans.twins import of_the_same_kinds

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
PARCELS: Any = QuerySet(Parcel)
STAMPS: Any = QuerySet(Stamp)


class Scaled(Func):
    template = "(%(expressions)s * %(by)s)"
    output_field = Integer()


class Size(enum.Enum):
    """As long as a ``Kind``."""

    LETTER = "letter"
    BOX = "box"
    CRATE = "crate"


def stamps(rank: int) -> Any:
    return STAMPS.filter(parcel_id=OuterRef("id"), rank__gt=rank)


def case(rank: Any, then: Any, default: Any) -> Case:
    return Case(When(rank=rank, then=then), default=default)


# Pairs of expressions.
ONE_PLAN = {
    "a value": (Value(1), Value(2)),
    "a value of a type": (Value(1, BigInteger()), Value("2", BigInteger)),
    "a plain value": (F("rank") + 1, F("rank") + 2),
    "a plain value and an expression": (F("rank") + 1, F("rank") + Value(2)),
    "a value in a function": (Coalesce("rank", 1), Coalesce("rank", 2)),
    "a path and its name": (Upper("code"), Upper(F("code"))),
    "a text in a function": (Replace("code", Value("a"), Value("b")), Replace("code", Value(""), Value("%"))),
    "numbers in functions": (LPad("code", 3, Value("x")), LPad("code", 9, Value("yy"))),
    "a part of a text": (F("code")[1:3], F("code")[0:9]),
    "one letter of it": (F("code")[0], F("code")[2]),
    "a number of digits": (Round("ratio", 1), Round("ratio", 2)),
    "a condition of a Case": (case(1, 2, 3), case(4, 5, 6)),
    "a condition that is a value": (Q(rank=1) | Q(code="a"), Q(rank=2) | Q(code="b")),
    "a filter": (Sum("rank", filter=Q(floor=1)), Sum("rank", filter=Q(floor=2))),
    "a default": (Sum("rank", default=1), Sum("rank", default=2)),
    "a value in an aggregate": (Sum(F("rank") * 2), Sum(F("rank") * 3)),
    "a subquery": (Subquery(stamps(1).values("rank")[:1]), Subquery(stamps(2).values("rank")[1:2])),
    "a condition of it": (Exists(stamps(1)), Exists(stamps(2))),
    "an offset": (Window(Lag("rank", 1), order_by="id"), Window(Lag("rank", 2), order_by="id")),
    "a default of a row": (
        Window(Lag("rank", 1, 5), order_by="id"),
        Window(Lag("rank", 1, 6), order_by="id"),
    ),
    "a bucket": (Window(Ntile(2), order_by="id"), Window(Ntile(3), order_by="id")),
    "a place": (Window(NthValue("rank", 2), order_by="id"), Window(NthValue("rank", 3), order_by="id")),
    "a value in a partition": (
        Window(Rank(), F("rank") + 1, F("floor") + 1),
        Window(Rank(), F("rank") + 2, F("floor") + 2),
    ),
    "a param": (RawSQL("%s + %s", (1, 2), Integer()), RawSQL("%s + %s", (3, 4), Integer())),
    "types that are alike": (Cast("rank", Numeric(5, 2)), Cast("rank", Numeric(5, 2))),
    "a value in a document": (JSONObject(a=Value(1)), JSONObject(a=Value(2))),
    "an SQLAlchemy expression": (
        ExpressionWrapper(Parcel.rank + 1, Integer()),
        ExpressionWrapper(Parcel.rank + 2, Integer()),
    ),
}
TWO_PLANS = {
    "a type": (Value(1), Value(1.0)),
    "a type of numbers": (Value(1), Value(Decimal(1))),
    "truth and number": (Value(1), Value(True)),
    "a type that is given": (Value(1, BigInteger()), Value(1, Double())),
    "None": (Value(1, Integer()), Value(None, Integer())),
    "None in a function": (Coalesce("rank", 1), Coalesce("rank", Value(None))),
    "a field": (F("rank") + 1, F("floor") + 1),
    "an operator": (F("rank") + 1, F("rank") - 1),
    "sides of it": (F("rank") - 1, 1 - F("rank")),
    "nesting": ((F("rank") - F("id")) - 1, F("rank") - (F("id") - 1)),
    "a function": (Coalesce("rank", 1), Greatest("rank", 1)),
    "an order of arguments": (Concat("code", "title"), Concat("title", "code")),
    "one argument more": (Substr("code", 1), Substr("code", 1, 2)),
    "a field and its text": (Concat("code", Value("title")), Concat("code", "title")),
    "an end of a text": (F("code")[1:], F("code")[1:3]),
    "a small number": (Func(1, function="abs"), Func(2**40, function="abs")),
    "a wrapped type": (ExpressionWrapper(F("rank"), Double()), ExpressionWrapper(F("rank"), Numeric())),
    "a precision": (Cast("rank", Numeric(5, 2)), Cast("rank", Numeric(5, 3))),
    "a length": (Cast("code", String(2)), Cast("code", String(3))),
    "an enumeration": (Cast("code", Enum(Kind)), Cast("code", Enum(Size))),
    "how it is stored": (Cast("code", Enum(Kind)), Cast("code", Enum(Kind, native_enum=False))),
    "a collation": (Collate("code", "C"), Collate("code", "POSIX")),
    "what fills a template": (Scaled("rank", by=2), Scaled("rank", by=3)),
    "an option": (Trunc("sent_on", "month"), Trunc("sent_on", "year")),
    "a key": (JSONObject(a="rank"), JSONObject(b="rank")),
    "a lookup": (Case(When(rank__gt=1, then=2)), Case(When(rank__lt=1, then=2))),
    "None in a condition": (case(1, 2, 3), case(None, 2, 3)),
    "None as a value": (case(1, 2, 3), case(1, 2, None)),
    "an order of cases": (
        Case(When(rank=1, then="rank"), When(floor=1, then="floor")),
        Case(When(floor=1, then="floor"), When(rank=1, then="rank")),
    ),
    "a negation": (Q(rank=1), ~Q(rank=1)),
    "a condition and a value": (
        ExpressionWrapper(Q(rank=1), Integer()),
        ExpressionWrapper(F("rank"), Integer()),
    ),
    "an aggregate": (Sum("rank"), Max("rank")),
    "different values": (Sum("rank"), Sum("rank", distinct=True)),
    "a filter": (Sum("rank"), Sum("rank", filter=Q(floor=1))),
    "None in a filter": (Count("id", filter=Q(floor=1)), Count("id", filter=Q(floor=None))),
    "a default": (Sum("rank"), Sum("rank", default=0)),
    "a sample": (StdDev("rank"), StdDev("rank", sample=True)),
    "rows and values": (Count("*"), Count("id")),
    "a subquery and its presence": (Subquery(stamps(1).values("rank")[:1]), Exists(stamps(1))),
    "a limit": (Subquery(stamps(1).values("rank")), Subquery(stamps(1).values("rank")[:1])),
    "a way out": (
        Exists(STAMPS.filter(rank=OuterRef("rank"))),
        Exists(STAMPS.filter(rank=F("rank"))),
    ),
    "a level": (
        Exists(STAMPS.filter(Exists(QuerySet(Depot).filter(rank=OuterRef("rank"))))),
        Exists(STAMPS.filter(Exists(QuerySet(Depot).filter(rank=OuterRef(OuterRef("rank")))))),
    ),
    "a partition": (Window(Sum("rank"), "floor"), Window(Sum("rank"))),
    "partition and order": (Window(Sum("rank"), "floor"), Window(Sum("rank"), None, "floor")),
    "a direction": (
        Window(RowNumber(), order_by=F("rank").asc()),
        Window(RowNumber(), order_by=F("rank").desc()),
    ),
    "the place of NULLs": (
        Window(RowNumber(), order_by=F("rank").desc(nulls_first=True)),
        Window(RowNumber(), order_by=F("rank").desc(nulls_last=True)),
    ),
    "a frame": (
        Window(Sum("rank"), order_by="id", frame=RowRange(-1, 0)),
        Window(Sum("rank"), order_by="id", frame=RowRange(0, 1)),
    ),
    "a unit": (
        Window(Sum("rank"), order_by="id", frame=RowRange(None, 0)),
        Window(Sum("rank"), order_by="id", frame=ValueRange(None, 0)),
    ),
    "an aggregate over rows": (Sum("rank"), Window(Sum("rank"))),
    "SQL": (RawSQL("%s + 1", (1,), Integer()), RawSQL("%s + 2", (1,), Integer())),
    "a kind of param": (RawSQL("%s", (1,), Integer()), RawSQL("%s", ("a",), Integer())),
    "an SQLAlchemy expression": (
        ExpressionWrapper(Parcel.rank + 1, Integer()),
        ExpressionWrapper(Parcel.floor + 1, Integer()),
    ),
}
# Pairs of querysets.
ONE_PLAN_OF_CHAINS = {
    "an annotation": (
        PARCELS.annotate(n=F("rank") + 1).filter(n__gt=2),
        PARCELS.annotate(n=F("rank") + 3).filter(n__gt=4),
    ),
    "a condition on groups": (
        PARCELS.values("code").annotate(n=Count("id")).filter(n__gt=1),
        PARCELS.values("code").annotate(n=Count("id")).filter(n__gt=2),
    ),
    "an order": (PARCELS.order_by(Coalesce("rank", 1).desc()), PARCELS.order_by(Coalesce("rank", 2).desc())),
    "values": (
        PARCELS.values(n=F("rank") + 1),
        PARCELS.values_list(n=F("rank") + 2) if False else PARCELS.values(n=F("rank") + 2),
    ),
    "a relation": (
        PARCELS.annotate(s=FilteredRelation("stamps", condition=Q(stamps__rank=1))).filter(s__text="a"),
        PARCELS.annotate(s=FilteredRelation("stamps", condition=Q(stamps__rank=2))).filter(s__text="b"),
    ),
    "a union": (
        PARCELS.filter(rank=1).union(PARCELS.filter(rank=2)),
        PARCELS.filter(rank=3).union(PARCELS.filter(rank=4)),
    ),
    "either of two": (
        PARCELS.filter(rank=1) | PARCELS.filter(stamps__rank=2),
        PARCELS.filter(rank=3) | PARCELS.filter(stamps__rank=4),
    ),
    "dates": (
        PARCELS.filter(rank=1).dates("sent_on", "year"),
        PARCELS.filter(rank=2).dates("sent_on", "year"),
    ),
}
TWO_PLANS_OF_CHAINS = {
    "a name": (PARCELS.annotate(n=F("rank")), PARCELS.annotate(m=F("rank"))),
    "whether it is read": (PARCELS.annotate(n=F("rank")), PARCELS.alias(n=F("rank"))),
    "what a name means": (
        PARCELS.annotate(n=F("rank")).filter(n=1),
        PARCELS.annotate(n=F("floor")).filter(n=1),
    ),
    "an order of calls": (
        PARCELS.filter(stamps__rank=1).annotate(n=Count("stamps")),
        PARCELS.annotate(n=Count("stamps")).filter(stamps__rank=1),
    ),
    "groups": (
        PARCELS.values("code").annotate(n=Count("id")),
        PARCELS.annotate(n=Count("id")).values("code", "n"),
    ),
    "the place of NULLs": (
        PARCELS.order_by(F("rank").asc(nulls_first=True)),
        PARCELS.order_by(F("rank").asc(nulls_last=True)),
    ),
    "chance": (PARCELS.order_by("?"), PARCELS.order_by("id")),
    "what is different": (
        PARCELS.order_by("code", "rank").distinct("code"),
        PARCELS.order_by("code", "rank").distinct("code", "rank"),
    ),
    "a relation": (
        PARCELS.annotate(s=FilteredRelation("stamps", condition=Q(stamps__rank=1))).filter(s__text="a"),
        PARCELS.annotate(s=FilteredRelation("stamps", condition=Q(stamps__text="b"))).filter(s__text="a"),
    ),
    "an operator": (PARCELS.union(PARCELS.filter(rank=1)), PARCELS.intersection(PARCELS.filter(rank=1))),
    "every row": (
        PARCELS.union(PARCELS.filter(rank=1)),
        PARCELS.union(PARCELS.filter(rank=1), all=True),
    ),
    "another order of members": (
        PARCELS.filter(rank=1).difference(PARCELS.filter(floor=1)),
        PARCELS.filter(floor=1).difference(PARCELS.filter(rank=1)),
    ),
    "two conditions and one": (
        PARCELS.filter(stamps__rank=1) & PARCELS.filter(stamps__text="a"),
        PARCELS.filter(stamps__rank=1, stamps__text="a"),
    ),
    "a connector": (
        PARCELS.filter(rank=1) | PARCELS.filter(floor=2),
        PARCELS.filter(rank=1) ^ PARCELS.filter(floor=2),
    ),
    "a kind of dates": (PARCELS.dates("sent_on", "year"), PARCELS.dates("sent_on", "month")),
    "an order of dates": (PARCELS.dates("sent_on", "year"), PARCELS.dates("sent_on", "year", "DESC")),
    "a zone": (
        QuerySet(Stamp, time_zone="UTC").values(y=TruncYear("made_at")),
        QuerySet(Stamp, time_zone="Europe/Riga").values(y=TruncYear("made_at")),
    ),
}


def said(queryset: Any) -> str:
    """The SQL of a plan that was made for a queryset alone."""
    plan, _ = Plans(DIALECT, 1).prepare(plans.SELECT, queryset._query)
    statement = plan.statement
    return str(statement.compile(dialect=DIALECT))


def annotated(expression: Any) -> Any:
    return PARCELS.annotate(it=expression)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *[pytest.param(*map(annotated, pair), id=name) for name, pair in ONE_PLAN.items()],
        *[pytest.param(*pair, id=f"{name} of a chain") for name, pair in ONE_PLAN_OF_CHAINS.items()],
    ],
)
def test_values_share_a_plan(first: Any, second: Any) -> None:
    kept = Plans(DIALECT, 2)
    statements = [kept.prepare(plans.SELECT, each._query)[0].statement for each in (first, second)]

    assert statements[0] is statements[1]
    assert said(first) == said(second)
    assert of_the_same_kinds(first._query.shape, second._query.shape)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *[pytest.param(*map(annotated, pair), id=name) for name, pair in TWO_PLANS.items()],
        *[pytest.param(*pair, id=f"{name} of a chain") for name, pair in TWO_PLANS_OF_CHAINS.items()],
    ],
)
def test_structure_has_a_plan_of_its_own(first: Any, second: Any) -> None:
    kept = Plans(DIALECT, 2)
    statements = [kept.prepare(plans.SELECT, each._query)[0].statement for each in (first, second)]

    assert statements[0] is not statements[1]
    assert said(first) != said(second)


@pytest.mark.parametrize("second", [True, 1.0, Decimal("1.00")], ids=repr)
def test_options_that_python_takes_for_one(second: Any) -> None:
    assert said(annotated(Scaled("rank", by=1))) != said(annotated(Scaled("rank", by=second)))


# No two kinds of shapes are equal.

KINDS: list[Any] = [
    kind
    for _, kind in inspect.getmembers(shapes, inspect.isclass)
    # What is proposed is spoken of in `upsert()`, and in no queryset.
    if issubclass(kind, tuple) and kind.__module__ == shapes.__name__ and kind is not shapes.Offered
]
# Without a tag. Those of a group have as many fields, but never of the same types in one place: `Order` is of
# `order_by()`, `Join` and `Projection` of the frame; `Pair` and `Members` belong to different lookups; a
# `Reference` holds a text, `Typed` a type, `Row` operands and `Subquery` a `Shape`.
UNTAGGED = [
    ["Atom", "Group"],
    ["Join", "Members", "Order", "Pair", "Projection"],
    ["Reference", "Row", "Subquery", "Typed"],
]
TAGS = ("tag", "kind")


def test_tags_tell_shapes_of_equal_fields_apart() -> None:
    equal: dict[Any, list[str]] = defaultdict(list)
    for kind in KINDS:
        # Whatever is given to the one, the other might be given too.
        given = [name for name in kind._fields if name not in kind._field_defaults or name not in TAGS]
        equal[kind(**dict.fromkeys(given, "x"))].append(kind.__name__)

    assert sorted(sorted(names) for names in equal.values() if len(names) > 1) == UNTAGGED


def parts(shape: Any) -> Iterator[Any]:
    """A shape and everything in it."""
    yield shape
    for part in shape if isinstance(shape, tuple) else ():
        yield from parts(part)


WORDS = ["null", "true", "list", "star", "never", "always", "call", "truth", "outer", "sort", "nested"]


def hostile() -> Iterator[Any]:
    """Querysets of names by which shapes call themselves, and of every kind of shape."""
    tags: Any = QuerySet(Tag)
    for word in WORDS:
        yield tags.annotate(**{word: F("opaque")}).filter(**{f"{word}__gt": F("id")})
    for word in ("value", "opaque"):
        yield tags.filter(id=F(word))
        yield tags.filter(id__range=(F(word), 1))
        yield tags.filter(id__in=[F(word), 1])
        yield tags.values(n=F(word) + Value(1))
    yield tags.filter(Tag.opaque == 1)
    yield QuerySet(Slot).filter(pk=(F("number"), 1))
    yield tags.filter(Exact(F("value") + 1, F("opaque")))
    yield tags.only("value")
    yield tags.defer("opaque")
    yield PARCELS.select_related("depot").only("depot")
    yield tags.select_for_update(no_key=True)
    yield tags._with(keyset_ordered(tags.order_by("value")._query))
    yield PARCELS.innerjoin("depot").filter(Exists(stamps(1)), Q(rank=1) | Q(id__in=STAMPS.values("rank")))
    relation = hop_of(mapper_of(Depot), "parcels")
    assert relation is not None
    for number in (1, 1000):
        owned = owned_by(PARCELS._query, ownership_of(relation), [*range(number)])
        yield PARCELS._with(owned)
    for pair in [*ONE_PLAN.values(), *TWO_PLANS.values()]:
        yield from map(annotated, pair)
    for pair in [*ONE_PLAN_OF_CHAINS.values(), *TWO_PLANS_OF_CHAINS.values()]:
        yield from pair


def test_shapes_of_hostile_names_are_those_of_their_kind() -> None:
    found: dict[Any, Any] = {}
    for queryset in hostile():
        for part in parts(queryset._query.shape):
            if type(part) in KINDS:
                assert of_the_same_kinds(found.setdefault(part, part), part)

    assert {type(part) for part in found} == set(KINDS)
