"""Expressions where the user's criteria hide rows (`with_loader_criteria`)."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_loader_criteria

from django_like_repos import Count, Exists, OuterRef, QuerySet, Subquery, Value, Window
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_criteria import METADATA as METADATA
from tests.mappings.test_criteria import Author, Book, Deletable
from tests.mappings.test_criteria import rows as rows


def shown(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Without what is deleted."""
    criteria = with_loader_criteria(Deletable, lambda cls: cls.deleted.is_(False), include_aliases=True)
    return queryset.options(criteria)


ANSWERS: Answers = {
    "groups": (
        lambda q: shown(q(Author)).annotate(n=Count("books")).order_by("id").values_list("id", "n"),
        [(1, 1), (2, 0)],
    ),
    "how many groups": (lambda q: shown(q(Author)).annotate(n=Count("books__reviews")).count(), 2),
    "a condition on groups": (lambda q: shown(q(Author)).annotate(n=Count("books")).filter(n=0), [2]),
    "aggregates": (lambda q: shown(q(Author)).aggregate(n=Count("*"), m=Count("books")), {"n": 2, "m": 1}),
    "how many in a slice": (lambda q: shown(q(Author)).order_by("id")[:9].count(), 2),
    "aggregates over a slice": (
        lambda q: shown(q(Author)).order_by("id")[:9].aggregate(n=Count("*")),
        {"n": 2},
    ),
    "aggregates over groups": (
        lambda q: shown(q(Author)).annotate(n=Count("books")).aggregate(n=Count("n")),
        {"n": 2},
    ),
    "whether any is there": (
        lambda q: (
            shown(q(Author))
            .annotate(x=Exists(q(Book).filter(author=OuterRef("pk"))))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [True, False],
    ),
    "a number of others": (
        lambda q: (
            shown(q(Author))
            .annotate(
                x=Subquery(
                    q(Book).filter(author=OuterRef("pk")).values("author").annotate(n=Count("*")).values("n")
                )
            )
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [1, None],
    ),
    "windows": (
        lambda q: (
            shown(q(Author))
            .annotate(w=Window(RowNumber(), order_by="-id"))
            .order_by("id")
            .values_list("w", flat=True)
        ),
        [2, 1],
    ),
    "rows chosen by windows": (
        lambda q: shown(q(Author)).annotate(w=Window(RowNumber(), order_by="-id")).filter(w=2),
        [1],
    ),
    "the first of each kind": (
        lambda q: shown(q(Author)).distinct("deleted").order_by("deleted", "-id"),
        [2],
    ),
    "what to-many paths choose": (
        lambda q: shown(q(Author)).filter(books__id__gt=0).annotate(n=Count("books")).values_list("id", "n"),
        [(1, 1)],
    ),
    "put together": (lambda q: shown(q(Author)).union(q(Author).filter(id=1)).order_by("id"), [1, 2]),
    "updated by groups": (
        lambda q: shown(q(Author)).annotate(n=Count("books")).filter(n=0).update(name=Value("x")),
        [(2,)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
