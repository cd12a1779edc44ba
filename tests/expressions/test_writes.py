"""UPDATE and DELETE after annotations: which rows, set to what, and what is given back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    InvalidLookupValueError,
    Max,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    Subquery,
    Sum,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    When,
    Window,
)
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.text import Concat, Lower
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Cases, Make, agrees, answer_of
from tests.parity.schema import Author, Book, Country, Publisher, Review, Tag
from tests.recording import RecordedSQL

STATEMENTS: Cases = {
    "deleted by groups": (
        lambda q: q(Country).annotate(n=Count("authors")).filter(n=0).delete(),
        "DELETE FROM countries WHERE countries.id IN (SELECT countries.id FROM countries LEFT OUTER JOIN "
        "authors AS authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id "
        "HAVING count(authors_1.id) = ?) RETURNING id",
        [(4,)],
    ),
    "deleted by groups of an alias": (
        lambda q: q(Country).alias(n=Count("authors")).filter(n=0, name__gt="Q").delete(),
        "DELETE FROM countries WHERE countries.name > ? AND countries.id IN (SELECT countries.id "
        "FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "WHERE countries.name > ? GROUP BY countries.id HAVING count(authors_1.id) = ?) RETURNING id",
        [(4,)],
    ),
    "updated by groups": (
        lambda q: q(Country).annotate(n=Count("authors")).filter(n__gt=2).update(code="XX"),
        "UPDATE countries SET code=? WHERE countries.id IN (SELECT countries.id FROM countries "
        "LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id "
        "HAVING count(authors_1.id) > ?) RETURNING id",
        [(2,)],
    ),
    "deleted by what is there": (
        lambda q: (
            q(Country).filter(~Exists(q(Author).filter(country=OuterRef("pk")))).delete()
        ),
        "DELETE FROM countries WHERE countries.id IN (SELECT DISTINCT countries.id FROM countries "
        "WHERE NOT (EXISTS (SELECT 1 FROM authors AS authors_1 WHERE authors_1.country_id = countries.id))) "
        "RETURNING id",
        [(4,)],
    ),
    "set to an annotation": (
        lambda q: q(Tag).annotate(w=F("weight") * 2).filter(weight=3).update(weight=F("w") + 1),
        "UPDATE tags SET weight=(tags.weight * ? + ?) WHERE tags.weight = ? AND tags.id IN "
        "(SELECT DISTINCT tags.id FROM tags WHERE tags.weight = ?) RETURNING id",
        [(1,), (4,)],
    ),
    "set to a value of another row": (
        lambda q: (
            q(Tag)
            .filter(weight=None)
            .update(weight=Subquery(q(Tag).order_by("-weight").filter(weight__gt=0).values("weight")[:1]))
        ),
        "UPDATE tags SET weight=(SELECT tags_1.weight FROM tags AS tags_1 WHERE tags_1.weight > ? "
        "ORDER BY tags_1.weight DESC LIMIT ? OFFSET ?) WHERE tags.weight IS NULL AND tags.id IN "
        "(SELECT DISTINCT tags.id FROM tags WHERE tags.weight IS NULL) RETURNING id",
        [(3,), (5,)],
    ),
}  # fmt: skip

SETS: dict[str, tuple[Make, list[Any]]] = {
    "what values() reads of": (
        lambda q: q(Tag).values("name").filter(pk=1).annotate(x=F("id") * 2).update(weight=F("x")),
        [2, 1, None, 3, None, 2, 1],
    ),
    "what values_list() reads of, by a related row": (
        lambda q: (
            q(Tag)
            .filter(books__pages__gt=1000)
            .values_list("books__title", "name")
            .distinct()
            .update(weight=0)
        ),
        [0, 0, None, 0, None, 2, 1],
    ),
    "a number of other rows": (
        lambda q: q(Tag).update(
            weight=Coalesce(
                Subquery(
                    q(Book).filter(tags=OuterRef("pk")).values("tags").annotate(n=Count("*")).values("n")
                ),
                -1,
            )
        ),
        [5, 3, 4, 2, 2, -1, 2],
    ),
    "whether any is there": (
        lambda q: q(Tag).update(
            weight=Case(When(Exists(q(Book).filter(tags=OuterRef("pk"), pages__gt=1000)), then=1), default=0)
        ),
        [1, 1, 0, 1, 0, 0, 0],
    ),
    "an annotation that is a subquery": (
        lambda q: (
            q(Tag)
            .annotate(n=Subquery(q(Book).filter(tags=OuterRef("pk")).order_by("-pages").values("pages")[:1]))
            .filter(n__isnull=False)
            .update(weight=F("n"))
        ),
        [1200, 1200, 350, 1200, 350, 2, 900],
    ),
    "an alias": (lambda q: q(Tag).alias(x=F("id") * 10).update(weight=F("x")), [10, 20, 30, 40, 50, 60, 70]),
    "an SQLAlchemy expression": (
        lambda q: q(Tag).annotate(x=func.coalesce(Tag.weight, 9)).update(weight=F("x")),
        [3, 1, 9, 3, 9, 2, 1],
    ),
    "cases": (
        lambda q: q(Tag).update(weight=Case(When(weight__gt=2, then=0), default=F("weight"))),
        [0, 1, None, 0, None, 2, 1],
    ),
    "SQL of one's own": (
        lambda q: q(Tag).update(weight=RawSQL("id + %s", [5])),
        [6, 7, 8, 9, 10, 11, 12],
    ),
    "NULL": (lambda q: q(Tag).update(weight=Value(None)), [None] * 7),
    "rows chosen by a window": (
        lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="-pk")).filter(w__lte=2).update(weight=0),
        [3, 1, None, 3, None, 0, 0],
    ),
    "rows chosen by a window and a to-many path": (
        lambda q: (
            q(Tag)
            .filter(books__pages__gt=300)
            .annotate(w=Window(RowNumber(), order_by="-pk"))
            .filter(w__lte=2)
            .update(weight=0)
        ),
        [3, 1, None, 3, 0, 2, 0],
    ),
    "the first of each kind": (
        lambda q: q(Tag).filter(weight__gt=0).order_by("weight", "pk").distinct("weight").update(weight=0),
        [0, 0, None, 3, None, 0, 1],
    ),
    "rows chosen by groups over a to-many path": (
        lambda q: q(Tag).annotate(m=Max("books__pages")).filter(m__gt=1000).update(weight=0),
        [0, 0, None, 0, None, 2, 1],
    ),
    "rows chosen by an annotation over a to-many path": (
        lambda q: q(Tag).annotate(p=F("books__pages")).filter(p__gt=1000).update(weight=0),
        [0, 0, None, 0, None, 2, 1],
    ),
    "rows in groups": (
        lambda q: (
            q(Tag)
            .filter(pk__in=q(Tag).values("weight").annotate(m=Max("pk")).filter(weight__gt=0).values("m"))
            .update(weight=0)
        ),
        [3, 1, None, 0, None, 0, 0],
    ),
    "rows in a slice": (
        lambda q: q(Tag).filter(pk__in=q(Tag).order_by("-pk")[:2]).update(weight=0),
        [3, 1, None, 3, None, 0, 0],
    ),
}

REFUSED: dict[str, tuple[Make, type[Exception]]] = {
    "an aggregate": (lambda q: q(Tag).update(weight=Sum("weight")), UnsupportedOperationError),
    "an annotation that is an aggregate": (
        lambda q: q(Tag).annotate(n=Count("books")).update(weight=F("n")),
        UnsupportedOperationError,
    ),
    "a window": (lambda q: q(Tag).update(weight=Window(RowNumber())), UnsupportedOperationError),
    "a related row's field": (
        lambda q: q(Review).update(rating=F("book__pages")),
        UnsupportedOperationError,
    ),
    "an annotation of a related row's field": (
        lambda q: q(Review).annotate(p=F("book__pages")).update(rating=F("p")),
        UnsupportedOperationError,
    ),
    "a condition on a related row": (
        lambda q: q(Review).update(rating=Case(When(book__pages=1, then=1), default=2)),
        UnsupportedOperationError,
    ),
    "a name that nothing has": (lambda q: q(Tag).update(weight=F("nothing")), UnknownFieldError),
    "a name that was no annotation": (
        lambda q: q(Tag).annotate(x=Value(1)).update(weight=F("y")),
        UnknownFieldError,
    ),
    "an annotation itself": (
        lambda q: q(Tag).annotate(x=Value(1)).update(x=2),
        UnsupportedOperationError,
    ),
    "a row around, where there is none": (
        lambda q: q(Tag).update(weight=OuterRef("weight")),
        UnsupportedOperationError,
    ),
    "another kind of value": (lambda q: q(Tag).update(weight=F("name")), InvalidLookupValueError),
    "several values": (
        lambda q: q(Tag).update(weight=Subquery(q(Tag).values("weight", "name"))),
        UnsupportedOperationError,
    ),
    "a slice": (lambda q: q(Tag).annotate(n=Count("books"))[:2].update(weight=1), UnsupportedOperationError),
    "a slice, deleted": (lambda q: q(Tag).annotate(n=Count("books"))[:2].delete(), UnsupportedOperationError),
    "values": (
        lambda q: q(Tag).values("weight").annotate(n=Count("*")).update(weight=1),
        UnsupportedOperationError,
    ),
    "values, deleted": (
        lambda q: q(Tag).values("weight").annotate(n=Count("*")).delete(),
        UnsupportedOperationError,
    ),
    "a union": (lambda q: q(Tag).union(q(Tag).all()).update(weight=1), UnsupportedOperationError),
    "a union, deleted": (lambda q: q(Tag).union(q(Tag).all()).delete(), UnsupportedOperationError),
    "an annotation given back": (
        lambda q: q(Tag).annotate(n=Count("books")).returning("n").update(weight=1),
        UnsupportedOperationError,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", STATEMENTS)
async def test_statements(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, STATEMENTS[name])


@pytest.mark.by_turns
@pytest.mark.parametrize("name", SETS)
async def test_what_is_there_afterwards(shelf: AsyncSession, name: str) -> None:
    make, expected = SETS[name]
    loaded = await QuerySet(Tag, shelf).order_by("pk")

    await answer_of(shelf, make)

    assert await QuerySet(Tag, shelf).order_by("pk").values_list("weight", flat=True) == expected
    assert [tag.weight for tag in loaded] == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    """Before the database is asked."""
    make, error = REFUSED[name]
    sql.clear()
    with pytest.raises(error):
        await answer_of(shelf, make)
    assert not sql.statements


async def test_what_is_given_back(shelf: AsyncSession) -> None:
    tags = QuerySet(Tag, shelf).annotate(n=Count("books")).filter(n__in=[3, 4])

    fields = await tags.returning("pk", "weight").update(weight=F("id") * 10)
    models = await tags.returning(return_model=True).update(weight=F("weight") + 1)

    assert sorted(map(tuple, fields)) == [(2, 20), (3, 30)]
    assert sorted(tag.weight for (tag,) in models) == [21, 31]
    assert (fields.rowcount, models.rowcount) == (2, 2)


async def test_texts_dates_and_truth(shelf: AsyncSession) -> None:
    books: QuerySet[Any] = QuerySet(Book, shelf).filter(pk=1)
    before = await books.get()
    title, published = before.title, before.published_on

    await books.update(
        title=Concat(Lower("title"), Value("!")),
        published_on=F("published_on") + timedelta(days=2),
        in_print=Q(pages__gt=10_000),
    )

    assert (before.title, before.in_print) == (title.lower() + "!", False)
    assert before.published_on == published + timedelta(days=2)


async def test_annotated_models_stay_usable(shelf: AsyncSession) -> None:
    """An annotation is an attribute like any other: it stays when the row changes or is loaded again."""
    publishers: QuerySet[Any] = QuerySet(Publisher, shelf)
    publisher = await publishers.annotate(n=Count("books")).get(pk=1)
    publisher.name = "Noon"
    await shelf.flush()
    await shelf.refresh(publisher)

    again = await publishers.get(pk=1)

    assert again is publisher
    assert (again.name, again.n) == ("Noon", publisher.n)
    await publishers.filter(pk=1).update(name="Night")
    assert (publisher.name, publisher.n) == ("Night", again.n)


async def test_get_or_create_after_annotate(shelf: AsyncSession) -> None:
    countries: QuerySet[Any] = QuerySet(Country, shelf).annotate(n=Count("authors"))

    found, made = await countries.get_or_create(name="France")
    assert (found.id, found.n, made) == (1, 2, False)
    found, made = await countries.filter(n__gt=2).get_or_create(name="Россия", defaults={"code": "no"})
    assert (found.id, found.code, made) == (2, "RU", False)
    found, made = await countries.filter(n=0).get_or_create(name="Åland")
    assert (found.id, made) == (4, False)
    found, made = await countries.update_or_create(name="Peru", defaults={"code": "PE"})
    assert (found.id, found.code, made) == (3, "PE", False)
    found, made = await countries.get_or_create(name="France", n=2)
    assert (found.id, made) == (1, False)
    # As in Django, what cannot be stored is refused when it would be.
    with pytest.raises(UnknownFieldError):
        await countries.get_or_create(name="Peru", n=77)
    with pytest.raises(UnknownFieldError):
        await countries.update_or_create(name="Peru", defaults={"n": 2})
