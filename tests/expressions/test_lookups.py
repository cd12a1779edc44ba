"""Lookups as expressions: their SQL, and that they are conditions and values wherever either stands."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Integer, String, func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Lookup,
    OuterRef,
    Q,
    QueryError,
    QuerySet,
    Value,
    When,
    lookups,
    register_lookup,
    register_transform,
)
from django_like_repos.contrib.postgres import lookups as postgres_lookups
from django_like_repos.functions import KeyTextTransform, KeyTransform, Length, Lower
from django_like_repos.lookups import (
    Contains,
    Exact,
    GreaterThan,
    HasKey,
    In,
    IsNull,
    LessThan,
    Range,
)
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS
from tests.expressions.asking import Answers, Cases, agrees, answer_of
from tests.parity.schema import Author, Book, Edition, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "two columns": (
        lambda q: q(Book).filter(GreaterThan(F("price"), F("pages"))).order_by("pk").values_list("pk"),
        "SELECT books.id FROM books WHERE books.price > books.pages ORDER BY books.id ASC",
        [(1,), (3,), (4,), (6,), (8,), (11,), (13,)],
    ),
    "a value, coerced as a keyword's is": (
        lambda q: q(Tag).filter(GreaterThan(F("weight"), "2")).order_by("pk").values_list("pk", flat=True),
        "SELECT tags.id FROM tags WHERE tags.weight > ? ORDER BY tags.id ASC",
        [1, 4],
    ),
    "something computed": (
        lambda q: (
            q(Tag)
            .filter(Exact(Length("name"), 3) & ~Exact(Lower("note"), "old"))
            .order_by("pk")
            .values_list("name", flat=True)
        ),
        "SELECT tags.name FROM tags WHERE length(tags.name) = ? AND (lower(tags.note) = ?) IS NOT true "
        "ORDER BY tags.id ASC",
        ["war", "War"],
    ),
    "as a value": (
        lambda q: q(Tag).annotate(x=IsNull(F("note"), True)).order_by("pk").values_list("x", flat=True),
        "SELECT tags.note IS NULL AS x FROM tags ORDER BY tags.id ASC",
        [False, True, False, False, True, False, False],
    ),
    "NULL as a value": (
        lambda q: q(Tag).annotate(x=Exact(F("note"), "old")).order_by("pk").values_list("x", flat=True)[:3],
        "SELECT tags.note = ? AS x FROM tags ORDER BY tags.id ASC LIMIT ? OFFSET ?",
        [True, None, True],
    ),
    "in an ordering": (
        lambda q: (
            q(Tag).order_by(LessThan(F("weight"), 2).desc(), "-pk").exclude(weight=None).values_list("pk")
        ),
        "SELECT tags.id FROM tags WHERE tags.weight IS NOT NULL ORDER BY tags.weight < ? DESC, tags.id DESC",
        [(7,), (2,), (6,), (4,), (1,)],
    ),
    "in a Case": (
        lambda q: (
            q(Tag)
            .annotate(x=Case(When(GreaterThan(F("weight"), 2) | Contains(F("name"), "%"), then=1), default=0))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight > ? OR tags.name LIKE ? ESCAPE '/') THEN ? ELSE ? END AS x "
        "FROM tags ORDER BY tags.id ASC",
        [1, 0, 0, 1, 1, 0, 0],
    ),
    "of a condition": (
        lambda q: (
            q(Tag)
            .filter(Exact(IsNull(F("note"), True), GreaterThan(F("weight"), 1)))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT tags.id FROM tags WHERE (tags.note IS NULL) = (tags.weight > ?) ORDER BY tags.id ASC",
        [7],
    ),
    "of a part of a date": (
        lambda q: q(Book).filter(Exact(F("published_on__year"), 2010)).count(),
        "SELECT count(*) AS count_1 FROM books WHERE books.published_on BETWEEN ? AND ?",
        3,
    ),
    "of the row around": (
        lambda q: q(Author).filter(Exists(q(Book).filter(Exact(OuterRef("pk"), F("editor"))))).count(),
        "SELECT count(*) AS count_1 FROM authors WHERE EXISTS "
        "(SELECT 1 FROM books AS books_1 WHERE authors.id = books_1.editor_id)",
        6,
    ),
    "of plain values": (
        lambda q: q(Tag).filter(Range(2, (F("weight"), 3))).order_by("pk").values_list("pk", flat=True),
        "SELECT tags.id FROM tags WHERE ? BETWEEN tags.weight AND ? ORDER BY tags.id ASC",
        [2, 6, 7],
    ),
    "an instance": (
        lambda q: q(Book).filter(Exact(F("author"), Author(id=1))).count(),
        "SELECT count(*) AS count_1 FROM books WHERE books.author_id = ?",
        3,
    ),
}

ANSWERS: Answers = {
    "of a path, one related row with the call's keywords": (
        lambda q: (
            q(Book)
            .filter(Exact(F("tags__name"), "war"), tags__weight__gt=0)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        [1, 3, 12],
    ),
    "of an aggregate": (
        lambda q: q(Book).annotate(x=GreaterThan(Count("tags"), 1)).filter(x=True).count(),
        7,
    ),
    "of a queryset": (
        lambda q: (
            q(Author)
            .filter(
                GreaterThan(q(Book).filter(author=OuterRef("pk")).order_by("-pages").values("pages")[:1], 900)
            )
            .count()
        ),
        1,
    ),
    "in a filtered relation": (
        lambda q: (
            q(Book)
            .annotate(w=FilteredRelation("tags", condition=Q(GreaterThan(F("tags__weight"), 2))))
            .filter(w__isnull=False)
            .count()
        ),
        6,
    ),
    "what finds nothing": (
        lambda q: q(Tag).annotate(x=In(Lower("name"), [])).order_by("pk").values_list("x", flat=True)[:1],
        [False],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_lookups(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(shelf: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(shelf, make) == expected


async def test_names_of_json(shelf: AsyncSession) -> None:
    editions = QuerySet(Edition, shelf)
    wanted = await editions.filter(spec__has_key="color").order_by("pk").values_list("pk", flat=True)
    assert wanted
    found = editions.filter(HasKey(F("spec"), "color")).order_by("pk").values_list("pk", flat=True)
    assert await found == wanted
    of_a_key = editions.filter(Exact(KeyTransform("color", F("spec")), "red"))
    assert await of_a_key.count() == await editions.filter(spec__color="red").count() > 0
    texts = editions.filter(spec__has_key="tags").order_by("pk")
    assert await texts.values_list(KeyTextTransform(0, KeyTransform("tags", "spec")), flat=True) == [
        each["tags"][0] if each["tags"] else None for each in await texts.values_list("spec", flat=True)
    ]


@pytest.fixture
def registry() -> Iterator[None]:
    """Puts the names back that a test gives a meaning."""
    before, transforms = dict(LOOKUPS._items), dict(TRANSFORMS._items)
    yield
    LOOKUPS._items, TRANSFORMS._items = before, transforms
    LOOKUPS.add(None, (), Lookup)


@pytest.mark.usefixtures("registry")
async def test_a_lookup_of_ones_own(shelf: AsyncSession) -> None:
    @register_lookup(of=String)
    class LongerThan(Lookup):
        name = "longer_than"
        takes = Integer()

        def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
            longer: ColumnElement[bool] = func.length(left) > right
            return longer

    tags = QuerySet(Tag, shelf).order_by("pk")
    assert repr(LongerThan(F("name"), "6")) == "LongerThan(F('name'), '6')"
    for left in (F("name"), Lower("name")):
        assert await tags.filter(LongerThan(left, "6")).values_list("pk", flat=True) == [1, 4, 5]
    with pytest.raises(QueryError, match=r"'longer_than' is no lookup of Tag\.weight"):
        tags.filter(LongerThan(F("weight"), 6))


@pytest.mark.usefixtures("registry")
async def test_transforms_in_names(shelf: AsyncSession) -> None:
    register_transform(Length, of=String)
    tags = QuerySet(Tag, shelf).order_by("pk")
    longer = tags.filter(GreaterThan(F("name__length"), F("note__length")))
    assert await longer.values_list("pk", flat=True) == [1, 3, 4, 6]
    lengths = tags.annotate(low=Lower("name")).values_list(F("low__length"), flat=True)
    assert await lengths == [7, 3, 4, 8, 7, 6, 3]
    authors = QuerySet(Author, shelf)
    books = QuerySet(Book).filter(Exact(F("title__length"), OuterRef("name__length")), author=OuterRef("pk"))
    assert await authors.filter(Exists(books)).order_by("pk").values_list("pk", flat=True) == [2, 4]


def test_every_lookup_is_an_expression() -> None:
    """Under its name; of several with one name, such as those of JSON, the general one stands for all."""
    every = [
        lookup for lookup in LOOKUPS._items.values() if lookup.__module__.startswith("django_like_repos")
    ]
    known = {lookup.name for lookup in every}
    public = [getattr(module, name) for module in (lookups, postgres_lookups) for name in module.__all__]
    assert known == {each.name for each in public}


REFUSED = {
    "no such field": (Exact(F("nme"), 1), "Tag has no field 'nme'"),
    "no such field on the right": (Exact(Lower("name"), F("nte")), "Tag has no field 'nte'"),
    "a value that does not fit": (GreaterThan(F("weight"), "x"), "Tag: weight__gt='x' does not fit"),
    "of what is computed": (
        GreaterThan(Length("name"), "x"),
        r"Tag: Length\('name'\)__gt='x' does not fit",
    ),
    "no lookup of the type": (HasKey(Lower("name"), "x"), r"'has_key' is no lookup of Lower\('name'\)"),
    "nothing on the left": (Exact(None, 3), r"Exact\(None, 3\): None has no type"),
    "NULL on the left": (Exact(Value(None), 3), r"Exact\(Value\(None\), 3\): Value\(None\) has no type"),
    "of no type": (Exact(F("name") + 1, 3), r"Exact\(\(F\('name'\) \+ 1\), 3\): the type of text \+ integer"),
    "no pair": (Range(Lower("name"), "a"), "takes a pair of values"),
    "the left side by its inner name": (Exact(Length("name"), F("the left side")), "Tag has no field"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    condition, message = REFUSED[name]
    with pytest.raises(QueryError, match=message):
        QuerySet(Tag).filter(condition)
    with pytest.raises(QueryError, match=message):
        QuerySet(Tag).annotate(x=condition)


async def test_updates_and_deletes_repeat_what_is_of_the_row(shelf: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    await QuerySet(Review, shelf).filter(GreaterThan(F("score") + 1, 50)).update(text="seen")
    assert sql.last.count("score + ") == 2
    sql.clear()
    result = await QuerySet(Review, shelf).filter(Exact(F("score"), 1600) | IsNull(F("score"), True)).delete()
    assert (sql.last.count("score IS NULL"), result.rowcount) == (2, 7)


async def test_values_are_no_part_of_a_plan(shelf: AsyncSession) -> None:
    for weight, found in ((0, 5), (1, 3), (2, 2), (3, 0)):
        tags = QuerySet(Tag, shelf).filter(GreaterThan(F("weight") * 1, weight))
        assert await tags.count() == found
        assert await QuerySet(Tag, shelf).filter(pk__in=tags.values("pk")).count() == found
