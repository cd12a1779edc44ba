"""Windows as values, and as what rows are chosen by."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    RowRange,
    Sum,
    Value,
    ValueRange,
    Window,
)
from django_like_repos.query.functions.windows import Lag, Lead, Rank, RowNumber
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Book, Country, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "numbered": (
        lambda q: (
            q(Tag).annotate(w=Window(RowNumber(), order_by="name")).order_by("name").values_list("pk", "w")
        ),
        "SELECT tags.id, row_number() OVER (ORDER BY tags.name ASC) AS w FROM tags ORDER BY tags.name ASC",
        [(5, 1), (7, 2), (1, 3), (3, 4), (6, 5), (2, 6), (4, 7)],
    ),
    "parted": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(RowNumber(), partition_by="book", order_by="pk"))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT row_number() OVER (PARTITION BY reviews.book_id ORDER BY reviews.id ASC) AS w "
        "FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        [1, 2, 3, 1, 2, 1],
    ),
    "parted by two": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(RowNumber(), partition_by=["book", "rating"], order_by=["pk"]))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT row_number() OVER (PARTITION BY reviews.book_id, reviews.rating ORDER BY "
        "reviews.id ASC) AS w FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        [1, 1, 2, 1, 1, 1],
    ),
    "parted by a related row": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Max("rating"), partition_by="book__author"))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT max(reviews.rating) OVER (PARTITION BY books_1.author_id) AS w FROM reviews JOIN "
        "books AS books_1 ON books_1.id = reviews.book_id WHERE reviews.id <= ? ORDER BY "
        "reviews.id ASC",
        [5, 5, 5, 5, 5, 5],
    ),
    "descending": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Rank(), order_by="-rating"))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT rank() OVER (ORDER BY reviews.rating DESC) AS w FROM reviews WHERE reviews.id <= "
        "? ORDER BY reviews.id ASC",
        [1, 6, 1, 5, 4, 1],
    ),
    "ordered by an expression": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Rank(), order_by=F("score").desc(nulls_last=True)))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT rank() OVER (ORDER BY reviews.score DESC NULLS LAST) AS w FROM reviews WHERE "
        "reviews.id <= ? ORDER BY reviews.id ASC",
        [1, 5, 1, 3, 5, 4],
    ),
    "a running sum": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Sum("rating"), order_by="pk"))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT sum(reviews.rating) OVER (ORDER BY reviews.id ASC) AS w FROM reviews WHERE "
        "reviews.id <= ? ORDER BY reviews.id ASC",
        [5, 6, 11, 14, 18, 23],
    ),
    "a frame of rows": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Sum("rating"), order_by="pk", frame=RowRange(start=-1, end=0)))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT sum(reviews.rating) OVER (ORDER BY reviews.id ASC ROWS BETWEEN ? PRECEDING AND "
        "CURRENT ROW) AS w FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        [5, 6, 6, 8, 7, 9],
    ),
    "a frame to the end": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Sum("rating"), order_by="pk", frame=RowRange(start=0, end=None)))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT sum(reviews.rating) OVER (ORDER BY reviews.id ASC ROWS BETWEEN CURRENT ROW AND "
        "UNBOUNDED FOLLOWING) AS w FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        [23, 18, 17, 12, 9, 5],
    ),
    "a frame of values": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(Count("pk"), order_by="rating", frame=ValueRange(start=None, end=0)))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT count(reviews.id) OVER (ORDER BY reviews.rating ASC RANGE BETWEEN UNBOUNDED "
        "PRECEDING AND CURRENT ROW) AS w FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id "
        "ASC",
        [6, 1, 6, 2, 3, 6],
    ),
    "the row before": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(Lag("name"), order_by="name"))
            .order_by("name")
            .values_list("w", flat=True)
        ),
        "SELECT lag(tags.name, CAST(? AS INTEGER)) OVER (ORDER BY tags.name ASC) AS w FROM tags "
        "ORDER BY tags.name ASC",
        [None, "50%_off", "War", "classic", "love", "unused", "war"],
    ),
    "the row after, or a default": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(Lead("name", default=Value("-")), order_by="name"))
            .order_by("name")
            .values_list("w", flat=True)
        ),
        "SELECT lead(tags.name, CAST(? AS INTEGER), ?) OVER (ORDER BY tags.name ASC) AS w FROM "
        "tags ORDER BY tags.name ASC",
        ["War", "classic", "love", "unused", "war", "Классика", "-"],
    ),
    "everything": (
        lambda q: q(Tag).annotate(w=Window(Count("*"))).order_by("pk").values_list("w", flat=True),
        "SELECT count(*) OVER () AS w FROM tags ORDER BY tags.id ASC",
        [7, 7, 7, 7, 7, 7, 7],
    ),
    "arithmetic with it": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=F("rating") - Window(Min("rating")))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT reviews.rating - min(reviews.rating) OVER () AS w FROM reviews WHERE reviews.id "
        "<= ? ORDER BY reviews.id ASC",
        [4, 0, 4, 2, 3, 4],
    ),
    "of an aggregate": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(w=Window(Rank(), order_by="-n"))
            .order_by("pk")
            .values_list("n", "w")
        ),
        "SELECT count(authors_1.id) AS n, rank() OVER (ORDER BY count(authors_1.id) DESC) AS w "
        "FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = "
        "authors_1.country_id GROUP BY countries.id ORDER BY countries.id ASC",
        [(2, 2), (3, 1), (2, 2), (0, 4)],
    ),
    "ordered by it": (
        lambda q: (
            q(Review)
            .filter(pk__lte=6)
            .annotate(w=Window(RowNumber(), order_by=["-rating", "pk"]))
            .order_by("-w")
            .values_list("pk", flat=True)
        ),
        "SELECT reviews.id FROM reviews WHERE reviews.id <= ? ORDER BY row_number() OVER (ORDER "
        "BY reviews.rating DESC, reviews.id ASC) DESC",
        [2, 4, 5, 6, 3, 1],
    ),
    "how many rows": (
        lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="pk")).count(),
        "SELECT count(*) AS count_1 FROM tags",
        7,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_windows(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


FILTERED: Cases = {
    "filtered by": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="name"))
            .filter(w__lte=2)
            .order_by("pk")
            .values_list("pk", "w")
        ),
        "SELECT anon_1.id, anon_1.w FROM (SELECT tags.id AS id, row_number() OVER (ORDER BY tags.name "
        "ASC) AS w, tags.id AS __by0 FROM tags) AS anon_1 WHERE anon_1.w <= ? ORDER BY anon_1.__by0 ASC",
        [(5, 1), (7, 2)],
    ),
    "excluded by": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="name"))
            .exclude(w__lte=5)
            .order_by("pk")
            .values_list("pk", "w")
        ),
        "SELECT anon_1.id, anon_1.w FROM (SELECT tags.id AS id, row_number() OVER (ORDER BY tags.name "
        "ASC) AS w, tags.id AS __by0 FROM tags) AS anon_1 WHERE anon_1.w > ? ORDER BY anon_1.__by0 ASC",
        [(2, 6), (4, 7)],
    ),
    "models": (
        lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="name")).filter(w__lte=2).order_by("pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight, anon_1.__1 AS w FROM tags JOIN (SELECT "
        "anon_2.__0 AS __0, anon_2.__1 AS __1, anon_2.__2 AS __2 FROM (SELECT tags.id AS __0, "
        "row_number() OVER (ORDER BY tags.name ASC) AS __1, tags.id AS __2 FROM tags) AS anon_2 WHERE "
        "anon_2.__1 <= ?) AS anon_1 ON anon_1.__0 = tags.id ORDER BY anon_1.__2 ASC",
        [5, 7],
    ),
    "the best of each": (
        lambda q: (
            q(Review)
            .annotate(w=Window(RowNumber(), partition_by="book", order_by=["-rating", "pk"]))
            .filter(w=1)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT anon_1.id FROM (SELECT reviews.id AS id, reviews.id AS __by0, row_number() OVER "
        "(PARTITION BY reviews.book_id ORDER BY reviews.rating DESC, reviews.id ASC) AS __of2 FROM "
        "reviews) AS anon_1 WHERE anon_1.__of2 = ? ORDER BY anon_1.__by0 ASC",
        [1, 5, 6, 9, 10, 12, 14, 15, 17, 18, 19],
    ),
    "and a condition on the row": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="name"))
            .filter(w__lte=2, weight__isnull=True)
            .values_list("pk", "w")
        ),
        "SELECT anon_1.id, anon_1.w FROM (SELECT tags.id AS id, row_number() OVER (ORDER BY tags.name "
        "ASC) AS w FROM tags WHERE tags.weight IS NULL) AS anon_1 WHERE anon_1.w <= ?",
        [(5, 1), (3, 2)],
    ),
    "or a condition on the row": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="name"))
            .filter(Q(w=1) | Q(pk=1))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT anon_1.id FROM (SELECT tags.id AS id, tags.id AS __by0, row_number() OVER (ORDER "
        "BY tags.name ASC) = ? OR tags.id = ? AS __if0 FROM tags) AS anon_1 WHERE anon_1.__if0 "
        "ORDER BY anon_1.__by0 ASC",
        [1, 5],
    ),
    "an alias": (
        lambda q: (
            q(Tag)
            .alias(w=Window(RowNumber(), order_by="name"))
            .filter(w__lte=2)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT anon_1.id FROM (SELECT tags.id AS id, tags.id AS __by0, row_number() OVER (ORDER BY "
        "tags.name ASC) AS __of2 FROM tags) AS anon_1 WHERE anon_1.__of2 <= ? ORDER BY anon_1.__by0 ASC",
        [5, 7],
    ),
    "a slice": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="name"))
            .filter(w__gt=1)
            .order_by("w")[1:3]
            .values_list("pk", "w")
        ),
        "SELECT anon_1.id, anon_1.w FROM (SELECT tags.id AS id, row_number() OVER (ORDER BY tags.name "
        "ASC) AS w, row_number() OVER (ORDER BY tags.name ASC) AS __by0 FROM tags) AS anon_1 WHERE "
        "anon_1.w > ? ORDER BY anon_1.__by0 ASC LIMIT ? OFFSET ?",
        [(1, 3), (3, 4)],
    ),
    "compared with a field": (
        lambda q: (
            q(Tag)
            .annotate(w=Window(RowNumber(), order_by="pk"))
            .filter(w=F("weight"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT anon_1.id FROM (SELECT tags.id AS id, tags.id AS __by0, row_number() OVER (ORDER "
        "BY tags.id ASC) = tags.weight AS __if0 FROM tags) AS anon_1 WHERE anon_1.__if0 ORDER BY "
        "anon_1.__by0 ASC",
        [],
    ),
    "of an aggregate": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(w=Window(Rank(), order_by="-n"))
            .filter(w=1)
            .values_list("pk", "n")
        ),
        "SELECT anon_1.id, anon_1.n FROM (SELECT countries.id AS id, count(authors_1.id) AS n, rank() "
        "OVER (ORDER BY count(authors_1.id) DESC) AS __of2 FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id) AS anon_1 WHERE "
        "anon_1.__of2 = ?",
        [(2, 3)],
    ),
    "how many": (
        lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="name")).filter(w__lte=2).count(),
        "SELECT count(*) AS count_1 FROM (SELECT anon_2.__0 AS __0, anon_2.__1 AS __1 FROM (SELECT "
        "tags.id AS __0, row_number() OVER (ORDER BY tags.name ASC) AS __1 FROM tags) AS anon_2 WHERE "
        "anon_2.__1 <= ?) AS anon_1",
        2,
    ),
    "in": (
        lambda q: (
            q(Book)
            .filter(tags__in=q(Tag).annotate(w=Window(RowNumber(), order_by="name")).filter(w=1))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT books.id FROM books WHERE books.id IN (SELECT book_tags_1.book_id FROM book_tags "
        "AS book_tags_1 WHERE book_tags_1.tag_id IN (SELECT anon_1.id FROM (SELECT tags.id AS id,"
        " row_number() OVER (ORDER BY tags.name ASC) AS __of1 FROM tags) AS anon_1 WHERE "
        "anon_1.__of1 = ?)) ORDER BY books.id ASC",
        [6, 11],
    ),
    "within a subquery": (
        lambda q: (
            q(Author)
            .filter(
                Exists(
                    q(Book)
                    .filter(author=OuterRef("pk"))
                    .annotate(w=Window(RowNumber(), order_by="pk"))
                    .filter(w=3)
                )
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE EXISTS (SELECT ? FROM (SELECT anon_2.__0 AS __0, anon_2.__1"
        " AS __1 FROM (SELECT books_1.id AS __0, row_number() OVER (ORDER BY books_1.id ASC) AS __1 FROM "
        "books AS books_1 WHERE books_1.author_id = authors.id) AS anon_2 WHERE anon_2.__1 = ?) AS "
        "anon_1) ORDER BY authors.id ASC",
        [1, 2],
    ),
    "deleted": (
        lambda q: (
            q(Review)
            .annotate(w=Window(RowNumber(), partition_by="book", order_by="pk"))
            .filter(w__gt=2)
            .delete()
        ),
        "DELETE FROM reviews WHERE reviews.id IN (SELECT anon_1.id FROM (SELECT reviews.id AS id, "
        "row_number() OVER (PARTITION BY reviews.book_id ORDER BY reviews.id ASC) AS __of1 FROM reviews) "
        "AS anon_1 WHERE anon_1.__of1 > ?) RETURNING id",
        [(3,), (8,)],
    ),
    "updated": (
        lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="name")).filter(w__lte=2).update(weight=0),
        "UPDATE tags SET weight=? WHERE tags.id IN (SELECT anon_1.id FROM (SELECT tags.id AS id, "
        "row_number() OVER (ORDER BY tags.name ASC) AS __of1 FROM tags) AS anon_1 WHERE anon_1.__of1 <= "
        "?) RETURNING id",
        [(5,), (7,)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", FILTERED)
async def test_rows_chosen_by_windows(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    """They are computed of all rows first: then rows are chosen in a SELECT around."""
    await agrees(shelf, sql, FILTERED[name])
