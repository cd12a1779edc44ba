"""`FilteredRelation` among the rest: conditions that compute, negations, subqueries, several at once."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    Subquery,
    Sum,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.query.functions.text import Lower
from tests.expressions.asking import Answers, Broken, Make, answer_of, expect_failure
from tests.parity.schema import Author, Book, Review

THICK = FilteredRelation("books", condition=Q(books__pages__gt=300))

ANSWERS: Answers = {
    "excluded by": (
        lambda q: q(Author).annotate(t=THICK).exclude(t__in_print=True).order_by("pk"),
        [1, 3, 4, 6, 7, 9],
    ),
    "there": (lambda q: q(Author).annotate(t=THICK).filter(t__isnull=False).count(), 5),
    "two of one relation": (
        lambda q: (
            q(Author)
            .annotate(t=THICK, u=FilteredRelation("books", condition=Q(books__pages__lte=300)))
            .annotate(n=Count("t", distinct=True), m=Count("u", distinct=True))
            .order_by("pk")
            .values_list("n", "m")
        ),
        [(1, 2), (1, 2), (1, 1), (0, 1), (1, 0), (0, 1), (0, 0), (2, 0), (0, 1)],
    ),
    "one of another": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books"), u=FilteredRelation("t", condition=Q(t__in_print=True)))
            .annotate(n=Count("u"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [2, 1, 1, 1, 1, 1, 0, 1, 0],
    ),
    "aggregates": (
        lambda q: q(Author).annotate(t=THICK).aggregate(n=Count("t"), s=Sum("t__pages")),
        {"n": 6, "s": 3500},
    ),
    "beside what is loaded": (
        lambda q: q(Author).annotate(t=THICK).options("books").filter(t__pk__gt=0).order_by("pk"),
        [1, 2, 3, 5, 8],
    ),
    "its own table": (
        lambda q: (
            q(Author)
            .annotate(old=FilteredRelation("mentor", condition=Q(mentor__born__lt=1900)))
            .filter(pk__lte=4)
            .order_by("pk")
            .values_list("old__name", flat=True)
        ),
        [None, "Ada", "Ada", "Борис"],
    ),
    "not": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=~Q(books__pages__gt=300)))
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [2, 2, 1, 1, 0, 1, 0, 0, 1],
    ),
    "or": (
        lambda q: (
            q(Author)
            .annotate(
                t=FilteredRelation("books", condition=Q(books__pages__gt=300) | Q(books__in_print=True))
            )
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [3, 1, 2, 1, 1, 1, 0, 2, 0],
    ),
    "in a queryset": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=Q(books__pk__in=q(Book).filter(pk__lt=5))))
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [2, 2, 0, 0, 0, 0, 0, 0, 0],
    ),
    "compared with the row": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=Q(books__pages__gt=F("born"))))
            .annotate(n=Count("t"))
            .filter(n__gt=0)
        ),
        [9],
    ),
    "compared with itself": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=Q(books__pages__gt=F("books__price"))))
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [0, 0, 0, 0, 0, 1, 0, 0, 0],
    ),
    "compared with what is computed of it": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=Q(books__pages__gt=F("books__id") * 100)))
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [0, 1, 0, 0, 1, 0, 0, 0, 0],
    ),
    "compared with a function of it": (
        lambda q: (
            q(Author)
            .annotate(t=FilteredRelation("books", condition=Q(books__title=Lower("books__title"))))
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [2, 1, 1, 0, 0, 0, 0, 0, 0],
    ),
    "a case of it": (
        lambda q: (
            q(Author)
            .annotate(
                t=FilteredRelation(
                    "books",
                    condition=Q(
                        books__pages=Case(When(books__in_print=True, then="books__pages"), default=Value(0))
                    ),
                )
            )
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [2, 1, 1, 1, 1, 1, 0, 1, 0],
    ),
    "whether any is there": (
        lambda q: (
            q(Author)
            .annotate(
                t=FilteredRelation("books", condition=Q(Exists(q(Review).filter(book=OuterRef("books")))))
            )
            .annotate(n=Count("t"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [3, 2, 1, 1, 1, 1, 0, 2, 0],
    ),
    "within a subquery": (
        lambda q: (
            q(Author)
            .filter(
                Exists(
                    q(Book)
                    .annotate(good=FilteredRelation("reviews", condition=Q(reviews__rating__gt=3)))
                    .filter(author=OuterRef("pk"), good__pk__gt=0)
                )
            )
            .order_by("pk")
        ),
        [1, 2, 4, 5, 6, 8],
    ),
    "of a row around": (
        lambda q: (
            q(Author)
            .annotate(t=THICK)
            .annotate(
                x=Subquery(q(Review).filter(book=OuterRef("t__pk")).order_by("pk").values("rating")[:1])
            )
            .filter(pk__lte=4)
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        [3, 5, 3, None],
    ),
    "updated by": (
        lambda q: q(Author).annotate(t=THICK).filter(t__pages__gt=0).update(born=1),
        [(1,), (2,), (3,), (5,), (8,)],
    ),
}
ANOTHER_JOIN = "what is computed of the relation within its own condition speaks of another join"
BROKEN: Broken = {
    "a case of it": ("only F() and functions are renamed",),
    "whether any is there": ("only F() and functions are renamed",),
}
REFUSED: dict[str, tuple[Make, type[Exception]]] = {
    "beyond it": (
        lambda q: q(Author).annotate(t=FilteredRelation("books", condition=Q(books__reviews__rating=1))),
        UnsupportedOperationError,
    ),
    "beside it": (
        lambda q: q(Author).annotate(t=FilteredRelation("books", condition=Q(pupils__name="x"))),
        UnsupportedOperationError,
    ),
    "loaded": (lambda q: q(Author).annotate(t=THICK).options("t"), UnknownFieldError),
    "no relation": (
        lambda q: q(Author).annotate(t=FilteredRelation("name")),
        UnsupportedOperationError,
    ),
    "no field beyond it": (lambda q: q(Author).annotate(t=THICK).filter(t__nothing=1), UnknownFieldError),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(shelf: AsyncSession, request: pytest.FixtureRequest, name: str) -> None:
    expect_failure(request, BROKEN, name)
    make, expected = ANSWERS[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shelf: AsyncSession, name: str) -> None:
    make, error = REFUSED[name]
    with pytest.raises(error):
        await answer_of(shelf, make)
