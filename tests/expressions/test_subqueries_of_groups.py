"""Subqueries that speak of what the row around has in its group."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, OuterRef, Subquery
from tests.expressions.asking import Answers, Broken, answer_of, expect_failure
from tests.parity.schema import Country, Tag

OF_GROUPS: Answers = {
    "whether any is there": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(Exists(q(Tag).filter(weight=OuterRef("n"))))
            .order_by("pk")
        ),
        [1, 2, 3],
    ),
    "whether any is there, as a value": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(x=Exists(q(Tag).filter(weight=OuterRef("n"))))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        [True, True, True, False],
    ),
    "a value of another row": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(x=Subquery(q(Tag).filter(weight=OuterRef("n")).order_by("pk").values("name")[:1]))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        ["unused", "classic", "unused", None],
    ),
}
NO_AGGREGATE = "SQLite has no aggregates of the rows around within a subquery; nobody says so before it does"
BROKEN: Broken = {
    "whether any is there": (NO_AGGREGATE, "sqlite"),
    "whether any is there, as a value": (NO_AGGREGATE, "sqlite"),
    "a value of another row": (NO_AGGREGATE, "sqlite"),
}


@pytest.mark.parametrize("name", OF_GROUPS)
async def test_subqueries_of_groups(shelf: AsyncSession, request: pytest.FixtureRequest, name: str) -> None:
    expect_failure(request, BROKEN, name)
    make, expected = OF_GROUPS[name]
    assert await answer_of(shelf, make) == expected
