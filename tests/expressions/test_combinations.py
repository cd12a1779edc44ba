"""Querysets put together: `union()` and its kin, `|`, `&` and `^`."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Case, Count, F, QuerySet, Sum, UnsupportedOperationError, Value, When
from django_like_repos.functions import Lower
from tests.expressions.asking import Answers, Cases, agrees, answer_of
from tests.parity.schema import Author, Book, Country, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "a union of models": (
        lambda q: q(Country).filter(pk=1).union(q(Country).filter(pk__gte=3)).order_by("pk"),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ? "
        "UNION SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries WHERE countries.id >= ?) AS anon_1 ORDER BY anon_1.id ASC",
        [1, 3, 4],
    ),
    "a union of values": (
        lambda q: (
            q(Tag)
            .filter(pk__lte=2)
            .values("name")
            .union(q(Country).filter(pk=1).values("name"))
            .order_by("name")
        ),
        "SELECT anon_1.name FROM (SELECT tags.name AS name FROM tags WHERE tags.id <= ? UNION "
        "SELECT countries.name AS name FROM countries WHERE countries.id = ?) AS anon_1 ORDER BY "
        "anon_1.name ASC",
        [{"name": "France"}, {"name": "classic"}, {"name": "war"}],
    ),
    "a union of lists": (
        lambda q: (
            q(Tag)
            .filter(pk__lte=2)
            .values_list("name", flat=True)
            .union(q(Country).filter(pk=1).values_list("name", flat=True))
            .order_by("-name")
        ),
        "SELECT anon_1.name FROM (SELECT tags.name AS name FROM tags WHERE tags.id <= ? UNION "
        "SELECT countries.name AS name FROM countries WHERE countries.id = ?) AS anon_1 ORDER BY "
        "anon_1.name DESC",
        ["war", "classic", "France"],
    ),
    "each row once": (
        lambda q: q(Country).filter(pk__lte=2).union(q(Country).filter(pk__lte=3)).count(),
        "SELECT count(*) AS count_1 FROM (SELECT anon_2.id AS id, anon_2.name AS name, "
        "anon_2.code AS code FROM (SELECT countries.id AS id, countries.name AS name, "
        "countries.code AS code FROM countries WHERE countries.id <= ? UNION SELECT countries.id "
        "AS id, countries.name AS name, countries.code AS code FROM countries WHERE countries.id "
        "<= ?) AS anon_2) AS anon_1",
        3,
    ),
    "every row": (
        lambda q: (
            q(Country)
            .filter(pk__lte=2)
            .values("pk")
            .union(q(Country).filter(pk__lte=3).values("pk"), all=True)
            .order_by("pk")
        ),
        "SELECT anon_1.id FROM (SELECT countries.id AS id FROM countries WHERE countries.id <= ? "
        "UNION ALL SELECT countries.id AS id FROM countries WHERE countries.id <= ?) AS anon_1 "
        "ORDER BY anon_1.id ASC",
        [{"pk": 1}, {"pk": 1}, {"pk": 2}, {"pk": 2}, {"pk": 3}],
    ),
    "an intersection": (
        lambda q: q(Country).filter(pk__lte=3).intersection(q(Country).filter(pk__gte=2)).order_by("pk"),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id <= ? "
        "INTERSECT SELECT countries.id AS id, countries.name AS name, countries.code AS code "
        "FROM countries WHERE countries.id >= ?) AS anon_1 ORDER BY anon_1.id ASC",
        [2, 3],
    ),
    "a difference": (
        lambda q: q(Country).difference(q(Country).filter(pk__gte=2)).order_by("pk"),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries EXCEPT SELECT "
        "countries.id AS id, countries.name AS name, countries.code AS code FROM countries WHERE "
        "countries.id >= ?) AS anon_1 ORDER BY anon_1.id ASC",
        [1],
    ),
    "three": (
        lambda q: (
            q(Country).filter(pk=1).union(q(Country).filter(pk=2), q(Country).filter(pk=4)).order_by("-pk")
        ),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ? "
        "UNION SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries WHERE countries.id = ? UNION SELECT countries.id AS id, countries.name AS "
        "name, countries.code AS code FROM countries WHERE countries.id = ?) AS anon_1 ORDER BY "
        "anon_1.id DESC",
        [4, 2, 1],
    ),
    "of unions": (
        lambda q: (
            q(Country)
            .filter(pk=1)
            .union(q(Country).filter(pk=2))
            .difference(q(Country).filter(pk=1))
            .order_by("pk")
        ),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT anon_2.id AS id, anon_2.name AS "
        "name, anon_2.code AS code FROM (SELECT anon_3.id AS id, anon_3.name AS name, "
        "anon_3.code AS code FROM (SELECT countries.id AS id, countries.name AS name, "
        "countries.code AS code FROM countries WHERE countries.id = ? UNION SELECT countries.id "
        "AS id, countries.name AS name, countries.code AS code FROM countries WHERE countries.id "
        "= ?) AS anon_3) AS anon_2 EXCEPT SELECT countries.id AS id, countries.name AS name, "
        "countries.code AS code FROM countries WHERE countries.id = ?) AS anon_1 ORDER BY "
        "anon_1.id ASC",
        [2],
    ),
    "of slices": (
        lambda q: q(Country).order_by("pk")[:1].union(q(Country).order_by("-pk")[:1]).order_by("pk"),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT anon_2.id AS id, anon_2.name AS "
        "name, anon_2.code AS code FROM (SELECT countries.id AS id, countries.name AS name, "
        "countries.code AS code FROM countries ORDER BY countries.id ASC LIMIT ? OFFSET ?) AS "
        "anon_2 UNION SELECT anon_3.id AS id, anon_3.name AS name, anon_3.code AS code FROM "
        "(SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries ORDER BY countries.id DESC LIMIT ? OFFSET ?) AS anon_3) AS anon_1 ORDER BY "
        "anon_1.id ASC",
        [1, 4],
    ),
    "a slice of it": (
        lambda q: q(Country).filter(pk=1).union(q(Country).filter(pk__gte=3)).order_by("-pk")[1:3],
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ? "
        "UNION SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries WHERE countries.id >= ?) AS anon_1 ORDER BY anon_1.id DESC LIMIT ? OFFSET ?",
        [3, 1],
    ),
    "turned round": (
        lambda q: q(Country).filter(pk=1).union(q(Country).filter(pk__gte=3)).order_by("pk").reverse(),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ? "
        "UNION SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries WHERE countries.id >= ?) AS anon_1 ORDER BY anon_1.id DESC",
        [4, 3, 1],
    ),
    "NULLs last": (
        lambda q: (
            q(Country)
            .filter(pk=1)
            .union(q(Country).filter(pk__gte=3))
            .order_by(F("code").asc(nulls_last=True))
        ),
        "SELECT anon_1.id, anon_1.name, anon_1.code FROM (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ? "
        "UNION SELECT countries.id AS id, countries.name AS name, countries.code AS code FROM "
        "countries WHERE countries.id >= ?) AS anon_1 ORDER BY anon_1.code ASC NULLS LAST",
        [4, 1, 3],
    ),
    "values of it": (
        lambda q: (
            q(Country)
            .filter(pk=1)
            .union(q(Country).filter(pk=2))
            .order_by("name")
            .values_list("name", flat=True)
        ),
        "SELECT anon_1.name FROM (SELECT countries.name AS name FROM countries WHERE "
        "countries.id = ? UNION SELECT countries.name AS name FROM countries WHERE countries.id "
        "= ?) AS anon_1 ORDER BY anon_1.name ASC",
        ["France", "Россия"],
    ),
    "with annotations": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(pk=1)
            .union(q(Country).annotate(n=Value(9)).filter(pk=2))
            .order_by("pk")
            .values_list("pk", "n")
        ),
        "SELECT anon_1.id, anon_1.n FROM (SELECT countries.id AS id, count(authors_1.id) AS n "
        "FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = "
        "authors_1.country_id WHERE countries.id = ? GROUP BY countries.id UNION SELECT "
        "countries.id AS id, ? AS n FROM countries WHERE countries.id = ?) AS anon_1 ORDER BY "
        "anon_1.id ASC",
        [(1, 2), (2, 9)],
    ),
    "of groups": (
        lambda q: (
            q(Book)
            .values("in_print")
            .annotate(n=Count("pk"))
            .union(q(Book).filter(pk=1).values("in_print").annotate(n=Count("pk")))
            .order_by("n")
            .values_list("in_print", "n")
        ),
        "SELECT anon_1.in_print, anon_1.n FROM (SELECT books.in_print AS in_print, "
        "count(books.id) AS n FROM books GROUP BY books.in_print UNION SELECT books.in_print AS "
        "in_print, count(books.id) AS n FROM books WHERE books.id = ? GROUP BY books.in_print) "
        "AS anon_1 ORDER BY anon_1.n ASC",
        [(True, 1), (False, 6), (True, 8)],
    ),
    "of rows chosen by a to-many path": (
        lambda q: (
            q(Author)
            .filter(books__pages__gt=500)
            .values("pk")
            .union(q(Author).filter(pk=9).values("pk"))
            .order_by("pk")
        ),
        "SELECT anon_1.id FROM (SELECT authors.id AS id FROM authors WHERE authors.id IN (SELECT "
        "books_1.author_id FROM books AS books_1 WHERE books_1.pages > ?) UNION SELECT authors.id"
        " AS id FROM authors WHERE authors.id = ?) AS anon_1 ORDER BY anon_1.id ASC",
        [{"pk": 2}, {"pk": 5}, {"pk": 9}],
    ),
    "whether there is any": (
        lambda q: q(Country).filter(pk=9).union(q(Country).filter(pk=8)).count(),
        "SELECT count(*) AS count_1 FROM (SELECT anon_2.id AS id, anon_2.name AS name, "
        "anon_2.code AS code FROM (SELECT countries.id AS id, countries.name AS name, "
        "countries.code AS code FROM countries WHERE countries.id = ? UNION SELECT countries.id "
        "AS id, countries.name AS name, countries.code AS code FROM countries WHERE countries.id "
        "= ?) AS anon_2) AS anon_1",
        0,
    ),
    "or": (
        lambda q: (q(Country).filter(pk=1) | q(Country).filter(code="AX")).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE countries.id = "
        "? OR countries.code = ? ORDER BY countries.id ASC",
        [1, 4],
    ),
    "and": (
        lambda q: (q(Country).filter(pk__lte=3) & q(Country).filter(pk__gte=2)).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE countries.id "
        "<= ? AND countries.id >= ? ORDER BY countries.id ASC",
        [2, 3],
    ),
    "either, not both": (
        lambda q: (q(Country).filter(pk__lte=3) ^ q(Country).filter(pk__gte=2)).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE (countries.id "
        "<= ? OR countries.id >= ?) AND (CASE WHEN (countries.id <= ?) THEN ? ELSE ? END + CASE "
        "WHEN (countries.id >= ?) THEN ? ELSE ? END) % ? = ? ORDER BY countries.id ASC",
        [1, 4],
    ),
    "or, of two calls each": (
        lambda q: (q(Country).filter(pk=1).filter(code="FR") | q(Country).exclude(pk__lte=3)).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE countries.id = "
        "? AND countries.code = ? OR countries.id > ? ORDER BY countries.id ASC",
        [1, 4],
    ),
    "or, over to-many paths": (
        lambda q: (q(Author).filter(books__pages__gt=500) | q(Author).filter(books__pages__lt=50)).order_by(
            "pk"
        ),
        "SELECT authors.id, authors.name, authors.born, authors.country_id, authors.mentor_id "
        "FROM authors JOIN (SELECT DISTINCT authors.id AS id FROM authors LEFT OUTER JOIN books "
        "AS books_1 ON authors.id = books_1.author_id LEFT OUTER JOIN books AS books_2 ON "
        "authors.id = books_2.author_id WHERE books_1.pages > ? OR books_2.pages < ?) AS keys ON "
        "keys.id = authors.id ORDER BY authors.id ASC",
        [2, 3, 5, 6, 9],
    ),
    "or, with the same annotation": (
        lambda q: (
            (
                q(Country).annotate(n=Count("authors")).filter(n=0)
                | q(Country).annotate(n=Count("authors")).filter(n=3)
            )
            .order_by("pk")
            .values_list("pk", "n")
        ),
        "SELECT countries.id, count(authors_1.id) AS n FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id HAVING "
        "count(authors_1.id) = ? OR count(authors_1.id) = ? ORDER BY countries.id ASC",
        [(2, 3), (4, 0)],
    ),
    "or, with SQLAlchemy's conditions": (
        lambda q: (q(Country).filter(Country.code == "FR") | q(Country).filter(Country.id > 3)).order_by(
            "pk"
        ),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE countries.code "
        "= ? OR countries.id > ? ORDER BY countries.id ASC",
        [1, 4],
    ),
}


ORDERED: Answers = {
    "models by what they lead to": (
        lambda q: (
            q(Book)
            .filter(id__lt=4)
            .union(q(Book).filter(id__gt=12))
            .order_by("author__name", "-publisher__country__code", "id")
        ),
        [14, 1, 2, 13, 3],
    ),
    "by expressions": (
        lambda q: q(Book).filter(id__lt=4).union(q(Book).filter(id=14)).order_by(-F("pages"), Lower("title")),
        [3, 14, 2, 1],
    ),
    "by an expression of what they lead to, and a choice": (
        lambda q: (
            q(Book)
            .filter(id__lt=4)
            .union(q(Book).filter(id=14))
            .order_by(Case(When(author__name="Ada", then=1), default=0), "-id")
        ),
        [3, 14, 2, 1],
    ),
    "by a part of a date": (
        lambda q: (
            q(Book)
            .filter(id__in=[1, 2])
            .union(q(Book).filter(id__in=[11, 14]))
            .order_by("published_on__month")
        ),
        [2, 11, 14, 1],
    ),
    "values of different models by an expression": (
        lambda q: (
            q(Book)
            .filter(id__lt=3)
            .values_list("title")
            .union(q(Tag).filter(name__in=["War", "unused"]).values_list("name"))
            .order_by(Lower("title").desc())
        ),
        [("War",), ("unused",), ("dusk",), ("Dawn",)],
    ),
    "a column by its other name": (
        lambda q: (
            q(Book)
            .filter(id__lt=4)
            .values("author")
            .union(q(Book).filter(id=14).values("author"))
            .order_by("author_id")
        ),
        [{"author": 1}, {"author": 2}],
    ),
    "read after it was ordered": (
        lambda q: (
            q(Book)
            .filter(id__lt=4)
            .union(q(Book).filter(id=14))
            .order_by(Lower("author__name").desc(), "id")
            .values_list("title", flat=True)
        ),
        ["Война", "Dawn", "dusk", "love"],
    ),
    "of annotated models": (
        lambda q: (
            q(Book)
            .annotate(x=F("pages") % 7)
            .filter(id__lt=4)
            .union(q(Book).annotate(x=F("pages") % 5).filter(id=14))
            .order_by(F("x") * F("id"))
        ),
        [14, 1, 2, 3],
    ),
    "annotated models, summed up": (
        lambda q: (
            q(Book)
            .annotate(x=F("pages"))
            .filter(id__lt=3)
            .union(q(Book).annotate(x=Value(1)).filter(id=14))
            .aggregate(a=Sum("pages"), b=Sum("x"))
        ),
        {"a": 650, "b": 301},
    ),
    "a page as a value of in": (
        lambda q: (
            q(Book)
            .filter(
                pk__in=q(Book).filter(id__lt=4).union(q(Book).filter(id=14)).order_by("-author__name")[:1]
            )
            .order_by("id")
        ),
        [3],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ORDERED)
async def test_orders(shelf: AsyncSession, name: str) -> None:
    make, expected = ORDERED[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.parametrize(
    ("term", "named"),
    [("pages", "pages"), ("published_on__year", "published_on__year"), (F("pages") + 1, "pages")],
)
def test_values_are_ordered_by_themselves(term: Any, named: str) -> None:
    titles = QuerySet(Book).values("title").union(QuerySet(Tag).values("name"))
    with pytest.raises(
        UnsupportedOperationError, match=f"'{named}' is none of the values .* which are title"
    ):
        titles.order_by(term)
    with pytest.raises(UnsupportedOperationError, match="'tags__name' is none of"):
        QuerySet(Book).union(QuerySet(Book).all()).order_by("tags__name")


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_combinations(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
