"""`FilteredRelation`: a join with a condition, and what is read through it."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, FilteredRelation, Max, Q, QuerySet
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Book, Country, Review
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

CASES: Cases = {
    "its rows": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .order_by("pk", "thick__pk")
            .values_list("pk", "thick__title")
        ),
        "SELECT authors.id, books_1.title FROM authors LEFT OUTER JOIN books AS books_1 ON "
        "authors.id = books_1.author_id AND books_1.pages > ? WHERE authors.id <= ? ORDER BY "
        "authors.id ASC, books_1.id ASC",
        [(1, "love"), (2, "Война"), (3, "50% off")],
    ),
    "filtered by": (
        lambda q: (
            q(Author)
            .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .filter(thick__in_print=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT DISTINCT authors.id FROM authors JOIN books AS books_1 ON authors.id = books_1.author_id "
        "AND books_1.pages > ? WHERE books_1.in_print = ? ORDER BY authors.id ASC",
        [2, 5, 8],
    ),
    "counted": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .annotate(n=Count("thick"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT count(books_1.id) AS n FROM authors LEFT OUTER JOIN books AS books_1 ON "
        "authors.id = books_1.author_id AND books_1.pages > ? WHERE authors.id <= ? GROUP BY "
        "authors.id ORDER BY authors.id ASC",
        [1, 1, 1],
    ),
    "beside the whole relation": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .annotate(n=Count("thick", distinct=True), m=Count("books", distinct=True))
            .order_by("pk")
            .values_list("n", "m")
        ),
        "SELECT count(DISTINCT books_1.id) AS n, count(DISTINCT books_2.id) AS m FROM authors "
        "LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id AND books_1.pages > "
        "? LEFT OUTER JOIN books AS books_2 ON authors.id = books_2.author_id WHERE authors.id "
        "<= ? GROUP BY authors.id ORDER BY authors.id ASC",
        [(1, 3), (1, 3), (1, 2)],
    ),
    "none there": (
        lambda q: (
            q(Author)
            .alias(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .filter(thick=None)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT DISTINCT authors.id FROM authors LEFT OUTER JOIN books AS books_1 ON authors.id = "
        "books_1.author_id AND books_1.pages > ? WHERE books_1.id IS NULL ORDER BY authors.id ASC",
        [4, 6, 7, 9],
    ),
    "a condition on the row, too": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(own=FilteredRelation("books", condition=Q(name__gt="B", books__pages__gt=0)))
            .annotate(n=Count("own"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT count(books_1.id) AS n FROM authors LEFT OUTER JOIN books AS books_1 ON "
        "authors.id = books_1.author_id AND books_1.pages > ? AND authors.name > ? WHERE "
        "authors.id <= ? GROUP BY authors.id ORDER BY authors.id ASC",
        [0, 3, 1],
    ),
    "a to-one relation": (
        lambda q: (
            q(Review)
            .filter(pk__lte=4)
            .annotate(her=FilteredRelation("reviewer", condition=Q(reviewer__name="Chloé")))
            .order_by("pk")
            .values_list("her__name", flat=True)
        ),
        "SELECT authors_1.name FROM reviews LEFT OUTER JOIN authors AS authors_1 ON authors_1.id "
        "= reviews.reviewer_id AND authors_1.name = ? WHERE reviews.id <= ? ORDER BY reviews.id "
        "ASC",
        [None, "Chloé", None, None],
    ),
    "many-to-many": (
        lambda q: (
            q(Book)
            .filter(pk__lte=3)
            .annotate(heavy=FilteredRelation("tags", condition=Q(tags__weight__gt=2)))
            .annotate(n=Count("heavy"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT count(tags_1.id) AS n FROM books LEFT OUTER JOIN book_tags AS book_tags_1 ON "
        "books.id = book_tags_1.book_id LEFT OUTER JOIN tags AS tags_1 ON tags_1.id = "
        "book_tags_1.tag_id AND tags_1.weight > ? WHERE books.id <= ? GROUP BY books.id ORDER BY "
        "books.id ASC",
        [1, 1, 2],
    ),
    "a longer path": (
        lambda q: (
            q(Country)
            .annotate(own=FilteredRelation("authors__books", condition=Q(authors__books__in_print=True)))
            .annotate(n=Count("own"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT count(books_1.id) AS n FROM countries LEFT OUTER JOIN authors AS authors_1 ON "
        "countries.id = authors_1.country_id LEFT OUTER JOIN books AS books_1 ON authors_1.id = "
        "books_1.author_id AND books_1.in_print = ? GROUP BY countries.id ORDER BY countries.id "
        "ASC",
        [3, 2, 1, 0],
    ),
    "beyond it": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .annotate(m=Max("thick__reviews__rating"))
            .order_by("pk")
            .values_list("m", flat=True)
        ),
        "SELECT max(reviews_1.rating) AS m FROM authors LEFT OUTER JOIN books AS books_1 ON "
        "authors.id = books_1.author_id AND books_1.pages > ? LEFT OUTER JOIN reviews AS "
        "reviews_1 ON books_1.id = reviews_1.book_id WHERE authors.id <= ? GROUP BY authors.id "
        "ORDER BY authors.id ASC",
        [3, 5, 3],
    ),
    "ordered by": (
        lambda q: (
            q(Author)
            .alias(thick=FilteredRelation("books", condition=Q(books__pages__gt=300)))
            .filter(thick__pages__gt=0)
            .order_by("-thick__pages", "pk")
            .values_list("pk", "thick__pages")
        ),
        "SELECT authors.id, books_1.pages FROM authors JOIN books AS books_1 ON authors.id = "
        "books_1.author_id AND books_1.pages > ? WHERE books_1.pages > ? ORDER BY books_1.pages "
        "DESC, authors.id ASC",
        [(2, 1200), (5, 900), (1, 350), (3, 350), (8, 350), (8, 350)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_filtered_relations(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


ALWAYS_THERE = Q(author__name__lt="C")
INNER = "JOIN authors AS authors_1 ON authors_1.id = books.author_id AND authors_1.name < ?"


async def test_of_a_relation_that_is_always_there_only_its_rows_count(
    shelf: AsyncSession, sql: RecordedSQL
) -> None:
    """As in Django, whose join is INNER where the foreign key is never NULL."""
    books: Any = QuerySet(Book, shelf).annotate(early=FilteredRelation("author", condition=ALWAYS_THERE))
    values = books.order_by("id").values_list("id", "early__name")
    rows = await values
    same_sql(sql.last, f"SELECT books.id, authors_1.name FROM books {INNER} ORDER BY books.id ASC")
    everybody = await QuerySet(Book, shelf).order_by("id").values_list("id", "author__name")
    assert rows == [row for row in everybody if row[1] < "C"] != everybody
    assert await values.count() == len(rows)
    same_sql(sql.last, f"SELECT count(*) AS count_1 FROM books {INNER}")
    assert await values[:99].count() == len(rows)
    late = next(key for key, name in everybody if name > "C")
    assert not await values.filter(id=late).exists()
    assert "JOIN authors" in sql.last
    told = books.annotate(x=F("early__name"))
    assert await told.order_by("id").values_list("id", flat=True) == [key for key, _ in rows]
    assert len(await told) == await told.count() == len(rows)
    assert await books.count() == len(everybody), "nothing asks for its rows"
