"""`distinct()`: of values, and of rows that are alike in some fields."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Book, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "of values": (
        lambda q: q(Tag).filter(weight__gt=0).values("weight").distinct().order_by("weight"),
        "SELECT DISTINCT tags.weight FROM tags WHERE tags.weight > ? ORDER BY tags.weight ASC",
        [{"weight": 1}, {"weight": 2}, {"weight": 3}],
    ),
    "of expressions": (
        lambda q: q(Tag).filter(weight__gt=0).values(w=F("weight") * 2).distinct().order_by("w"),
        "SELECT DISTINCT tags.weight * ? AS w FROM tags WHERE tags.weight > ? ORDER BY w ASC",
        [{"w": 2}, {"w": 4}, {"w": 6}],
    ),
    "of annotations": (
        lambda q: q(Book).annotate(long=Q(pages__gt=300)).values("long").distinct().order_by("long"),
        "SELECT DISTINCT books.pages > ? AS long FROM books ORDER BY long ASC",
        [{"long": False}, {"long": True}],
    ),
    "of values, ordered by another": (
        lambda q: q(Tag).filter(weight__gt=1).values("weight").distinct().order_by("name"),
        "SELECT anon_1.weight FROM (SELECT DISTINCT tags.weight AS weight, tags.name AS name_1 "
        "FROM tags WHERE tags.weight > ? ORDER BY tags.name ASC) AS anon_1 ORDER BY "
        "anon_1.name_1 ASC",
        [{"weight": 3}, {"weight": 2}, {"weight": 3}],
    ),
    "the first of each kind": (
        lambda q: (
            q(Tag)
            .order_by("weight", "pk")
            .filter(weight__gt=0)
            .distinct("weight")
            .values_list("pk", flat=True)
        ),
        {
            "sqlite": (
                "SELECT anon_1.id FROM (SELECT tags.id AS id, tags.weight AS __by0, tags.id AS __by1, "
                "row_number() OVER (PARTITION BY tags.weight ORDER BY tags.weight ASC, tags.id ASC) AS "
                "__place FROM tags WHERE tags.weight > ?) AS anon_1 WHERE anon_1.__place = ? ORDER BY "
                "anon_1.__by0 ASC, anon_1.__by1 ASC"
            ),
            "postgresql": (
                "SELECT DISTINCT ON (tags.weight) tags.id FROM tags WHERE tags.weight > ? ORDER BY "
                "tags.weight ASC, tags.id ASC"
            ),
        },
        [2, 6, 1],
    ),
    "the last of each kind": (
        lambda q: (
            q(Tag)
            .order_by("weight", "-pk")
            .filter(weight__gt=0)
            .distinct("weight")
            .values_list("pk", flat=True)
        ),
        {
            "sqlite": (
                "SELECT anon_1.id FROM (SELECT tags.id AS id, tags.weight AS __by0, tags.id AS __by1, "
                "row_number() OVER (PARTITION BY tags.weight ORDER BY tags.weight ASC, tags.id DESC) AS "
                "__place FROM tags WHERE tags.weight > ?) AS anon_1 WHERE anon_1.__place = ? ORDER BY "
                "anon_1.__by0 ASC, anon_1.__by1 DESC"
            ),
            "postgresql": (
                "SELECT DISTINCT ON (tags.weight) tags.id FROM tags WHERE tags.weight > ? ORDER BY "
                "tags.weight ASC, tags.id DESC"
            ),
        },
        [7, 6, 4],
    ),
    "models, the first of each kind": (
        lambda q: q(Tag).order_by("weight", "pk").filter(weight__gt=0).distinct("weight"),
        {
            "sqlite": (
                "SELECT tags.id, tags.name, tags.note, tags.weight FROM tags JOIN (SELECT anon_2.id AS id, "
                "anon_2.weight AS weight, anon_2.id AS id_1 FROM (SELECT tags.id AS id, tags.weight AS "
                "weight, tags.id AS id__1, tags.weight AS __by0, tags.id AS __by1, row_number() OVER "
                "(PARTITION BY tags.weight ORDER BY tags.weight ASC, tags.id ASC) AS __place FROM tags "
                "WHERE tags.weight > ?) AS anon_2 WHERE anon_2.__place = ? ORDER BY anon_2.__by0 ASC, "
                "anon_2.__by1 ASC) AS anon_1 ON anon_1.id = tags.id ORDER BY anon_1.weight ASC, anon_1.id_1"
                " ASC"
            ),
            "postgresql": (
                "SELECT DISTINCT ON (tags.weight) tags.id, tags.name, tags.note, tags.weight FROM "
                "tags WHERE tags.weight > ? ORDER BY tags.weight ASC, tags.id ASC"
            ),
        },
        [2, 6, 1],
    ),
    "by a related row": (
        lambda q: (
            q(Review).order_by("book__author", "pk").distinct("book__author").values_list("pk", flat=True)
        ),
        {
            "sqlite": (
                "SELECT anon_1.id FROM (SELECT reviews.id AS id, books_1.author_id AS __by0, reviews.id AS "
                "__by1, row_number() OVER (PARTITION BY books_1.author_id ORDER BY books_1.author_id ASC, "
                "reviews.id ASC) AS __place FROM reviews JOIN books AS books_1 ON books_1.id = "
                "reviews.book_id) AS anon_1 WHERE anon_1.__place = ? ORDER BY anon_1.__by0 ASC, "
                "anon_1.__by1 ASC"
            ),
            "postgresql": (
                "SELECT DISTINCT ON (books_1.author_id) reviews.id FROM reviews JOIN books AS books_1"
                " ON books_1.id = reviews.book_id ORDER BY books_1.author_id ASC, reviews.id ASC"
            ),
        },
        [1, 6, 10, 12, 13, 18, 15],
    ),
    "by an annotation": (
        lambda q: (
            q(Tag)
            .annotate(w=F("weight") % 2)
            .filter(weight__gt=0)
            .order_by("w", "pk")
            .distinct("w")
            .values_list("pk", "w")
        ),
        "SELECT anon_1.id, anon_1.w FROM (SELECT tags.id AS id, tags.weight % ? AS w, tags.weight % ? AS "
        "__by0, tags.id AS __by1, row_number() OVER (PARTITION BY tags.weight % ? ORDER BY tags.weight % "
        "? ASC, tags.id ASC) AS __place FROM tags WHERE tags.weight > ?) AS anon_1 WHERE anon_1.__place ="
        " ? ORDER BY anon_1.__by0 ASC, anon_1.__by1 ASC",
        [(6, 0), (1, 1)],
    ),
    "of the values that are read, whatever is filtered": (
        lambda q: (
            q(Book)
            .values_list("title", "tags__name")
            .filter(tags__weight=3)
            .order_by("tags__name", "title")
            .distinct("tags__name")
        ),
        "SELECT anon_1.title, anon_1.name FROM (SELECT books.title AS title, tags_1.name AS name,"
        " tags_1.name AS __by0, books.title AS __by1, row_number() OVER (PARTITION BY tags_1.name"
        " ORDER BY tags_1.name ASC, books.title ASC) AS __place FROM books LEFT OUTER JOIN "
        "(book_tags AS book_tags_1 JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id) ON "
        "books.id = book_tags_1.book_id WHERE books.id IN (SELECT book_tags_2.book_id FROM "
        "book_tags AS book_tags_2 JOIN tags AS tags_2 ON tags_2.id = book_tags_2.tag_id WHERE "
        "tags_2.weight = ?)) AS anon_1 WHERE anon_1.__place = ? ORDER BY anon_1.__by0 ASC, "
        "anon_1.__by1 ASC",
        [
            ("Twins", "50%_off"),
            ("Épopée", "War"),
            ("Dawn", "classic"),
            ("Dawn", "love"),
            ("Dawn", "war"),
            ("Épopée", "Классика"),
        ],
    ),
    "ordered by a value that is read, whatever is filtered": (
        lambda q: (
            q(Book)
            .filter(pk__lt=4)
            .values_list("pk", "tags__name")
            .filter(tags__weight=3)
            .order_by(F("tags__name").desc(), "pk")
        ),
        {
            "sqlite": "SELECT books.id, tags_1.name FROM books JOIN (SELECT DISTINCT books.id "
            "AS id, tags_2.id "
            "AS id_1 FROM books LEFT OUTER JOIN (book_tags AS book_tags_1 JOIN tags AS tags_2 ON "
            "tags_2.id = book_tags_1.tag_id) ON books.id = book_tags_1.book_id JOIN book_tags AS "
            "book_tags_2 ON books.id = book_tags_2.book_id JOIN tags AS tags_3 ON tags_3.id = "
            "book_tags_2.tag_id WHERE books.id < ? AND tags_3.weight = ?) AS keys ON keys.id = "
            "books.id LEFT OUTER JOIN tags AS tags_1 ON keys.id_1 = tags_1.id ORDER BY tags_1.name "
            "DESC, books.id ASC",
            "postgresql": "SELECT books.id, tags_1.name FROM books LEFT OUTER JOIN (book_tags "
            "AS book_tags_1 JOIN "
            "tags AS tags_1 ON tags_1.id = book_tags_1.tag_id) ON books.id = book_tags_1.book_id "
            "WHERE books.id < ? AND books.id IN (SELECT book_tags_2.book_id FROM book_tags AS "
            "book_tags_2 JOIN tags AS tags_2 ON tags_2.id = book_tags_2.tag_id WHERE tags_2.weight = "
            "?) ORDER BY tags_1.name DESC, books.id ASC",
        },
        [
            (3, "Классика"),
            (1, "war"),
            (3, "war"),
            (2, "love"),
            (1, "classic"),
            (2, "classic"),
            (3, "classic"),
        ],
    ),
    "by related rows, each model once": (
        lambda q: q(Book).filter(pk__lt=4).order_by("tags__name", "-pk").distinct("tags__name")[:3],
        "SELECT books.id, books.title, books.subtitle, books.pages, books.price, books.in_print, "
        "books.published_on, books.author_id, books.editor_id, books.publisher_id, books.category_id FROM"
        " books JOIN (SELECT anon_2.id AS id, anon_2.name AS name, anon_2.id_1 AS id_1 FROM (SELECT "
        "anon_3.id AS id, anon_3.name AS name, anon_3.id AS id_1, anon_3.__by0 AS __by0, anon_3.__by1 AS "
        "__by1, row_number() OVER (PARTITION BY anon_3.__key0 ORDER BY anon_3.__by0 ASC, anon_3.__by1 "
        "DESC) AS __place FROM (SELECT books.id AS id, tags_1.name AS name, books.id AS id__1, "
        "tags_1.name AS __by0, books.id AS __by1, row_number() OVER (PARTITION BY tags_1.name ORDER BY "
        "tags_1.name ASC, books.id DESC) AS __place, books.id AS __key0 FROM books LEFT OUTER JOIN "
        "(book_tags AS book_tags_1 JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id) ON books.id = "
        "book_tags_1.book_id WHERE books.id < ?) AS anon_3 WHERE anon_3.__place = ?) AS anon_2 WHERE "
        "anon_2.__place = ? ORDER BY anon_2.__by0 ASC, anon_2.__by1 DESC LIMIT ? OFFSET ?) AS anon_1 ON "
        "anon_1.id = books.id ORDER BY anon_1.name ASC, anon_1.id_1 DESC",
        [3, 2],
    ),
    "by two": (
        lambda q: (
            q(Tag).filter(weight__gt=0).order_by("weight", "note", "pk").distinct("weight", "note").count()
        ),
        "SELECT count(*) AS count_1 FROM (SELECT anon_2.id AS id FROM (SELECT tags.id AS id, row_number()"
        " OVER (PARTITION BY tags.weight, tags.note ORDER BY tags.id) AS __place FROM tags WHERE "
        "tags.weight > ?) AS anon_2 WHERE anon_2.__place = ?) AS anon_1",
        5,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_distinct(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
