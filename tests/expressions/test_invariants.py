"""What holds of every chain: as many rows as counted, slices that are parts of the whole, the same again."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django_like_repos.query.functions.text import Lower, Upper
from django_like_repos.query.functions.windows import Rank, RowNumber
from tests.expressions.asking import Objects, objects_in
from tests.mappings.reading import told
from tests.parity.schema import Author, Book, Category, Edition, Review
from tests.rows.mappings import Animal, Bird, Crate, Keeper, Key, Label, Rack, Use

Chain = Callable[[Objects], QuerySet[Any, Any]]

CHAINS: dict[str, Chain] = {
    # groups
    "an aggregate": lambda q: q(Book).annotate(n=Count("reviews")).order_by("n", "pk"),
    "two aggregates": lambda q: (
        q(Book).annotate(n=Count("reviews"), m=Count("tags")).order_by("-n", "m", "pk")
    ),
    "filtered groups": lambda q: q(Book).annotate(n=Count("reviews")).filter(n__gt=1).order_by("n", "pk"),
    "a filter shared with an aggregate": lambda q: (
        q(Book).filter(reviews__rating__gt=1).annotate(n=Count("reviews")).order_by("n", "pk")
    ),
    "a filter beside an aggregate": lambda q: (
        q(Book).filter(tags__name__gt="").annotate(n=Count("reviews")).order_by("n", "pk")
    ),
    "a filter after an aggregate": lambda q: (
        q(Book).annotate(n=Count("reviews")).filter(tags__name__gt="").order_by("n", "pk")
    ),
    "groups or a to-many filter": lambda q: (
        q(Author).annotate(n=Count("books")).filter(Q(n=0) | Q(books__pages__gt=300)).order_by("pk")
    ),
    "groups and a negated to-many filter": lambda q: (
        q(Author).annotate(n=Count("books")).exclude(n__gt=1, books__tags__name="war").order_by("pk")
    ),
    "values in groups": lambda q: q(Book).values("author").annotate(n=Count("*")).order_by("n", "author"),
    "related values in groups": lambda q: (
        q(Book).filter(tags__pk__gt=0).values("tags__name").annotate(n=Count("*")).order_by("n", "tags__name")
    ),
    "an alias of an aggregate": lambda q: q(Book).alias(n=Count("reviews")).filter(n=1).order_by("n", "pk"),
    "groups of SQLAlchemy's": lambda q: (
        q(Rack).values("label").annotate(n=func.max(Rack.width)).order_by("n", "label")
    ),
    "groups ordered by SQLAlchemy": lambda q: (
        q(Book).annotate(n=Count("reviews")).order_by(Book.pages.desc(), "pk")
    ),
    "groups of both": lambda q: (
        q(Book).filter(Book.pages > 100, tags__name__gt="").annotate(n=Count("reviews")).order_by("n", "pk")
    ),
    # reading over to-many paths
    "values over a to-many path": lambda q: (
        q(Book).filter(tags__pk__gt=0).values_list("pk", "tags__name").order_by("pk", "tags__name")
    ),
    "an annotation over a to-many path": lambda q: (
        q(Book).annotate(x=F("tags__name")).filter(x__gt="").order_by("x", "pk").values_list("pk", "x")
    ),
    "an alias over a to-many path": lambda q: (
        q(Book).alias(x=F("tags__name")).filter(x__gt="").order_by("pk")
    ),
    "an alias over a to-many path that orders": lambda q: (
        q(Book).alias(x=F("tags__name")).filter(x__gt="").order_by("x", "pk")
    ),
    "a filtered relation": lambda q: (
        q(Book)
        .annotate(good=FilteredRelation("reviews", condition=Q(reviews__rating__gt=3)))
        .filter(good__pk__gt=0)
        .order_by("pk")
    ),
    "a filtered relation that is counted": lambda q: (
        q(Book)
        .annotate(good=FilteredRelation("reviews", condition=Q(reviews__rating__gt=3)))
        .annotate(n=Count("good"))
        .order_by("n", "pk")
    ),
    # windows
    "windows": lambda q: (
        q(Book).annotate(w=Window(RowNumber(), partition_by="author", order_by="pk")).order_by("w", "pk")
    ),
    "rows chosen by windows": lambda q: (
        q(Book)
        .annotate(w=Window(RowNumber(), partition_by="author", order_by="pk"))
        .filter(w=1)
        .order_by("pk")
    ),
    "windows of what to-many paths choose": lambda q: (
        q(Book).filter(tags__name__gt="").annotate(w=Window(RowNumber(), order_by="pk")).order_by("pk")
    ),
    "values of windows of what to-many paths choose": lambda q: (
        q(Book)
        .filter(tags__name__gt="")
        .annotate(w=Window(RowNumber(), order_by="pk"))
        .order_by("pk")
        .values_list("pk", "w")
    ),
    "rows chosen by windows of what to-many paths choose": lambda q: (
        q(Book)
        .filter(tags__name__gt="")
        .annotate(w=Window(RowNumber(), order_by="pk"))
        .filter(w__lte=5)
        .order_by("pk")
    ),
    "windows of groups": lambda q: (
        q(Book)
        .annotate(n=Count("reviews"))
        .annotate(w=Window(Rank(), order_by=F("n").desc()))
        .filter(w__lte=8)
        .order_by("w", "pk")
        .values_list("pk", "w")
    ),
    "windows over to-many rows": lambda q: (
        q(Book)
        .annotate(w=Window(Sum("reviews__rating"), partition_by="author"))
        .order_by("pk", "w")
        .values_list("pk", "w")
    ),
    "windows or a condition": lambda q: (
        q(Author).annotate(w=Window(RowNumber(), order_by="pk")).filter(Q(w=1) | Q(name="Hal")).order_by("pk")
    ),
    "windows ordered by SQLAlchemy": lambda q: (
        q(Book)
        .annotate(w=Window(RowNumber(), order_by="pk"))
        .filter(w__gt=2)
        .order_by(Book.pages.desc(), "pk")
    ),
    # orderings
    "ordered by a to-many path": lambda q: q(Book).order_by(F("tags__name").desc(nulls_last=True), "pk"),
    "ordered by a function of a to-many path": lambda q: q(Book).order_by(Lower("tags__name"), "pk"),
    "ordered by cases over a to-many path": lambda q: q(Book).order_by(
        Case(When(tags__name="war", then=0), default=1), "pk"
    ),
    "ordered by whether any is there": lambda q: q(Book).order_by(
        Exists(q(Review).filter(book=OuterRef("pk"))), "pk"
    ),
    # subqueries
    "subqueries": lambda q: (
        q(Book)
        .annotate(x=Subquery(q(Review).filter(book=OuterRef("pk")).order_by("-pk").values("rating")[:1]))
        .order_by(F("x").desc(nulls_last=True), "pk")
    ),
    "excluded by whether any is there": lambda q: (
        q(Author).exclude(Exists(q(Book).filter(author=OuterRef("pk"), reviews__rating__gt=3))).order_by("pk")
    ),
    # distinct
    "different values": lambda q: q(Book).values_list("in_print").distinct().order_by("in_print"),
    "different values, ordered by another": lambda q: (
        q(Book).filter(tags__name__gt="").values_list("in_print").distinct().order_by("in_print", "pages")
    ),
    "the first of each kind": lambda q: q(Book).order_by("author", "pk").distinct("author"),
    "the first of what to-many paths choose": lambda q: (
        q(Book).filter(tags__name__gt="").order_by("author", "pk").distinct("author")
    ),
    "the first of each related kind": lambda q: (
        q(Author).order_by("books__title", "pk").distinct("books__title")
    ),
    "the last of each related kind": lambda q: (
        q(Author).order_by("-books__title", "-pk").distinct("books__title")
    ),
    "the first of each related kind of what to-many paths choose": lambda q: (
        q(Book).filter(tags__weight=3).order_by("tags__name", "-pk").distinct("tags__name")
    ),
    "the first of each related kind that has a name": lambda q: (
        q(Book).alias(tag=F("tags__name")).order_by("tag", "-pk").distinct("tag")
    ),
    "the first of each related kind, loaded to-many": lambda q: (
        q(Book).outerjoin("reviews").options("reviews").order_by("tags__name", "-pk").distinct("tags__name")
    ),
    "the first of each group": lambda q: (
        q(Book).annotate(n=Count("reviews")).order_by("n", "pk").distinct("n")
    ),
    "dates": lambda q: q(Book).filter(tags__name__gt="").dates("published_on", "year"),
    "moments": lambda q: q(Edition).datetimes("released_at", "month"),
    # put together
    "a union": lambda q: q(Book).filter(pk__lt=6).union(q(Book).filter(pk__gt=9)).order_by("pk"),
    "a union of what to-many paths choose": lambda q: (
        q(Book).filter(tags__name__gt="").union(q(Book).filter(reviews__rating__gt=1)).order_by("pk")
    ),
    "a union of groups": lambda q: (
        q(Book)
        .annotate(n=Count("reviews"))
        .union(q(Book).annotate(n=Count("tags")))
        .order_by("pk", "n")
        .values_list("pk", "n")
    ),
    "all rows of both": lambda q: (
        q(Book).values("author").union(q(Book).values("author").filter(pk__gt=3), all=True).order_by("author")
    ),
    "or, over to-many paths": lambda q: (
        q(Author).filter(books__pages__gt=500) | q(Author).filter(reviews__rating=1)
    ).order_by("pk"),
    # loading
    "loaded to-one": lambda q: q(Book).options("author").annotate(n=Count("reviews")).order_by("n", "pk"),
    "loaded to-many": lambda q: q(Book).options("reviews").annotate(n=Count("tags")).order_by("n", "pk"),
    "loaded to-many, an expression": lambda q: (
        q(Book).options("reviews").annotate(x=Upper("title")).order_by("x", "pk")
    ),
    "loaded to-many, rows chosen by windows": lambda q: (
        q(Book)
        .options("reviews")
        .annotate(x=Window(RowNumber(), order_by="pk"))
        .filter(x__gt=2)
        .order_by("x", "pk")
    ),
    "loaded to-many, the first of each kind": lambda q: (
        q(Book).outerjoin("reviews").options("reviews").order_by("author", "pk").distinct("author")
    ),
    # other mappings
    "keys of several columns": lambda q: q(Key).annotate(n=Count("uses")).order_by("n", "pk"),
    "a foreign key of several columns": lambda q: (
        q(Use).annotate(note=F("key__note")).order_by(F("note").asc(nulls_first=True), "id")
    ),
    "eager children": lambda q: q(Label).annotate(n=Count("crate__labels")).order_by("n", "id"),
    "eager children and windows": lambda q: (
        q(Label).annotate(w=Window(RowNumber(), order_by="-id")).order_by("w")
    ),
    "documents": lambda q: q(Crate).annotate(n=Count("labels__stamps")).order_by("n", "code"),
    "hybrids": lambda q: q(Rack).annotate(n=Max("crates__weight")).order_by("perimeter", "code"),
    "groups of hybrids": lambda q: (
        q(Rack).values("perimeter", "area").annotate(n=Sum("crates__weight")).order_by("area")
    ),
    "its own table": lambda q: (
        q(Category).filter(children__pk__gt=0).annotate(n=Count("children__children")).order_by("n", "pk")
    ),
    "a subclass": lambda q: q(Bird).annotate(n=Count("eggs")).order_by("n", "pk"),
    "a subclass's columns": lambda q: (
        q(Animal).annotate(x=F("bird__span"), n=Count("bird__eggs")).order_by("n", "id")
    ),
    "related subclasses": lambda q: (
        q(Keeper)
        .annotate(n=Count("birds"), m=Count("animals__bird__eggs", distinct=True))
        .order_by("n", "id")
    ),
    "an alias and values": lambda q: (
        q(Rack).alias(x=Value(1)).values_list("code", Upper("label")).order_by("x", "code")
    ),
}

# Of these the other direction shows other rows: the best-ranked, or the last of each kind.
ONE_WAY = {
    "an alias over a to-many path that orders",
    "ordered by a to-many path",
    "ordered by a function of a to-many path",
    "ordered by cases over a to-many path",
    "the first of each kind",
    "the first of what to-many paths choose",
    "the first of each related kind",
    "the last of each related kind",
    "the first of each related kind of what to-many paths choose",
    "the first of each related kind that has a name",
    "the first of each related kind, loaded to-many",
    "the first of each group",
    "loaded to-many, the first of each kind",
    "all rows of both",
}


def _said(row: Any) -> Any:
    annotations = {name: value for name, value in getattr(row, "__dict__", {}).items() if name in "nmxw"}
    return told(row), annotations


@pytest.mark.sampled
@pytest.mark.parametrize("name", CHAINS)
async def test_invariants(shelf: AsyncSession, name: str) -> None:
    queryset = CHAINS[name](objects_in(shelf))
    rows = [_said(row) for row in await queryset]

    assert [_said(row) for row in await queryset] == rows
    assert await queryset.count() == len(rows)
    assert await queryset.exists() is bool(rows)
    for start, stop in ((0, 2), (1, 3), (1, None), (2, 2), (0, 100), (len(rows), None)):
        page = queryset[start:stop]
        assert [_said(row) for row in await page] == rows[start:stop]
        assert await page.count() == len(rows[start:stop])
        assert await page.exists() is bool(rows[start:stop])
    assert _said(await queryset.first()) == rows[0]
    assert _said(await queryset[1]) == rows[1]
    assert await queryset.aggregate(n=Count("*")) == {"n": len(rows)}
    if name not in ONE_WAY:
        assert [_said(row) for row in await queryset.reverse()] == rows[::-1]
        assert _said(await queryset.last()) == rows[-1]


def _query(name: str) -> Any:
    return CHAINS[name](QuerySet)._query


MODELS = [name for name in CHAINS if _query(name).row == "model"]
ALONE_STANDING = [name for name in MODELS if _query(name).frame.combined is None]


@pytest.mark.sampled
@pytest.mark.parametrize("name", MODELS)
async def test_one_of_the_rows(shelf: AsyncSession, name: str) -> None:
    """A queryset on the right side of `in` has the rows that it has itself."""
    queryset = CHAINS[name](objects_in(shelf))
    rows, model = await queryset, queryset._query.model
    found = await QuerySet(model, shelf).filter(pk__in=queryset)
    assert {told(row) for row in found} == {told(row) for row in rows}


@pytest.mark.sampled
@pytest.mark.parametrize("name", ALONE_STANDING)
async def test_whether_it_contains(shelf: AsyncSession, name: str) -> None:
    queryset = CHAINS[name](objects_in(shelf))
    keys = {told(row) for row in await queryset}
    for model in await QuerySet(queryset._query.model, shelf):
        assert await queryset.contains(model) is (told(model) in keys)
