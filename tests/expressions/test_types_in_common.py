"""Values of several querysets put together are of the type that they have in common, wherever they go."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Date
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Avg, F, Max, Min, OuterRef, QuerySet, Subquery, Sum, UnsupportedOperationError
from django_like_repos.functions import Cast
from tests.expressions.asking import Answers, Objects, answer_of
from tests.parity.schema import Book, Edition, Loan, State


def _money(q: Objects) -> QuerySet[Any]:
    """1.10 and 1000.00 of two places, and of three 0.125 and -0.125."""
    return (
        q(Loan)
        .filter(pk__in=[1, 7])
        .values_list("fee", flat=True)
        .union(q(Loan).filter(pk__in=[1, 7]).values_list("deposit", flat=True))
    )


def _weights(q: Objects) -> QuerySet[Any]:
    """3 and 7, and 0.5 and 2.0."""
    whole = q(Edition).filter(pk__in=[1, 4]).values_list("ratio", flat=True)
    return whole.union(q(Edition).filter(pk__in=[1, 4]).values_list("weight", flat=True))


def _years(q: Objects) -> QuerySet[Any]:
    return (
        q(Book)
        .filter(pk=1)
        .values_list("published_on__year", flat=True)
        .union(q(Book).filter(pk__in=[1, 3]).values_list("pages", flat=True))
    )


D = Decimal
CASES: Answers = {
    "decimals": (lambda q: _money(q).order_by("fee"), [D("-0.125"), D("0.125"), D("1.1"), D(1000)]),
    "a sum of decimals": (lambda q: _money(q).aggregate(x=Sum("fee")), {"x": D("1001.1")}),
    "the ends of decimals": (
        lambda q: _money(q).order_by("fee")[:2].aggregate(x=Min("fee"), y=Max("fee"), z=Sum(F("fee") * 3)),
        {"x": D("-0.125"), "y": D("0.125"), "z": D(0)},
    ),
    "one of decimals": (
        lambda q: (
            q(Loan)
            .filter(pk=1)
            .annotate(x=Subquery(_money(q).order_by("fee")[:1]))
            .filter(x=D("-0.125"))
            .values_list("x", F("x") + 1)
        ),
        [(D("-0.125"), D("0.875"))],
    ),
    "floats among whole numbers": (lambda q: _weights(q).order_by("ratio"), [0.5, 2.0, 3.0, 7.0]),
    "a sum of floats": (
        lambda q: _weights(q).aggregate(x=Sum("ratio"), y=Avg("ratio"), z=Min("ratio")),
        {"x": 12.5, "y": 3.125, "z": 0.5},
    ),
    "enums among texts": (
        lambda q: (
            q(Loan)
            .filter(pk=1)
            .values_list("state")
            .union(q(Book).filter(pk=1).values_list("title"))
            .aggregate(x=Min("state"), y=Max("state"))
        ),
        {"x": "Dawn", "y": "draft"},
    ),
    "enums of one kind": (
        lambda q: (
            q(Loan)
            .filter(pk=4)
            .values_list("state", flat=True)
            .union(q(Loan).filter(pk=4).values_list("was", flat=True))
            .order_by("state")
        ),
        [State.live, State.gone],
    ),
    "moments cast to dates": (
        lambda q: (
            q(Book)
            .filter(pk=1)
            .values_list("published_on", flat=True)
            .union(q(Edition).filter(pk=1).values_list(Cast("released_at", Date()), flat=True))
            .order_by("published_on")
        ),
        [date(1999, 12, 31), date(2020, 12, 31)],
    ),
    "what a transform gives": (lambda q: _years(q).order_by("-published_on__year"), [1999, 1200, 100]),
    "an expression of what a transform gives": (
        lambda q: _years(q).order_by(F("published_on__year") % 1000),
        [100, 1200, 1999],
    ),
    "a sum of what a transform gives": (
        lambda q: _years(q).aggregate(x=Sum("published_on__year")),
        {"x": 3299},
    ),
    "what a transform gives, of the rows around": (
        lambda q: (
            q(Book)
            .filter(pk=1)
            .values_list(
                Subquery(
                    q(Book)
                    .filter(pk=OuterRef("pk"))
                    .values("published_on__year")
                    .union(q(Book).filter(pk=OuterRef("pk")).values("pages"))
                    .order_by("-published_on__year")[:1]
                ),
                flat=True,
            )
        ),
        [1999],
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_are_read_and_computed_by_it(shelf: AsyncSession, backend: str, name: str) -> None:
    make, expected = CASES[name]
    if (backend, name) == ("sqlite", "enums of one kind"):
        expected = [State.gone, State.live]  # by their texts
    answer = await answer_of(shelf, make)
    assert answer == expected
    assert _types(answer) == _types(expected)


def _types(answer: Any) -> list[Any]:
    values = answer.values() if isinstance(answer, dict) else answer
    return [_types(each) if isinstance(each, tuple) else type(each) for each in values]


@pytest.mark.parametrize("name", ["union", "intersection", "difference"])
@pytest.mark.parametrize(
    ("left", "right", "kinds"),
    [
        ("title", "pages", "integer and text"),
        ("in_print", "pages", "boolean and integer"),
        ("published_on", "editions__released_at", "date and datetime"),
        ("pages", "editions__spec", "integer and json"),
    ],
)
def test_of_several_kinds_are_refused(name: str, left: str, right: str, kinds: str) -> None:
    combine = getattr(QuerySet(Book).values("pk", left), name)
    with pytest.raises(UnsupportedOperationError, match=rf"{name}\(\) .* those of '{left}' are {kinds}"):
        combine(QuerySet(Book).values("pk", right))
