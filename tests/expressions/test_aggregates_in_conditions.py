"""Aggregates in conditions: they choose groups; where there are none they are refused, never ignored."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Avg, Case, Count, F, Max, Q, QueryError, Sum, Value, When, Window
from tests.expressions.asking import Answers, Make, answer_of
from tests.parity.schema import Book, Country

ANSWERS: Answers = {
    "beside an aggregate of its own": (
        lambda q: q(Country).annotate(n=Count("authors")).filter(n__gt=2).values_list("pk", flat=True),
        [2],
    ),
    "without a name": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(n=Count("authors__born"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        [1, 2, 4],
    ),
    "computed": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(n__gt=F("id") * 2 - 1)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        [1],
    ),
    "of values": (
        lambda q: (
            q(Book)
            .values("author")
            .annotate(s=Sum("pages"))
            .filter(s__gt=1000)
            .values_list("author", flat=True)
        ),
        [2],
    ),
}
REFUSED: dict[str, Make] = {
    "a filter": lambda q: q(Book).filter(pages__gt=Avg("pages")),
    "an exact one": lambda q: q(Book).filter(pages=Max("pages")),
    "over a to-many path": lambda q: q(Book).filter(pages__gt=Avg("reviews__rating")),
    "a Q": lambda q: q(Book).filter(Q(pages__gt=Avg("pages")) | Q(pk=1)),
    "excluded": lambda q: q(Book).exclude(pages__gt=Avg("pages")),
    "values": lambda q: q(Book).values("author").filter(pages__gt=Avg("pages")),
    "counted": lambda q: q(Book).filter(pages__gt=Avg("pages")).count(),
    "deleted": lambda q: q(Book).filter(pages__gt=Avg("pages")).delete(),
    "updated": lambda q: q(Book).filter(pages__gt=Avg("pages")).update(pages=1),
    "ordered by": lambda q: q(Book).order_by(Count("reviews")),
    "ordered by cases": lambda q: q(Book).order_by(Case(When(pages__gt=Avg("pages"), then=1), default=0)),
    "an aggregate of an aggregate": lambda q: q(Book).annotate(n=Sum(Count("reviews"))),
    "an aggregate of an annotation that is one": lambda q: (
        q(Book).annotate(n=Count("reviews")).annotate(m=Sum("n"))
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_groups(shelf: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_no_groups(shelf: AsyncSession, name: str) -> None:
    with pytest.raises(QueryError):
        await answer_of(shelf, REFUSED[name])


SENSELESS: dict[str, Make] = {
    "a sum of texts": lambda q: q(Book).aggregate(x=Sum("title")),
    "a mean of texts": lambda q: q(Book).annotate(x=Avg("reviews__text")),
    "a sum of conditions": lambda q: q(Book).aggregate(x=Sum("in_print")),
    "a mean of conditions": lambda q: q(Book).aggregate(x=Avg(Q(pages__gt=1))),
    "a mean of dates": lambda q: q(Book).aggregate(x=Avg("published_on")),
    "different rows": lambda q: q(Book).aggregate(x=Count("*", distinct=True)),
    "no aggregate": lambda q: q(Book).aggregate(x=F("pages")),
    "a value": lambda q: q(Book).aggregate(x=Value(1)),
    "a window": lambda q: q(Book).aggregate(x=Window(Sum("pages"))),
    "a number of some rows": lambda q: q(Book).aggregate(x=Count("*", filter=Q(pages=1))),
    "a number with a default": lambda q: q(Book).aggregate(x=Count("pages", default=1)),
    "distinct where it is not taken": lambda q: q(Book).aggregate(x=Max("pages", distinct=True)),
    "an order where it is not taken": lambda q: q(Book).aggregate(x=Sum("pages", order_by="pk")),
    "two of one name": lambda q: q(Book).aggregate(Sum("pages"), pages__sum=Max("pages")),
    "without a name": lambda q: q(Book).aggregate(Sum(F("pages") + 1)),
    "of an alias": lambda q: q(Book).alias(x=F("pages")).aggregate(n=Sum("x")),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", SENSELESS)
async def test_what_makes_no_sense(shelf: AsyncSession, name: str) -> None:
    with pytest.raises((QueryError, TypeError, ValueError)):
        await answer_of(shelf, SENSELESS[name])
