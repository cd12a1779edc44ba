"""Plans of expressions: one for each shape, whatever the values and whoever asks; values are never mixed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Integer, Numeric, String, func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Database,
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
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django_like_repos.plans import Plans, plans_of
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.text import Concat, Left, Substr
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Objects, objects_in
from tests.parity.schema import Author, Book, Country, Review, Tag

Shape = Callable[[Objects, int], QuerySet[Any, Any]]

SHAPES: dict[str, Shape] = {
    "a value": lambda q, n: q(Tag).annotate(x=Value(n)).values_list("x", flat=True).order_by("pk"),
    "a typed value": lambda q, n: q(Tag).annotate(x=Value(n, output_field=Integer())).values_list("x"),
    "arithmetic": lambda q, n: q(Tag).annotate(x=F("weight") * n + 1).values_list("x").order_by("pk"),
    "arithmetic, filtered by": lambda q, n: (
        q(Tag).annotate(x=F("weight") * n).filter(x__gt=n).values_list("x").order_by("pk")
    ),
    "a condition": lambda q, n: q(Tag).annotate(x=Q(weight__gt=n)).values_list("x").order_by("pk"),
    "cases": lambda q, n: (
        q(Tag)
        .annotate(x=Case(When(weight__gt=n, then=n), When(pk=n, then=n * 2), default=-n))
        .values_list("x")
        .order_by("pk")
    ),
    "an aggregate with a filter": lambda q, n: (
        q(Author)
        .annotate(x=Count("books", filter=Q(books__pages__gt=n * 100)))
        .values_list("x")
        .order_by("pk")
    ),
    "an aggregate with a default": lambda q, n: (
        q(Author).annotate(x=Sum("books__pages", default=n)).values_list("x").order_by("pk")
    ),
    "a condition on groups": lambda q, n: (
        q(Author).annotate(x=Count("books")).filter(x__gte=n).values_list("pk", "x").order_by("pk")
    ),
    "a subquery": lambda q, n: (
        q(Author)
        .annotate(x=Subquery(q(Book).filter(author=OuterRef("pk"), pages__gt=n * 100).order_by("pk")[:1]))
        .values_list("x")
        .order_by("pk")
    ),
    "a subquery that is a slice": lambda q, n: (
        q(Author)
        .annotate(x=Subquery(q(Book).filter(author=OuterRef("pk")).order_by("pk")[n : n + 1]))
        .values_list("x")
        .order_by("pk")
    ),
    "whether there is any": lambda q, n: (
        q(Author).filter(Exists(q(Book).filter(author=OuterRef("pk"), pages__gt=n * 100))).order_by("pk")
    ),
    "a window": lambda q, n: (
        q(Tag).annotate(x=Window(Sum(F("id") * n), order_by="pk")).values_list("x", flat=True).order_by("pk")
    ),
    "filtered by a window": lambda q, n: (
        q(Tag).annotate(x=Window(RowNumber(), order_by="name")).filter(x__lte=n).order_by("pk")
    ),
    "a filtered relation": lambda q, n: (
        q(Author)
        .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=n * 100)))
        .annotate(x=Count("thick"))
        .values_list("x")
        .order_by("pk")
    ),
    "functions": lambda q, n: (
        q(Tag)
        .annotate(x=Concat("name", Value(str(n))), y=Substr("name", n, 2))
        .values_list("x", "y")
        .order_by("pk")
    ),
    "functions with a number that is a value": lambda q, n: (
        q(Tag).annotate(x=Left("name", n)).values_list("x").order_by("pk")
    ),
    "SQL of one's own": lambda q, n: (
        q(Tag).annotate(x=RawSQL("tags.id * %s", [n], output_field=Integer())).values_list("x").order_by("pk")
    ),
    "an SQLAlchemy expression": lambda q, n: (
        q(Tag).annotate(x=func.coalesce(Tag.weight, n)).values_list("x").order_by("pk")
    ),
    "both": lambda q, n: (
        q(Tag)
        .annotate(x=func.coalesce(Tag.weight, n), y=F("weight") * n)
        .filter(Tag.id > n, pk__lt=n + 4)
        .annotate(z=F("x") * n)
        .values_list("x", "y", "z")
        .order_by(func.abs(Tag.id - n), "pk")
    ),
    "a union": lambda q, n: (
        q(Tag).filter(pk=n).values("pk").union(q(Tag).filter(pk=n + 2).values("pk")).order_by("pk")
    ),
    "or": lambda q, n: (q(Tag).filter(pk=n) | q(Tag).filter(pk=n + 2)).order_by("pk"),
    "values on both sides": lambda q, n: q(Tag).filter(weight__lt=F("id") * n - Value(2 * n)).order_by("pk"),
    "ordered by": lambda q, n: q(Tag).order_by(Case(When(pk=n, then=0), default=1), "pk"),
    "a part of a text": lambda q, n: q(Tag).annotate(x=F("name")[n : n + 2]).values_list("x").order_by("pk"),
}


@pytest.fixture
def plans(shelf: AsyncSession) -> Plans:
    """The plans of the engine, forgotten before the test."""
    found = plans_of(shelf.sync_session.get_bind())
    found.clear()
    return found


async def _fresh(plans: Plans, queryset: QuerySet[Any, Any]) -> list[Any]:
    plans.clear()
    return await queryset


@pytest.mark.sampled
@pytest.mark.parametrize("name", SHAPES)
async def test_one_plan_for_all_values(shelf: AsyncSession, plans: Plans, name: str) -> None:
    """What a plan that others made gives is what a new plan gives, and the values do make a difference."""
    q, make = objects_in(shelf), SHAPES[name]
    fresh = [await _fresh(plans, make(q, n)) for n in (1, 2, 3)]
    plans.clear()

    shared = [await make(q, n) for n in (1, 2, 3)]
    again = [await make(q, n) for n in (3, 2, 1)]

    assert shared == fresh
    assert again == fresh[::-1]
    assert (plans.info().misses, plans.info().hits) == (1, 5)
    assert fresh[0] != fresh[1] or fresh[1] != fresh[2]


@pytest.mark.sampled
@pytest.mark.parametrize("name", SHAPES)
async def test_tasks_that_share_a_plan_keep_their_values(shelves: Database, name: str) -> None:
    make = SHAPES[name]

    async def ask(n: int) -> list[Any]:
        async with shelves.session() as session:
            rows = await make(objects_in(session), n)
            return [getattr(row, "id", row) for row in rows]

    alone = [await ask(n) for n in (1, 2, 3)]
    plans_of(shelves.engine.sync_engine).clear()
    together = await asyncio.gather(*[ask(n) for n in (1, 2, 3) * 3])

    assert together == alone * 3


def _typed(n: int) -> Any:
    return ExpressionWrapper(F("weight") + n, output_field=BigInteger())


SAME: dict[str, Callable[[Objects, int], QuerySet[Any, Any]]] = {
    "a value": lambda q, n: q(Tag).annotate(x=Value(n, output_field=Integer())),
    "a wrapped one": lambda q, n: q(Tag).annotate(x=_typed(n)),
    "a function": lambda q, n: q(Tag).annotate(x=Coalesce("weight", n, output_field=Integer())),
    "a function of one's own": lambda q, n: q(Tag).annotate(
        x=Func("name", Value(n), function="coalesce", output_field=String(20))
    ),
    "a cast": lambda q, n: q(Tag).annotate(x=Cast(F("weight") + n, output_field=Numeric(8, 2))),
    "cases": lambda q, n: q(Tag).annotate(x=Case(When(pk=n, then=1), default=2, output_field=Integer())),
    "a subquery": lambda q, n: q(Author).annotate(
        x=Subquery(q(Book).filter(author=OuterRef("pk"), pk=n).values("pk")[:1], output_field=Integer())
    ),
    "an aggregate": lambda q, n: q(Author).annotate(
        x=Sum("books__pages", filter=Q(books__pk=n), output_field=BigInteger())
    ),
    "a window": lambda q, n: q(Tag).annotate(
        x=Window(Max(F("weight") + n), order_by="pk", frame=RowRange(None, 0), output_field=Integer())
    ),
    "SQL of one's own": lambda q, n: q(Tag).annotate(x=RawSQL("%s + 1", [n], output_field=Integer())),
    "a filtered relation": lambda q, n: q(Author).annotate(
        thick=FilteredRelation("books", condition=Q(books__pages__gt=n))
    ),
    "an alias": lambda q, n: q(Tag).alias(x=_typed(n)).filter(x__gt=n),
}


@pytest.mark.parametrize("name", SAME)
async def test_types_that_are_made_anew_make_no_new_plans(
    shelf: AsyncSession, plans: Plans, name: str
) -> None:
    q, make = objects_in(shelf), SAME[name]
    for n in (1, 2, 3, 4):
        queryset = make(q, n)
        if name == "a function of one's own" and shelf.get_bind().dialect.name == "postgresql":
            queryset = q(Tag).annotate(
                x=Func("name", Value(str(n)), function="coalesce", output_field=String(20))
            )
        await queryset
        await queryset.count()

    assert plans.info().misses == 2


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Value(1), Value("a")),
        (Value(1), Value(1.5)),
        (Value(1), Value(True)),
        (Value(1), Value(None, output_field=Integer())),
        (Value(date(2020, 1, 1)), Value(datetime(2020, 1, 1, tzinfo=UTC))),
        (Value(Decimal("1.5")), Value(1.5)),
        (Value(timedelta(days=1)), Value(1)),
        (Value(1, output_field=Integer()), Value(1, output_field=String())),
        (F("weight") + 1, F("weight") - 1),
        (F("weight") + 1, 1 + F("weight")),
        (Count("pk"), Count("weight")),
        (Count("weight"), Count("weight", distinct=True)),
        (Q(weight=1), ~Q(weight=1)),
        (Q(weight=None), Q(weight=1)),
        (F("name")[0:2], F("name")[1:]),
        (
            Window(Sum("weight"), order_by="pk", frame=RowRange(-1, 0)),
            Window(Sum("weight"), order_by="pk", frame=RowRange(-2, 0)),
        ),
        (Window(Sum("weight"), order_by="pk"), Window(Sum("weight"), order_by="-pk")),
        (RawSQL("1", []), RawSQL("2", [])),
        (Func("name", function="upper"), Func("name", function="lower")),
        (Cast("weight", Integer()), Cast("weight", String())),
        (Cast("weight", Numeric(8, 2)), Cast("weight", Numeric(8, 3))),
    ],
    ids=lambda each: repr(each)[:40],
)
async def test_what_decides_the_sql_has_a_plan_of_its_own(
    shelf: AsyncSession, plans: Plans, one: Any, other: Any
) -> None:
    tags = QuerySet(Tag, shelf)
    fresh = [await _fresh(plans, tags.annotate(x=each)) for each in (one, other)]
    assert all(fresh)
    plans.clear()
    values = [
        [row.__dict__["x"] for row in await QuerySet(Tag, shelf).annotate(x=each).order_by("pk")]
        for each in (one, other, one)
    ]

    assert plans.info().misses == 2
    assert repr(values[0]) == repr(values[2])


async def test_annotations_of_one_name_do_not_meet(shelf: AsyncSession, plans: Plans) -> None:
    """The name is the same, what it stands for is not: filters and orderings on it must not share."""
    countries = QuerySet(Country, shelf)
    by_length = countries.annotate(x=Func("name", function="LENGTH", output_field=Integer()))
    by_key = countries.annotate(x=F("id") * 10)

    assert await by_length.filter(x__gt=5).order_by("pk").values_list("pk", flat=True) == [1, 2]
    assert await by_key.filter(x__gt=5).order_by("pk").values_list("pk", flat=True) == [1, 2, 3, 4]
    assert await by_length.order_by("-x", "pk").values_list("x", flat=True) == [6, 6, 5, 4]
    assert await by_key.order_by("-x", "pk").values_list("x", flat=True) == [40, 30, 20, 10]


async def test_none_among_values_is_structure(shelf: AsyncSession, plans: Plans) -> None:
    tags = QuerySet(Tag, shelf).order_by("pk")
    answers: list[tuple[Any, list[int]]] = [(3, [1, 4]), (None, [3, 5]), (1, [2, 7])]
    for value, expected in answers:
        found = await tags.annotate(x=F("weight")).filter(x=value).values_list("pk", flat=True)
        assert found == expected
    defaults: list[Any] = [5, None, 6]
    for default in defaults:
        filled = tags.annotate(x=Coalesce("weight", Value(default))).filter(pk=3)
        assert await filled.values_list("x", flat=True) == [default]


async def test_lists_of_any_length(shelf: AsyncSession, plans: Plans) -> None:
    tags = QuerySet(Tag, shelf).annotate(x=F("weight") + 0).order_by("pk")
    assert await tags.filter(x__in=[3]).values_list("pk", flat=True) == [1, 4]
    assert await tags.filter(x__in=[1, 2, 3]).values_list("pk", flat=True) == [1, 2, 4, 6, 7]
    assert await tags.filter(x__in=[]).values_list("pk", flat=True) == []
    assert await tags.filter(x__in=range(40_000)).values_list("pk", flat=True) == [1, 2, 4, 6, 7]


async def test_a_queryset_within_brings_its_own_values(shelf: AsyncSession, plans: Plans) -> None:
    """Values before, within and after the subquery come in one order, whatever the nesting."""
    q = objects_in(shelf)

    def make(a: int, b: int, c: int, d: int) -> QuerySet[Any, Any]:
        inner = q(Review).filter(book=OuterRef("pk"), rating__gte=b).exclude(rating=c).order_by("pk")[:d]
        return (
            q(Book)
            .filter(pk__lte=a)
            .annotate(x=Coalesce(Subquery(inner.values("rating")[:1]), Value(-1)))
            .filter(x__gte=-a)
            .order_by("pk")
            .values_list("pk", "x")
        )

    assert await make(3, 1, 5, 9) == [(1, 1), (2, 3), (3, 2)]
    assert await make(2, 4, 4, 9) == [(1, 5), (2, -1)]
    assert await make(2, 1, 1, 1) == [(1, 5), (2, 3)]
    assert plans.info().misses == 1
