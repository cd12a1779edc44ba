"""Expressions over association proxies, and over keys of several columns on the far side."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, F, FilteredRelation, Max, OuterRef, Q, Sum, Window
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_association_proxies import METADATA as METADATA
from tests.mappings.test_association_proxies import Person, Tag, Tagging
from tests.mappings.test_association_proxies import rows as rows

ANSWERS: Answers = {
    "a relation of a relation": (
        lambda q: q(Person).annotate(n=Count("tags")).order_by("id").values_list("n", flat=True),
        [2, 1, 0],
    ),
    "a scalar of a collection": (
        lambda q: q(Person).annotate(n=Sum("weights")).order_by("id").values_list("n", flat=True),
        [6, 7, None],
    ),
    "a proxy to a proxy": (
        lambda q: q(Person).annotate(n=Max("tag_names")).order_by("id").values_list("n", flat=True),
        ["red", "blue", None],
    ),
    "grouped by a scalar of a scalar": (
        lambda q: (
            q(Person)
            .filter(town__gt="")
            .values("town")
            .annotate(n=Count("*"))
            .order_by("town")
            .values_list("town", "n")
        ),
        [("Bonn", 1), ("Ulm", 1)],
    ),
    "a proxy to a proxy to a proxy": (
        lambda q: q(Tag).annotate(n=Count("towns", distinct=True)).order_by("id").values_list("n", flat=True),
        [1, 2, 0],
    ),
    "grouped by a proxy": (
        lambda q: (
            q(Tagging)
            .values("tag_name")
            .annotate(n=Sum("weight"))
            .order_by("tag_name")
            .values_list("tag_name", "n")
        ),
        [("blue", 8), ("red", 5)],
    ),
    "windows over keys of several columns": (
        lambda q: (
            q(Tagging)
            .annotate(w=Window(Sum("weight"), partition_by="person"))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        [6, 6, 7],
    ),
    "how many with keys of several columns": (
        lambda q: q(Person).annotate(n=Count("taggings")).order_by("id").values_list("n", flat=True),
        [2, 1, 0],
    ),
    "a filtered relation to them": (
        lambda q: (
            q(Person)
            .annotate(r=FilteredRelation("taggings", condition=Q(taggings__weight__gt=1)))
            .annotate(n=Count("r"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [1, 1, 0],
    ),
    "a filtered relation by a proxy": (
        lambda q: (
            q(Person)
            .annotate(r=FilteredRelation("tags", condition=Q(tags__name__gt="")))
            .annotate(n=Count("r"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1, 0],
    ),
    "whether any is there": (
        lambda q: q(Person).filter(Exists(q(Tag).filter(taggings__person=OuterRef("pk")))).order_by("id"),
        [1, 2],
    ),
    "beside a field": (
        lambda q: q(Tagging).annotate(x=F("person_town")).order_by("pk").values_list("x", "weight")[:1],
        [("Ulm", 5)],
    ),
    "deleted by groups": (
        lambda q: q(Tagging).annotate(n=Count("tag")).filter(n__gt=0).delete(),
        [(1, 1), (1, 2), (2, 2)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
