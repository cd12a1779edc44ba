"""Expressions on classes with tables apart, read from a union."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, F, OuterRef, Subquery, Sum, Value, Window
from django_like_repos.query.functions.text import Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, Broken, answer_of, expect_failure
from tests.mappings.test_concrete_inheritance import METADATA as METADATA
from tests.mappings.test_concrete_inheritance import Box, Circle, Note, Paper, Plain, Shape, Thesis
from tests.mappings.test_concrete_inheritance import rows as rows

ANSWERS: Answers = {
    "annotations": (
        lambda q: q(Paper).annotate(n=F("pages") * 2).order_by("n").values_list("title", "n"),
        [("one", 10), ("three", 14), ("two", 18), ("four", 160)],
    ),
    "models": (lambda q: q(Paper).annotate(n=F("pages") * 2).order_by("n"), [1, 11, 2, 12]),
    "aggregates": (lambda q: q(Paper).aggregate(s=Sum("pages"), n=Count("*")), {"s": 101, "n": 4}),
    "aggregates over a slice": (
        lambda q: q(Paper).order_by("-pages")[:2].aggregate(s=Sum("pages")),
        {"s": 89},
    ),
    "groups": (
        lambda q: q(Paper).values("title").annotate(n=Count("*")).order_by("title").values_list("title", "n"),
        [("four", 1), ("one", 1), ("three", 1), ("two", 1)],
    ),
    "models with an aggregate": (
        lambda q: q(Paper).annotate(n=Count("title")).order_by("title"),
        [12, 1, 11, 2],
    ),
    "models of an abstract base with an aggregate": (
        lambda q: q(Shape).annotate(n=Count("name")).order_by("name"),
        [3, 1, 2],
    ),
    "windows": (lambda q: q(Paper).annotate(w=Window(RowNumber(), order_by="title")).filter(w=1), [12]),
    "the first of each kind": (lambda q: q(Paper).distinct("pages").order_by("pages"), [1, 11, 2, 12]),
    "put together": (
        lambda q: q(Paper).filter(pages__gt=8).union(q(Paper).filter(pages__lt=8)).order_by("title"),
        [12, 1, 11, 2],
    ),
    "how many put together": (
        lambda q: q(Paper).filter(pages__gt=0).union(q(Paper).filter(pages__gt=1)).count(),
        4,
    ),
    "whether any of a subclass is there": (
        lambda q: q(Paper).filter(Exists(q(Thesis).filter(title=OuterRef("title")))).order_by("title"),
        [12, 11],
    ),
    "whether any of the base is there": (
        lambda q: q(Thesis).filter(Exists(q(Paper).filter(title=OuterRef("title")))).order_by("id"),
        [11, 12],
    ),
    "a value of another row": (
        lambda q: (
            q(Paper)
            .annotate(
                x=Subquery(
                    q(Paper).filter(pages__lt=OuterRef("pages")).order_by("-pages").values("title")[:1]
                )
            )
            .order_by("pages")
            .values_list("x", flat=True)
        ),
        [None, "one", "three", "two"],
    ),
    "children of a subclass": (
        lambda q: q(Thesis).annotate(n=Count("quotes")).order_by("id").values_list("id", "n"),
        [(11, 1), (12, 1)],
    ),
    "deleted by groups": (lambda q: q(Thesis).annotate(n=Count("quotes")).filter(n=0).delete(), []),
    "updated by groups": (
        lambda q: q(Thesis).annotate(n=Count("quotes")).filter(n=1, pk=11).update(grade=9),
        [(11,)],
    ),
    "a base without a union": (
        lambda q: q(Plain).annotate(x=Upper("title")).order_by("x").values_list("x", flat=True),
        ["P"],
    ),
    "a subclass of it": (
        lambda q: q(Note).annotate(x=Upper("title")).order_by("x").values_list("x", flat=True),
        ["N", "P"],
    ),
    "an abstract base": (
        lambda q: q(Shape).annotate(x=Upper("name")).order_by("x").values_list("x", flat=True),
        ["B", "C", "D"],
    ),
    "whether any of an abstract base's subclass is there": (
        lambda q: q(Shape).filter(Exists(q(Circle).filter(name=OuterRef("name")))).order_by("name"),
        [1, 2],
    ),
    "a subclass of an abstract base": (
        lambda q: q(Box).annotate(x=F("width") * Value(2)).order_by("id").values_list("id", flat=True),
        [3],
    ),
}


UNMAPPED = "the union of tables has a column that is no attribute of the class"
BROKEN: Broken = {"put together": (UNMAPPED,), "how many put together": (UNMAPPED,)}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, request: pytest.FixtureRequest, name: str) -> None:
    expect_failure(request, BROKEN, name)
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
