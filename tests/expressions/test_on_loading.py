"""Expressions where the mapping loads in every way there is: each model once, with all that it loads."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, Max, QuerySet, Sum, Window
from django_like_repos.query.functions.text import Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_loading import METADATA as METADATA
from tests.mappings.test_loading import Car, House, Vehicle
from tests.mappings.test_loading import rows as rows

Chain = Callable[[QuerySet[Any]], QuerySet[Any]]
HOUSES: dict[str, tuple[Chain, list[tuple[int, Any]]]] = {
    "an expression": (lambda q: q.annotate(x=Upper("name")), [(1, "A"), (2, "B"), (3, "C")]),
    "a group": (lambda q: q.annotate(x=Count("rooms")), [(1, 2), (2, 1), (3, 0)]),
    "a condition on groups": (lambda q: q.annotate(x=Count("rooms")).filter(x__gt=0), [(1, 2), (2, 1)]),
    "a window": (lambda q: q.annotate(x=Window(RowNumber(), order_by="-id")), [(1, 3), (2, 2), (3, 1)]),
    "a condition on windows": (
        lambda q: q.annotate(x=Window(RowNumber(), order_by="-id")).filter(x__gt=1),
        [(1, 3), (2, 2)],
    ),
    "a slice": (lambda q: q.annotate(x=Count("rooms"))[1:], [(2, 1), (3, 0)]),
    "a slice of windows": (
        lambda q: q.annotate(x=Window(RowNumber(), order_by="-id"))[1:],
        [(2, 2), (3, 1)],
    ),
    "a to-many filter": (
        lambda q: q.filter(rooms__id__gt=0).annotate(x=Window(RowNumber(), order_by="-id")),
        [(1, 2), (2, 1)],
    ),
    "a union": (
        lambda q: q.annotate(x=Count("rooms")).filter(pk=1).union(q.annotate(x=Count("rooms")).filter(pk=2)),
        [(1, 2), (2, 1)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", HOUSES)
async def test_every_way_of_loading(mapped: AsyncSession, name: str) -> None:
    make, expected = HOUSES[name]
    base: QuerySet[Any] = QuerySet(House, mapped).order_by("pk")
    queryset = make(base).order_by("pk") if name == "a union" else make(base)
    houses = await queryset
    assert [(house.id, house.x) for house in houses] == expected
    rooms = {1: 2, 2: 1, 3: 0}
    for house in houses:
        ways = (house.joined, house.selectin, house.subquery, house.immediate)
        assert [len(way) for way in ways] == [rooms[house.id]] * 4


ANSWERS: Answers = {
    "deferred columns": (
        lambda q: q(House).annotate(x=F("plan"), y=F("secret")).order_by("id").values_list("x", "y"),
        [("p", "s"), ("q", None), (None, None)],
    ),
    "expressions of the mapping": (
        lambda q: q(House).annotate(x=F("doubled"), y=F("room_count")).order_by("id").values_list("x", "y"),
        [(2, None), (4, None), (6, None)],
    ),
    "aggregates of them": (
        lambda q: q(House).aggregate(n=Sum("doubled"), m=Max("room_count")),
        {"n": 12, "m": None},
    ),
    "grouped by them": (
        lambda q: (
            q(House).values("doubled").annotate(n=Count("*")).order_by("doubled").values_list("doubled")
        ),
        [(2,), (4,), (6,)],
    ),
    "subclasses that are joined": (lambda q: q(Vehicle).annotate(n=Count("id")).order_by("id"), [1, 2, 3, 4]),
    "a subclass": (lambda q: q(Car).annotate(n=Count("id")).order_by("id"), [2, 4]),
    "windows over subclasses that are joined": (
        lambda q: q(Vehicle).annotate(n=Window(RowNumber(), order_by="-id")).filter(n__lt=3).order_by("id"),
        [3, 4],
    ),
    "a union of subclasses that are joined": (
        lambda q: q(Vehicle).filter(pk__lt=3).union(q(Vehicle).filter(pk=4)).order_by("id"),
        [1, 2, 4],
    ),
    "the first of each kind": (lambda q: q(Vehicle).distinct("kind").order_by("kind", "id"), [3, 2, 1]),
    "updated by groups": (
        lambda q: q(House).annotate(n=Count("joined")).filter(n__gt=0).update(name="x"),
        [(1,), (2,)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
