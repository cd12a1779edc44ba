"""Expressions on hybrids: of one column, of several, of subqueries, with a comparator."""

from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    F,
    Max,
    Q,
    QuerySet,
    Sum,
    UnsupportedOperationError,
    Value,
    When,
    Window,
)
from django_like_repos.functions import Cast, Coalesce, Concat, Length, NullIf, Rank, Upper
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_hybrids import METADATA as METADATA
from tests.mappings.test_hybrids import Club, Member
from tests.mappings.test_hybrids import rows as rows

ANSWERS: Answers = {
    "beside an aggregate": (
        lambda q: q(Club).annotate(n=Count("members")).order_by("id").values_list("size", "n"),
        [(2, 2), (1, 1), (0, 0)],
    ),
    "grouped by a subquery": (
        lambda q: q(Club).values("size").annotate(n=Count("*")).order_by("size").values_list("size", "n"),
        [(0, 1), (1, 1), (2, 1)],
    ),
    "summed up": (lambda q: q(Club).aggregate(n=Sum("size")), {"n": 3}),
    "grouped by cases": (
        lambda q: (
            q(Member).values("adult").annotate(n=Count("*")).order_by("adult").values_list("adult", "n")
        ),
        [(False, 2), (True, 2)],
    ),
    "grouped by texts put together": (
        lambda q: (
            q(Member).values("name").annotate(n=Count("*")).order_by("name").values_list("name", flat=True)
        ),
        ["Ann Lee", "Bob Ray", "Cid Lee", "Dee Fox"],
    ),
    "grouped by arithmetic": (
        lambda q: (
            q(Member)
            .filter(born__gt=0)
            .values("age")
            .annotate(n=Count("*"))
            .order_by("age")
            .values_list("age", "n")
        ),
        [(10, 1), (30, 1), (40, 1)],
    ),
    "grouped by a comparator": (
        lambda q: (
            q(Member).values("folded").annotate(n=Count("*")).order_by("folded").values_list("folded", "n")
        ),
        [("Fox", 1), ("Lee", 2), ("Ray", 1)],
    ),
    "how many groups": (lambda q: q(Member).values("age").annotate(n=Count("*")).filter(n__gt=0).count(), 4),
    "different values": (
        lambda q: q(Member).filter(born__gt=0).values_list("age", flat=True).distinct().order_by("age"),
        [10, 30, 40],
    ),
    "different conditions": (
        lambda q: q(Member).values_list("adult", flat=True).distinct().order_by("adult"),
        [False, True],
    ),
    "the first of each kind": (lambda q: q(Member).order_by("adult", "-id").distinct("adult"), [4, 3]),
    "of related rows": (
        lambda q: (
            q(Club)
            .annotate(n=Max("members__age"), m=Max("members__name"))
            .order_by("id")
            .values_list("n", "m")
        ),
        [(30, "Bob Ray"), (40, "Cid Lee"), (None, None)],
    ),
    "grouped by related rows": (
        lambda q: (
            q(Club)
            .filter(members__born__gt=0)
            .values("members__age")
            .annotate(n=Count("*"))
            .order_by("members__age")
            .values_list("members__age", flat=True)
        ),
        [10, 30, 40],
    ),
    "a function of it": (
        lambda q: (
            q(Member)
            .annotate(x=Upper("name"))
            .values("x")
            .annotate(n=Count("*"))
            .order_by("x")
            .values_list("x", flat=True)
        ),
        ["ANN LEE", "BOB RAY", "CID LEE", "DEE FOX"],
    ),
    "windows": (
        lambda q: (
            q(Member)
            .filter(born__gt=0)
            .annotate(w=Window(Rank(), partition_by="adult", order_by="-age"))
            .order_by("id")
            .values_list("w", flat=True)
        ),
        [2, 1, 1],
    ),
    "rows chosen by windows": (
        lambda q: (
            q(Member)
            .filter(born__gt=0)
            .annotate(w=Window(Rank(), partition_by="adult", order_by="-age"))
            .filter(w=1)
            .order_by("id")
        ),
        [2, 3],
    ),
    "a case": (
        lambda q: (
            q(Member)
            .annotate(c=Case(When(adult=True, then=F("name")), default=Value("-")))
            .order_by("id")
            .values_list("c", flat=True)
        ),
        ["Ann Lee", "-", "Cid Lee", "-"],
    ),
    "a condition on groups": (
        lambda q: (
            q(Club)
            .annotate(n=Count("members", filter=Q(members__adult=True)))
            .filter(n=F("size"))
            .order_by("id")
        ),
        [2, 3],
    ),
    "aggregates over a slice": (
        lambda q: q(Member).filter(born__gt=0).order_by("age")[:2].aggregate(n=Sum("age")),
        {"n": 40},
    ),
    "functions of a comparator": (
        lambda q: (
            q(Member)
            .filter(pk=1)
            .values_list(
                Upper("folded"),
                Length("folded"),
                Concat("folded", Value("!")),
                Coalesce("folded", Value("-")),
                Cast("folded", String()),
                NullIf("folded", Value("Lee")),
                Case(When(folded="LEE", then=F("folded"))),
                F("folded")[:2],
            )
        ),
        [("LEE", 3, "Lee!", "Lee", "Lee", None, "Lee", "Le")],
    ),
    "a filter of what is computed of a comparator": (
        lambda q: q(Member).annotate(x=Coalesce("folded", Value("-"))).filter(x__gt="M").order_by("id"),
        [2],
    ),
    "without a comparator's value": (lambda q: q(Member).filter(folded=None), []),
    "with a comparator's value": (lambda q: q(Member).filter(folded__isnull=False).count(), 4),
    "excluded by a comparator": (lambda q: q(Member).exclude(folded="lee").order_by("id"), [2, 4]),
    "excluded by a related comparator": (
        lambda q: q(Club).exclude(members__folded="LEE").order_by("id"),
        [3],
    ),
    "a text by a comparator": (
        lambda q: q(Member).filter(folded__regex="^L", folded__iexact="LEE").order_by("id"),
        [1, 3],
    ),
    "set to a comparator": (
        lambda q: q(Member).filter(folded="LEE", pk=1).update(first=F("folded")),
        [(1,)],
    ),
    "set to an annotation": (
        lambda q: q(Member).filter(pk=1).annotate(x=F("age") + 1).update(born=F("x")),
        [(1,)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("lookup", "value", "operator"),
    [
        ("ne", "LEE", "ne"),
        ("gt", "LEE", "gt"),
        ("in", ["LEE"], "in"),
        ("range", ("A", "Z"), "between"),
        ("contains", "E", "like"),
        ("icontains", "E", "ilike"),
    ],
)
async def test_what_a_comparator_does_not_say(
    mapped: AsyncSession, lookup: str, value: Any, operator: str
) -> None:
    for model, path in [(Member, "folded"), (Club, "members__folded")]:
        with pytest.raises(UnsupportedOperationError, match=f"folded: Folded does not say '{operator}'"):
            await QuerySet(model, mapped).filter(**{f"{path}__{lookup}": value})


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
