"""Nothing: querysets without rows, conditions that never hold, NULL as a value, aggregates of no rows."""

from typing import Any

import pytest
from sqlalchemy import Boolean, Date, Integer, String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Avg,
    Case,
    Count,
    DoesNotExist,
    Exists,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UnsupportedOperationError,
    Value,
    Variance,
    When,
    Window,
)
from django_like_repos.query.functions.comparison import Coalesce, NullIf
from django_like_repos.query.functions.text import Concat, Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, Make, answer_of
from tests.parity.schema import Author, Book, Country, Review, Tag
from tests.recording import RecordedSQL

UNASKED: Answers = {
    "models": (lambda q: q(Tag).none().annotate(n=Count("books")), []),
    "values": (lambda q: q(Tag).none().values("weight").annotate(n=Count("*")), []),
    "a list": (lambda q: q(Tag).annotate(n=Count("books")).none().values_list("n", flat=True), []),
    "how many": (lambda q: q(Tag).none().annotate(n=Count("books")).count(), 0),
    "whether any": (lambda q: q(Tag).none().annotate(n=Count("books")).exists(), False),
    "the first": (lambda q: q(Tag).none().annotate(n=Count("books")).first(), None),
    "the last": (lambda q: q(Tag).none().annotate(n=Count("books")).order_by("n").last(), None),
    "one or none": (lambda q: q(Tag).none().annotate(n=Count("books")).get_or_none(n=1), None),
    "by key": (lambda q: q(Tag).none().annotate(n=Count("books")).in_bulk([1]), {}),
    "windows": (lambda q: q(Tag).none().annotate(w=Window(RowNumber())).filter(w=1), []),
    "dates": (lambda q: q(Book).none().dates("published_on", "year"), []),
    "an empty list": (lambda q: q(Tag).annotate(n=Count("books")).filter(n__in=[]), []),
    "an empty slice": (lambda q: q(Tag).annotate(n=Count("books"))[3:3], []),
    "deleted": (lambda q: q(Tag).none().annotate(n=Count("books")).filter(n=0).delete(), []),
    "updated": (lambda q: q(Tag).none().annotate(n=F("weight")).update(weight=F("n")), []),
}

ANSWERS: Answers = {
    "a union of nothing": (lambda q: q(Tag).none().union(q(Tag).none()), []),
    "an intersection of nothing": (lambda q: q(Tag).none().intersection(q(Tag).all()).count(), 0),
    "a union with nothing": (lambda q: q(Tag).none().union(q(Tag).filter(pk=1)), [1]),
    "nothing in a union": (lambda q: q(Tag).filter(pk=1).union(q(Tag).none()), [1]),
    "nothing in a union of values": (
        lambda q: (
            q(Tag).none().values_list("name", flat=True).union(q(Country).filter(pk=1).values_list("name"))
        ),
        [("France",)],
    ),
    "an intersection with nothing": (lambda q: q(Tag).intersection(q(Tag).none()), []),
    "a difference with nothing": (lambda q: q(Tag).filter(pk=1).difference(q(Tag).none()), [1]),
    "a difference of nothing": (lambda q: q(Tag).none().difference(q(Tag).all()), []),
    "or": (lambda q: q(Tag).none() | q(Tag).filter(pk=1), [1]),
    "or, the other way round": (lambda q: q(Tag).filter(pk=1) | q(Tag).none(), [1]),
    "and": (lambda q: q(Tag).filter(pk=1) & q(Tag).none(), []),
    "either": (lambda q: q(Tag).none() ^ q(Tag).filter(pk=1), [1]),
    "whether nothing is there": (
        lambda q: q(Country).annotate(x=Exists(q(Review).none())).order_by("pk").values_list("x", flat=True),
        [False] * 4,
    ),
    "filtered by whether nothing is there": (lambda q: q(Country).filter(Exists(q(Review).none())), []),
    "excluded by whether nothing is there": (
        lambda q: q(Country).exclude(Exists(q(Review).none())).count(),
        4,
    ),
    "whether what never holds is there": (
        lambda q: q(Country).filter(~Exists(q(Author).filter(country=OuterRef("pk"), pk__in=[]))).count(),
        4,
    ),
    "in nothing": (lambda q: q(Country).filter(pk__in=q(Author).none().values("country")), []),
    "not in nothing": (lambda q: q(Country).exclude(pk__in=q(Author).none().values("country")).count(), 4),
    "a value of no row": (
        lambda q: (
            q(Country).annotate(x=Subquery(q(Author).none().values("name"))).values_list("x").distinct()
        ),
        [(None,)],
    ),
    "a number of no rows": (
        lambda q: q(Country).annotate(x=Count("authors", filter=Q(pk__in=[]))).values_list("x").distinct(),
        [(0,)],
    ),
    "a sum of no rows": (
        lambda q: (
            q(Country)
            .annotate(x=Sum("authors__born", filter=Q(pk__in=[]), default=3))
            .values_list("x")
            .distinct()
        ),
        [(3,)],
    ),
    "a case that never holds": (
        lambda q: q(Country).annotate(x=Case(When(pk__in=[], then=1), default=2)).values_list("x").distinct(),
        [(2,)],
    ),
    "a case that always holds": (
        lambda q: (
            q(Country).annotate(x=Case(When(~Q(pk__in=[]), then=1), default=2)).values_list("x").distinct()
        ),
        [(1,)],
    ),
    "a condition that never holds": (
        lambda q: q(Country).annotate(x=Q(pk__in=[])).values_list("x").distinct(),
        [(False,)],
    ),
    "a relation filtered by what never holds": (
        lambda q: (
            q(Country)
            .annotate(none=FilteredRelation("authors", condition=Q(authors__pk__in=[])))
            .annotate(n=Count("none"))
            .values_list("n")
            .distinct()
        ),
        [(0,)],
    ),
    "aggregates of nothing": (
        lambda q: (
            q(Tag)
            .none()
            .aggregate(
                a=Count("*"),
                b=Sum("weight"),
                c=Sum("weight", default=5),
                d=Count("pk") + 1,
                e=Coalesce(Max("weight"), 7),
                f=Avg("weight"),
            )
        ),
        {"a": 0, "b": None, "c": 5, "d": 1, "e": 7, "f": None},
    ),
    "aggregates of an empty list": (
        lambda q: q(Tag).filter(pk__in=[]).aggregate(a=Count("*"), b=Min("weight")),
        {"a": 0, "b": None},
    ),
    "aggregates of an empty slice": (lambda q: q(Tag).order_by("pk")[2:2].aggregate(a=Count("*")), {"a": 0}),
    "aggregates of NULLs": (
        lambda q: (
            q(Tag)
            .filter(weight=None)
            .aggregate(
                a=Count("*"), b=Count("weight"), c=Sum("weight"), d=Variance("weight"), e=Max("weight")
            )
        ),
        {"a": 2, "b": 0, "c": None, "d": None, "e": None},
    ),
    "NULL with a type": (
        lambda q: q(Tag).annotate(x=Value(None, output_field=String())).values_list("x").distinct(),
        [(None,)],
    ),
    "NULL, asked for": (
        lambda q: (
            q(Tag).annotate(x=Value(None, output_field=Integer())).filter(x=None, x__isnull=True).count()
        ),
        7,
    ),
    "NULL, not asked for": (
        lambda q: q(Tag).annotate(x=Value(None, output_field=Integer())).exclude(x=None).count(),
        0,
    ),
    "NULL makes a group": (
        lambda q: q(Tag).values("note").annotate(n=Count("*")).filter(note=None).values_list("note", "n"),
        [(None, 2)],
    ),
    "a typed NULL makes a group": (
        lambda q: (
            q(Tag)
            .annotate(x=Value(None, output_field=Date()))
            .values("x")
            .annotate(n=Count("*"))
            .values_list("x", "n")
        ),
        [(None, 7)],
    ),
    "a sum of NULL": (lambda q: q(Tag).aggregate(x=Sum(Value(None, output_field=Integer()))), {"x": None}),
    "a number of NULLs": (lambda q: q(Tag).aggregate(x=Count(Value(None, output_field=Integer()))), {"x": 0}),
    "NULL and a field": (
        lambda q: q(Tag).filter(pk=1).annotate(x=Coalesce(Value(None), "name")).values_list("x", flat=True),
        ["classic"],
    ),
    "NULL among texts": (
        lambda q: (
            q(Tag).filter(pk=2).annotate(x=Concat("name", "note", Value("!"))).values_list("x", flat=True)
        ),
        ["war!"],
    ),
    "NULL of equal values": (
        lambda q: (
            q(Tag).filter(pk=1).annotate(x=NullIf("name", Value("classic"))).values_list("x", flat=True)
        ),
        [None],
    ),
    "NULL as a condition": (
        lambda q: (
            q(Tag)
            .annotate(
                x=Case(When(weight__gt=2, then=True), When(weight__lt=2, then=False), output_field=Boolean())
            )
            .filter(F("x"))
            .order_by("pk")
        ),
        [1, 4],
    ),
    "NULL in arithmetic": (
        lambda q: q(Tag).filter(pk=3).annotate(x=F("weight") * 2 + 1).values_list("x", flat=True),
        [None],
    ),
    "NULL in a window": (
        lambda q: (
            q(Tag)
            .filter(weight=None)
            .annotate(x=Window(Sum("weight"), order_by="pk"))
            .values_list("x", flat=True)
        ),
        [None, None],
    ),
    "NULL in a text": (
        lambda q: q(Country).filter(pk=3).annotate(x=Upper("code")).values_list("x", flat=True),
        [None],
    ),
    "NULLs in a list": (
        lambda q: q(Tag).annotate(x=F("weight")).filter(x__in=[None, 3]).order_by("pk"),
        [1, 4],
    ),
}

REFUSED: dict[str, Make] = {
    "NULL without a type": lambda q: q(Tag).annotate(x=Value(None)),
    "NULL without a type, summed up": lambda q: q(Tag).aggregate(x=Sum(Value(None))),
    "ordered by NULL": lambda q: q(Tag).order_by(Value(None), "pk"),
    "arithmetic with None": lambda q: q(Tag).annotate(x=F("weight") + None),
    "no value": lambda q: q(Tag).annotate(x=None),
    "no aggregate": lambda q: q(Tag).aggregate(x=None),
    "no fields to go by": lambda q: q(Tag).earliest(),
    "what never asks": lambda q: q(Tag).none().explain(),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", UNASKED)
async def test_the_database_is_not_asked(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, expected = UNASKED[name]
    sql.clear()
    assert await answer_of(shelf, make) == expected
    assert not sql.statements


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(shelf: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    sql.clear()
    with pytest.raises(UnsupportedOperationError):
        await answer_of(shelf, REFUSED[name])
    assert not sql.statements


@pytest.mark.parametrize("name", ["earliest", "latest"])
async def test_the_first_of_nothing(shelf: AsyncSession, name: str) -> None:
    tags: QuerySet[Any] = QuerySet(Tag, shelf).annotate(n=Count("books"))
    for empty in (tags.none(), tags.filter(n=99)):
        with pytest.raises(DoesNotExist, match=name):
            await getattr(empty, name)("n")
