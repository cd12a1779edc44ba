"""Expressions on composites: their parts compute, themselves they are read, grouped and told apart by."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Case, Count, F, Max, Sum, Value, When
from django_like_repos.query.functions.text import Upper
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_composites import METADATA as METADATA
from tests.mappings.test_composites import Point, Route, Segment
from tests.mappings.test_composites import rows as rows

ANSWERS: Answers = {
    "parts": (
        lambda q: (
            q(Segment).annotate(x=F("start__x") + F("start__y")).order_by("id").values_list("x", flat=True)
        ),
        [3, 2, 2, 9],
    ),
    "a part of a related row's": (
        lambda q: (
            q(Route)
            .annotate(n=Sum("segments__start__x"), m=Max("segments__cost__currency"))
            .order_by("id")
            .values_list("n", "m")
        ),
        [(2, "USD"), (2, "EUR")],
    ),
    "grouped by it": (
        lambda q: (
            q(Segment).values("start").annotate(n=Count("*")).order_by("start").values_list("start", "n")
        ),
        [(Point(0, 9), 1), (Point(1, 1), 1), (Point(1, 2), 1), (Point(2, 0), 1)],
    ),
    "aggregates over such groups": (
        lambda q: q(Segment).values("start").annotate(n=Count("id")).aggregate(m=Max("n"), s=Sum("n")),
        {"m": 1, "s": 4},
    ),
    "different ones": (
        lambda q: q(Segment).values_list("start", flat=True).distinct().order_by("start")[:2],
        [Point(0, 9), Point(1, 1)],
    ),
    "the first of each kind": (lambda q: q(Segment).distinct("start").order_by("start", "id"), [4, 2, 1, 3]),
    "a condition": (
        lambda q: (
            q(Segment)
            .annotate(c=Case(When(start=Point(1, 1), then=Value("o")), default=Value("x")))
            .order_by("id")
            .values_list("c", flat=True)
        ),
        ["x", "o", "x", "x"],
    ),
    "put together": (
        lambda q: (
            q(Segment)
            .filter(id=1)
            .values_list("start", "id")
            .union(q(Segment).filter(id=2).values_list("end", "id"))
            .order_by("id")
        ),
        [(Point(1, 2), 1), (Point(1, 1), 2)],
    ),
    "models put together": (
        lambda q: q(Segment).filter(id=1).union(q(Segment).filter(id=2)).order_by("start"),
        [2, 1],
    ),
    "values of models put together": (
        lambda q: (
            q(Segment).filter(id=1).union(q(Segment).filter(id=2)).order_by("id").values_list("id", "start")
        ),
        [(1, Point(1, 2)), (2, Point(1, 1))],
    ),
    "beside an annotation": (
        lambda q: q(Segment).annotate(c=Upper("cost__currency")).order_by("id").values_list("c", "end")[:2],
        [("EUR", Point(3, 4)), ("USD", Point(1, 1))],
    ),
    "aggregates over a slice": (
        lambda q: q(Segment).order_by("start")[:2].aggregate(n=Sum("start__x")),
        {"n": 1},
    ),
    "set to a part": (
        lambda q: q(Segment).filter(id=4).annotate(x=F("start__y") + 1).update(end_x=F("x")),
        [(4,)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
