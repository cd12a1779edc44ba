"""Loading beside expressions: what `options()` loads changes no number, and no child is missing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, joinedload, load_only, selectinload

from django_like_repos import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum, Window
from django_like_repos.query.functions.text import Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Objects, objects_in
from tests.parity.schema import Author, Book, Review
from tests.rows.mappings import Keeper, Label

Chain = Callable[[QuerySet[Any]], QuerySet[Any, Any]]

EXPRESSIONS: dict[str, Callable[[Objects, QuerySet[Any]], QuerySet[Any]]] = {
    "an expression": lambda q, authors: authors.annotate(x=Upper("name")),
    "of a related row": lambda q, authors: authors.annotate(x=F("country__name")),
    "an aggregate of what is loaded": lambda q, authors: authors.annotate(x=Count("books")),
    "an aggregate of something else": lambda q, authors: authors.annotate(x=Count("reviews")),
    "an aggregate beyond what is loaded": lambda q, authors: authors.annotate(
        x=Sum("books__reviews__rating")
    ),
    "a condition on groups": lambda q, authors: authors.annotate(x=Count("reviews")).filter(x__gt=1),
    "a window": lambda q, authors: authors.annotate(x=Window(RowNumber(), order_by="-pk")),
    "a condition on windows": lambda q, authors: authors.annotate(
        x=Window(RowNumber(), order_by="-pk")
    ).filter(x__gt=2),
    "whether any is there": lambda q, authors: authors.annotate(
        x=Exists(q(Review).filter(reviewer=OuterRef("pk"), rating__gt=3))
    ),
    "a subquery": lambda q, authors: authors.annotate(
        x=Subquery(q(Book).filter(author=OuterRef("pk")).order_by("-pages").values("pages")[:1])
    ),
    "a to-many filter": lambda q, authors: authors.filter(reviews__rating__gt=3).annotate(x=Count("pupils")),
    "a to-many filter and a window": lambda q, authors: authors.filter(reviews__rating__gt=3).annotate(
        x=Window(RowNumber(), order_by="-pk")
    ),
    "the first of each kind": lambda q, authors: authors.annotate(x=F("born")).distinct("born"),
}
LOADING: dict[str, Callable[[QuerySet[Any]], QuerySet[Any]]] = {
    "by a join": lambda authors: authors.outerjoin("books").options("books"),
    "by two joins": lambda authors: authors.outerjoin("books", "books__reviews").options("books__reviews"),
    "by SQLAlchemy's join": lambda authors: authors.options(joinedload(Author.books)),
    "by SQLAlchemy's second SELECT": lambda authors: authors.options(selectinload(Author.books)),
}
SLICES = {"all": slice(None), "a slice": slice(1, 4)}


@pytest.mark.sampled
@pytest.mark.parametrize("sliced", SLICES)
@pytest.mark.parametrize("loading", LOADING)
@pytest.mark.parametrize("expression", EXPRESSIONS)
async def test_loading_changes_nothing(
    shelf: AsyncSession, expression: str, loading: str, sliced: str
) -> None:
    q = objects_in(shelf)
    make = EXPRESSIONS[expression]
    order = ("born", "pk") if expression == "the first of each kind" else ("pk",)
    plain = make(q, q(Author)).order_by(*order)[SLICES[sliced]]
    expected = await plain.values_list("pk", "x")
    children: dict[int, list[int]] = {}
    for author, book in await q(Book).order_by("pk").values_list("author", "pk"):
        children.setdefault(author, []).append(book)

    queryset = make(q, LOADING[loading](q(Author))).order_by(*order)[SLICES[sliced]]
    authors = await queryset

    assert [(author.id, author.x) for author in authors] == expected
    assert await queryset.count() == len(expected)
    assert [sorted(book.id for book in author.books) for author in authors] == [
        children.get(author.id, []) for author in authors
    ]


@pytest.mark.parametrize("loading", LOADING)
async def test_loading_changes_no_summary(shelf: AsyncSession, loading: str) -> None:
    authors = LOADING[loading](QuerySet(Author, shelf))
    expected = {"n": 9, "s": 45, "m": 14}

    assert await authors.aggregate(n=Count("*"), s=Sum("id")) == {"n": 9, "s": 45}
    assert await authors.order_by("pk")[:3].aggregate(n=Count("*"), s=Sum("id")) == {"n": 3, "s": 6}
    assert (
        await authors.annotate(k=Count("books")).aggregate(n=Count("pk"), s=Sum("id"), m=Sum("k")) == expected
    )


async def test_parents_without_children_drop_out(shelf: AsyncSession) -> None:
    """An INNER join that loads chooses rows, and multiplies none."""
    authors: QuerySet[Any] = QuerySet(Author, shelf).options("books")
    authors = authors.annotate(n=Count("pupils")).order_by("pk")

    found = await authors

    assert [(author.id, author.n) for author in found] == [
        (1, 2), (2, 1), (3, 2), (4, 1), (5, 0), (6, 1), (8, 0), (9, 0),
    ]  # fmt: skip
    assert await authors.count() == 8
    assert await QuerySet(Author, shelf).options("books").aggregate(n=Count("*"), s=Sum("id")) == {
        "n": 8,
        "s": 38,
    }


async def test_windows_beside_children_of_the_mapping(shelf: AsyncSession) -> None:
    """Its stamps are loaded with a label by the mapping, and are no rows of a window."""
    labels: QuerySet[Any] = QuerySet(Label, shelf).annotate(w=Window(RowNumber(), order_by="-id"))
    labels = labels.order_by("id")

    found = await labels

    assert [(label.id, label.w, [stamp.id for stamp in label.stamps]) for label in found] == [
        (1, 3, []),
        (2, 2, [1, 2]),
        (3, 1, []),
    ]
    assert [(label.id, label.w) for label in await labels[1:]] == [(2, 2), (3, 1)]


async def test_windows_beside_children(shelf: AsyncSession) -> None:
    keepers: QuerySet[Any] = QuerySet(Keeper, shelf).options("animals")
    keepers = keepers.annotate(x=Window(RowNumber(), order_by="-id"))

    found = await keepers.order_by("x")

    assert [(keeper.id, keeper.x, sorted(animal.id for animal in keeper.animals)) for keeper in found] == [
        (2, 1, [3]),
        (1, 2, [1, 2, 4]),
    ]


async def test_columns_that_are_not_loaded(shelf: AsyncSession) -> None:
    books: QuerySet[Any] = QuerySet(Book, shelf).filter(pk__lte=2).order_by("pk")
    for option in (load_only(Book.id), defer(Book.title)):
        found = await books.options(option).annotate(n=Count("reviews"), up=Upper("title"))
        assert [(book.n, "title" in book.__dict__) for book in found] == [(3, False), (2, False)]
        shelf.expunge_all()


async def test_joined_filters_limit_children_alike(shelf: AsyncSession) -> None:
    """A filter on the path that is loaded limits the children, with an aggregate or without."""
    thick = QuerySet(Author, shelf).options("books").filter(books__pages__gt=300).order_by("pk")
    plain = [(author.id, {book.id for book in author.books}) for author in await thick]
    shelf.expunge_all()

    counted = [
        (author.id, {book.id for book in author.books}) for author in await thick.annotate(n=Count("pupils"))
    ]

    assert counted == plain
