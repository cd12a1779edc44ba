"""Expressions over many-to-many relations, association objects, proxies and a relation to itself."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, F, FilteredRelation, Max, OuterRef, Q, Sum
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_many_to_many import METADATA as METADATA
from tests.mappings.test_many_to_many import Group, Membership, Person
from tests.mappings.test_many_to_many import rows as rows

ANSWERS: Answers = {
    "three paths multiply": (
        lambda q: (
            q(Person)
            .annotate(n=Count("groups"), m=Count("friends"), k=Count("liked"))
            .order_by("id")
            .values_list("n", "m", "k")[:2]
        ),
        [(8, 8, 8), (1, 1, 1)],
    ),
    "three paths, distinct": (
        lambda q: (
            q(Person)
            .annotate(
                n=Count("groups", distinct=True),
                m=Count("friends", distinct=True),
                k=Count("liked", distinct=True),
            )
            .order_by("id")
            .values_list("n", "m", "k")
        ),
        [(2, 2, 2), (1, 1, 1), (1, 0, 1), (0, 0, 0)],
    ),
    "of the object between": (
        lambda q: q(Person).annotate(n=Sum("memberships__price")).order_by("id").values_list("n", flat=True),
        [6, 5, 1, None],
    ),
    "there and back": (
        lambda q: (
            q(Person)
            .annotate(n=Max("groups__members__memberships__price"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [5, 5, 5, None],
    ),
    "a filtered relation": (
        lambda q: (
            q(Person)
            .annotate(r=FilteredRelation("groups", condition=Q(groups__name="chess")))
            .annotate(n=Count("r"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [1, 0, 1, 0],
    ),
    "a filtered relation to itself": (
        lambda q: (
            q(Person)
            .annotate(r=FilteredRelation("friends", condition=Q(friends__name__gt=F("name"))))
            .annotate(n=Count("r"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1, 0, 0],
    ),
    "whether any is there": (
        lambda q: q(Person).filter(Exists(q(Group).filter(members=OuterRef("pk")))).order_by("id"),
        [1, 2, 3],
    ),
    "whether none is there": (
        lambda q: q(Person).filter(~Exists(q(Group).filter(members=OuterRef("pk"), fans=OuterRef("pk")))),
        [4],
    ),
    "whether anyone has one as a friend": (
        lambda q: (
            q(Person)
            .annotate(x=Exists(q(Person).filter(friends=OuterRef("pk"))))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [False, True, True, False],
    ),
    "two levels": (
        lambda q: (
            q(Person)
            .filter(
                Exists(
                    q(Group).filter(
                        Exists(q(Membership).filter(group=OuterRef("pk"), person=OuterRef(OuterRef("pk"))))
                    )
                )
            )
            .order_by("id")
        ),
        [1, 2, 3],
    ),
    "filtered by one, counting another": (
        lambda q: (
            q(Person)
            .filter(friends__name__gt="")
            .annotate(n=Count("groups"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1],
    ),
    "filtered by what it counts": (
        lambda q: (
            q(Person)
            .filter(friends__name__gt="")
            .annotate(n=Count("friends"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1],
    ),
    "counting before it filters": (
        lambda q: (
            q(Person)
            .annotate(n=Count("friends"))
            .filter(friends__name__gt="")
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1],
    ),
    "aggregates of what to-many paths choose": (
        lambda q: q(Person).filter(groups__name__gt="").aggregate(n=Count("*"), s=Sum("id")),
        {"n": 3, "s": 6},
    ),
    "loaded beside another that it counts": (
        lambda q: (
            q(Person)
            .options("groups")
            .annotate(n=Count("friends"))
            .order_by("id")
            .values_list("n", flat=True)
        ),
        [2, 1, 0],
    ),
    "updated by groups": (
        lambda q: q(Person).annotate(n=Count("groups")).filter(n=0).update(name="lonely"),
        [(4,)],
    ),
    "put together": (
        lambda q: (
            q(Person)
            .filter(groups__name="chess")
            .union(q(Person).filter(friends__name__gt=""))
            .order_by("id")
        ),
        [1, 2, 3],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
