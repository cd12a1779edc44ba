"""Groups: aggregates of models and of values, and conditions on them."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, Max, Min, Q, Sum
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Book, Country, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "models with an aggregate": (
        lambda q: q(Country).annotate(n=Count("authors")).order_by("pk").values_list("pk", "n"),
        "SELECT countries.id, count(authors_1.id) AS n FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id ORDER BY "
        "countries.id ASC",
        [(1, 2), (2, 3), (3, 2), (4, 0)],
    ),
    "models carry it": (
        lambda q: q(Country).annotate(n=Count("authors")).order_by("-n", "pk"),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id ORDER BY n DESC, countries.id ASC",
        [2, 1, 3, 4],
    ),
    "its own name": (
        lambda q: (
            q(Country).annotate(Count("authors")).order_by("pk").values_list("authors__count", flat=True)
        ),
        "SELECT count(authors_1.id) AS authors__count FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id ORDER BY "
        "countries.id ASC",
        [2, 3, 2, 0],
    ),
    "having": (
        lambda q: q(Country).annotate(n=Count("authors")).filter(n__gt=1).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id HAVING count(authors_1.id) > ? ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "having not": (
        lambda q: q(Country).annotate(n=Count("authors")).exclude(n__gt=1).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id HAVING count(authors_1.id) <= ? ORDER BY countries.id ASC",
        [4],
    ),
    "where before having": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(name__gt="B", n__gt=1)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id "
        "= authors_1.country_id WHERE countries.name > ? GROUP BY countries.id HAVING "
        "count(authors_1.id) > ? ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "where or having": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .filter(Q(n=0) | Q(code="FR"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id "
        "= authors_1.country_id GROUP BY countries.id HAVING count(authors_1.id) = ? OR "
        "countries.code = ? ORDER BY countries.id ASC",
        [1, 4],
    ),
    "values, then an aggregate": (
        lambda q: q(Book).values("in_print").annotate(n=Count("pk")).order_by("in_print"),
        "SELECT books.in_print, count(books.id) AS n FROM books GROUP BY books.in_print ORDER BY "
        "books.in_print ASC",
        [{"in_print": False, "n": 6}, {"in_print": True, "n": 8}],
    ),
    "values of a related row": (
        lambda q: q(Review).values("book__author").annotate(m=Max("rating")).order_by("book__author"),
        "SELECT books_1.author_id, max(anon_1.__1) AS m FROM (SELECT reviews.book_id AS __0, "
        "max(reviews.rating) AS __1 FROM reviews GROUP BY reviews.book_id) AS anon_1 JOIN books "
        "AS books_1 ON anon_1.__0 = books_1.id GROUP BY books_1.author_id ORDER BY "
        "books_1.author_id ASC",
        [
            {"book__author": 1, "m": 5},
            {"book__author": 2, "m": 5},
            {"book__author": 3, "m": 3},
            {"book__author": 4, "m": 4},
            {"book__author": 5, "m": 5},
            {"book__author": 6, "m": 4},
            {"book__author": 8, "m": 5},
        ],
    ),
    "values of a related row's field": (
        lambda q: (
            q(Review)
            .filter(book__author__born=1815)
            .values("book__author__name")
            .annotate(s=Sum("rating"))
            .order_by("book__author__name")
        ),
        "SELECT authors_1.name, sum(reviews.rating) AS s FROM reviews JOIN books AS books_1 ON "
        "books_1.id = reviews.book_id JOIN authors AS authors_1 ON authors_1.id = "
        "books_1.author_id WHERE authors_1.born = ? GROUP BY authors_1.name ORDER BY "
        "authors_1.name ASC",
        [{"book__author__name": "Ada", "s": 21}, {"book__author__name": "ada", "s": 7}],
    ),
    "two values": (
        lambda q: (
            q(Tag)
            .filter(weight__isnull=False)
            .values("weight", "note")
            .annotate(n=Count("*"))
            .order_by("weight", "note", "n")
            .values_list("weight", "n")
        ),
        "SELECT tags.weight, count(*) AS n FROM tags WHERE tags.weight IS NOT NULL GROUP BY "
        "tags.weight, tags.note ORDER BY tags.weight ASC, tags.note ASC, n ASC",
        [(1, 1), (1, 1), (2, 1), (3, 1), (3, 1)],
    ),
    "an aggregate, then values": (
        lambda q: q(Country).annotate(n=Count("authors")).values("name", "n").order_by("name"),
        "SELECT countries.name, count(authors_1.id) AS n FROM countries LEFT OUTER JOIN authors "
        "AS authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id ORDER BY "
        "countries.name ASC",
        [
            {"name": "France", "n": 2},
            {"name": "Peru", "n": 2},
            {"name": "Åland", "n": 0},
            {"name": "Россия", "n": 3},
        ],
    ),
    "values, aggregate, values": (
        lambda q: (
            q(Book).values("in_print").annotate(n=Count("pk")).values_list("n", flat=True).order_by("n")
        ),
        "SELECT count(books.id) AS n FROM books GROUP BY books.in_print ORDER BY n ASC",
        [6, 8],
    ),
    "an expression makes the group": (
        lambda q: q(Book).values(half=F("pages") / 1000).annotate(n=Count("pk")).order_by("half"),
        "SELECT books.pages / ? AS half, count(books.id) AS n FROM books GROUP BY books.pages / "
        "? ORDER BY half ASC",
        [{"half": 0, "n": 13}, {"half": 1, "n": 1}],
    ),
    "an annotation makes the group": (
        lambda q: (
            q(Tag)
            .annotate(w=F("weight") * 2)
            .filter(w__gt=0)
            .values("w")
            .annotate(n=Count("pk"))
            .order_by("w")
        ),
        "SELECT tags.weight * ? AS w, count(tags.id) AS n FROM tags WHERE tags.weight * ? > ? "
        "GROUP BY tags.weight * ? ORDER BY w ASC",
        [{"w": 2, "n": 2}, {"w": 4, "n": 1}, {"w": 6, "n": 2}],
    ),
    "filter before, sharing the join": (
        lambda q: (
            q(Author)
            .filter(books__pages__gt=300)
            .annotate(n=Count("books"))
            .order_by("pk")
            .values_list("pk", "n")
        ),
        "SELECT authors.id, count(books_1.id) AS n FROM authors JOIN books AS books_1 ON "
        "authors.id = books_1.author_id WHERE books_1.pages > ? GROUP BY authors.id ORDER BY "
        "authors.id ASC",
        [(1, 1), (2, 1), (3, 1), (5, 1), (8, 2)],
    ),
    "filter after, a join of its own": (
        lambda q: (
            q(Author)
            .annotate(n=Count("books"))
            .filter(books__pages__gt=900)
            .order_by("pk")
            .values_list("pk", "n")
        ),
        "SELECT authors.id, count(books_1.id) AS n FROM authors LEFT OUTER JOIN books AS books_1 "
        "ON authors.id = books_1.author_id WHERE authors.id IN (SELECT books_2.author_id FROM "
        "books AS books_2 WHERE books_2.pages > ?) GROUP BY authors.id ORDER BY authors.id ASC",
        [(2, 3)],
    ),
    "what only filters multiplies nothing": (
        lambda q: (
            q(Author)
            .filter(reviews__rating__gt=0)
            .annotate(n=Count("pupils"))
            .order_by("pk")
            .values_list("pk", "n")
        ),
        "SELECT authors.id, count(authors_1.id) AS n FROM authors LEFT OUTER JOIN authors AS "
        "authors_1 ON authors.id = authors_1.mentor_id WHERE authors.id IN (SELECT "
        "reviews_1.reviewer_id FROM reviews AS reviews_1 WHERE reviews_1.rating > ?) GROUP BY "
        "authors.id ORDER BY authors.id ASC",
        [(1, 2), (2, 1), (3, 2), (4, 1), (5, 0), (6, 1), (7, 0), (8, 0)],
    ),
    "two to-many paths multiply": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(n=Count("books"), m=Count("reviews"))
            .order_by("pk")
            .values_list("n", "m")
        ),
        "SELECT count(books_1.id) AS n, count(reviews_1.id) AS m FROM authors LEFT OUTER JOIN "
        "books AS books_1 ON authors.id = books_1.author_id LEFT OUTER JOIN reviews AS reviews_1 "
        "ON authors.id = reviews_1.reviewer_id WHERE authors.id <= ? GROUP BY authors.id ORDER "
        "BY authors.id ASC",
        [(12, 12), (9, 9), (4, 4)],
    ),
    "two to-many paths, distinct": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(n=Count("books", distinct=True), m=Count("reviews", distinct=True))
            .order_by("pk")
            .values_list("n", "m")
        ),
        "SELECT count(DISTINCT books_1.id) AS n, count(DISTINCT reviews_1.id) AS m FROM authors "
        "LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id LEFT OUTER JOIN "
        "reviews AS reviews_1 ON authors.id = reviews_1.reviewer_id WHERE authors.id <= ? GROUP "
        "BY authors.id ORDER BY authors.id ASC",
        [(3, 4), (3, 3), (2, 2)],
    ),
    "filter within": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(n=Count("books", filter=Q(books__in_print=True)))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT count(books_1.id) FILTER (WHERE books_1.in_print = ?) AS n FROM authors LEFT "
        "OUTER JOIN books AS books_1 ON authors.id = books_1.author_id WHERE authors.id <= ? "
        "GROUP BY authors.id ORDER BY authors.id ASC",
        [2, 1, 1],
    ),
    "default": (
        lambda q: (
            q(Country).annotate(s=Sum("publishers__id", default=0)).order_by("pk").values_list("s", flat=True)
        ),
        "SELECT coalesce(sum(publishers_1.id), ?) AS s FROM countries LEFT OUTER JOIN publishers "
        "AS publishers_1 ON countries.id = publishers_1.country_id GROUP BY countries.id ORDER "
        "BY countries.id ASC",
        [5, 7, 3, 0],
    ),
    "arithmetic of aggregates": (
        lambda q: (
            q(Author)
            .filter(pk__lte=3)
            .annotate(x=Max("books__pages") - Min("books__pages"))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT max(books_1.pages) - min(books_1.pages) AS x FROM authors LEFT OUTER JOIN books "
        "AS books_1 ON authors.id = books_1.author_id WHERE authors.id <= ? GROUP BY authors.id "
        "ORDER BY authors.id ASC",
        [250, 1100, 350],
    ),
    "an annotation in an aggregate": (
        lambda q: (
            q(Author)
            .annotate(double=F("books__pages") * 2)
            .annotate(m=Max("double"))
            .values("m")
            .filter(pk=1)
        ),
        "SELECT max(books_1.pages * ?) AS m FROM authors LEFT OUTER JOIN books AS books_1 ON "
        "authors.id = books_1.author_id WHERE authors.id = ? GROUP BY authors.id",
        [{"m": 700}],
    ),
    "an aggregate in an annotation": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(x=F("n") * 10)
            .order_by("pk")
            .values_list("n", "x")
        ),
        "SELECT count(authors_1.id) AS n, count(authors_1.id) * ? AS x FROM countries LEFT OUTER "
        "JOIN authors AS authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id "
        "ORDER BY countries.id ASC",
        [(2, 20), (3, 30), (2, 20), (0, 0)],
    ),
    "ordered by an aggregate that is no value": (
        lambda q: q(Country).alias(n=Count("authors")).order_by("-n", "pk").values_list("pk", flat=True),
        "SELECT countries.id FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id "
        "= authors_1.country_id GROUP BY countries.id ORDER BY count(authors_1.id) DESC, "
        "countries.id ASC",
        [2, 1, 3, 4],
    ),
    "having of an alias": (
        lambda q: q(Country).alias(n=Count("authors")).filter(n__gte=2).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries LEFT OUTER JOIN "
        "authors AS authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id "
        "HAVING count(authors_1.id) >= ? ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "a slice of groups": (
        lambda q: q(Country).annotate(n=Count("authors")).order_by("-n", "pk")[1:3],
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id ORDER BY n DESC, countries.id ASC LIMIT ? OFFSET ?",
        [1, 3],
    ),
    "how many groups": (
        lambda q: q(Book).values("in_print").annotate(n=Count("pk")).count(),
        "SELECT count(*) AS count_1 FROM (SELECT books.in_print AS in_print, count(books.id) AS "
        "n FROM books GROUP BY books.in_print) AS anon_1",
        2,
    ),
    "how many models have": (
        lambda q: q(Country).annotate(n=Count("authors")).filter(n__gt=1).count(),
        "SELECT count(*) AS count_1 FROM (SELECT countries.id AS __0, count(authors_1.id) AS __1 "
        "FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = "
        "authors_1.country_id GROUP BY countries.id HAVING count(authors_1.id) > ?) AS anon_1",
        3,
    ),
    "having of two aggregates": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"), m=Max("authors__born"))
            .filter(n__gt=1, m__gt=F("n"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries LEFT OUTER JOIN authors AS authors_1 ON countries.id "
        "= authors_1.country_id GROUP BY countries.id HAVING max(authors_1.born) > "
        "count(authors_1.id) AND count(authors_1.id) > ? ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "a condition makes the group": (
        lambda q: q(Book).values(long=Q(pages__gt=300)).annotate(n=Count("pk")).order_by("n"),
        "SELECT books.pages > ? AS long, count(books.id) AS n FROM books GROUP BY books.pages > "
        "? ORDER BY n ASC",
        [{"long": True, "n": 6}, {"long": False, "n": 8}],
    ),
    "by what was read before a filter on the same path": (
        lambda q: (
            q(Book).values("tags__name").filter(tags__weight=1).annotate(n=Count("pk")).order_by("tags__name")
        ),
        "SELECT tags_1.name, count(books.id) AS n FROM books LEFT OUTER JOIN (book_tags AS "
        "book_tags_1 JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id) ON books.id = "
        "book_tags_1.book_id WHERE books.id IN (SELECT book_tags_2.book_id FROM book_tags AS "
        "book_tags_2 JOIN tags AS tags_2 ON tags_2.id = book_tags_2.tag_id WHERE tags_2.weight = "
        "?) GROUP BY tags_1.name ORDER BY tags_1.name ASC",
        [
            {"tags__name": "War", "n": 2},
            {"tags__name": "classic", "n": 2},
            {"tags__name": "war", "n": 3},
            {"tags__name": "Классика", "n": 2},
        ],
    ),
    "by what is read no more": (
        lambda q: (
            q(Book)
            .values("tags__name")
            .filter(tags__weight=1)
            .annotate(n=Count("pk"))
            .values_list("n", flat=True)
            .order_by("n")
        ),
        "SELECT count(books.id) AS n FROM books LEFT OUTER JOIN (book_tags AS book_tags_1 JOIN "
        "tags AS tags_1 ON tags_1.id = book_tags_1.tag_id) ON books.id = book_tags_1.book_id "
        "WHERE books.id IN (SELECT book_tags_2.book_id FROM book_tags AS book_tags_2 JOIN tags AS"
        " tags_2 ON tags_2.id = book_tags_2.tag_id WHERE tags_2.weight = ?) GROUP BY tags_1.name "
        "ORDER BY n ASC",
        [2, 2, 2, 3],
    ),
    "how many of them": (
        lambda q: q(Book).values("tags__name").filter(tags__weight=1).annotate(n=Count("pk")).count(),
        "SELECT count(*) AS count_1 FROM (SELECT tags_1.name AS name, count(books.id) AS n FROM "
        "books LEFT OUTER JOIN (book_tags AS book_tags_1 JOIN tags AS tags_1 ON tags_1.id = "
        "book_tags_1.tag_id) ON books.id = book_tags_1.book_id WHERE books.id IN (SELECT "
        "book_tags_2.book_id FROM book_tags AS book_tags_2 JOIN tags AS tags_2 ON tags_2.id = "
        "book_tags_2.tag_id WHERE tags_2.weight = ?) GROUP BY tags_1.name) AS anon_1",
        4,
    ),
    "distinct of groups": (
        lambda q: q(Country).annotate(n=Count("authors")).values("n").distinct().order_by("n"),
        "SELECT DISTINCT count(authors_1.id) AS n FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id GROUP BY countries.id ORDER BY n ASC",
        [{"n": 0}, {"n": 2}, {"n": 3}],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_groups(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
