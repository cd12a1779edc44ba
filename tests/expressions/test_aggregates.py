"""`aggregate()`: of rows, and of rows that must be there first."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Avg, Count, F, Max, Min, OuterRef, Q, Subquery, Sum, Window
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Book, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "one": (
        lambda q: q(Book).aggregate(n=Sum("pages")),
        "SELECT sum(books.pages) AS n FROM books",
        {"n": 4372},
    ),
    "its own name": (
        lambda q: q(Book).aggregate(Max("pages")),
        "SELECT max(books.pages) AS pages__max FROM books",
        {"pages__max": 1200},
    ),
    "several": (
        lambda q: q(Book).aggregate(
            a=Count("*"), b=Count("price"), c=Count("author", distinct=True), d=Min("pages"), e=Max("pages")
        ),
        "SELECT count(*) AS a, count(books.price) AS b, count(DISTINCT books.author_id) AS c, "
        "min(books.pages) AS d, max(books.pages) AS e FROM books",
        {"a": 14, "b": 10, "c": 8, "d": 0, "e": 1200},
    ),
    "a mean": (
        lambda q: q(Book).filter(pk__lte=2).aggregate(x=Avg("pages")),
        "SELECT avg(books.pages) AS x FROM books WHERE books.id <= ?",
        {"x": 150.0},
    ),
    "of a related row's field": (
        lambda q: q(Book).aggregate(n=Max("author__born")),
        "SELECT max(authors_1.born) AS n FROM books JOIN authors AS authors_1 ON authors_1.id = "
        "books.author_id",
        {"n": 1990},
    ),
    "of to-many rows": (
        lambda q: q(Author).aggregate(n=Sum("books__pages"), m=Count("pk")),
        "SELECT sum(books_1.pages) AS n, count(authors.id) AS m FROM authors LEFT OUTER JOIN "
        "books AS books_1 ON authors.id = books_1.author_id",
        {"n": 4372, "m": 15},
    ),
    "filtered": (
        lambda q: q(Book).filter(in_print=True).aggregate(n=Count("pk")),
        "SELECT count(books.id) AS n FROM books WHERE books.in_print = ?",
        {"n": 8},
    ),
    "filtered over to-many": (
        lambda q: q(Book).filter(tags__weight__gt=0).aggregate(n=Count("pk"), s=Sum("pages")),
        "SELECT count(books.id) AS n, sum(books.pages) AS s FROM books WHERE books.id IN (SELECT "
        "book_tags_1.book_id FROM book_tags AS book_tags_1 JOIN tags AS tags_1 ON tags_1.id = "
        "book_tags_1.tag_id WHERE tags_1.weight > ?)",
        {"n": 7, "s": 3220},
    ),
    "filtered over to-many that it reads, too": (
        lambda q: q(Book).filter(tags__weight__gt=0).aggregate(n=Count("tags")),
        "SELECT count(tags_1.id) AS n FROM books JOIN book_tags AS book_tags_1 ON books.id = "
        "book_tags_1.book_id JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id WHERE "
        "tags_1.weight > ?",
        {"n": 12},
    ),
    "filter within": (
        lambda q: q(Book).aggregate(
            n=Count("pk", filter=Q(pages__gt=300)), m=Sum("pages", filter=Q(author__name="Ada"))
        ),
        "SELECT count(books.id) FILTER (WHERE books.pages > ?) AS n, sum(books.pages) FILTER "
        "(WHERE authors_1.name = ?) AS m FROM books JOIN authors AS authors_1 ON authors_1.id = "
        "books.author_id",
        {"n": 6, "m": 650},
    ),
    "default": (
        lambda q: q(Book).filter(pages__lt=0).aggregate(n=Sum("pages", default=7), m=Sum("pages")),
        "SELECT coalesce(sum(books.pages), ?) AS n, sum(books.pages) AS m FROM books WHERE books.pages < ?",
        {"n": 7, "m": None},
    ),
    "arithmetic": (
        lambda q: q(Book).aggregate(x=Max("pages") - Min("pages") + 1),
        "SELECT (max(books.pages) - min(books.pages)) + ? AS x FROM books",
        {"x": 1201},
    ),
    "a function of it": (
        lambda q: q(Book).filter(pages__lt=0).aggregate(x=Coalesce(Sum("pages"), 0)),
        "SELECT coalesce(sum(books.pages), ?) AS x FROM books WHERE books.pages < ?",
        {"x": 0},
    ),
    "of an expression": (
        lambda q: q(Book).aggregate(x=Sum(F("pages") * 2)),
        "SELECT sum(books.pages * ?) AS x FROM books",
        {"x": 8744},
    ),
    "of an annotation": (
        lambda q: q(Book).annotate(double=F("pages") * 2).aggregate(x=Sum("double")),
        "SELECT sum(books.pages * ?) AS x FROM books",
        {"x": 8744},
    ),
    "of those before it": (
        lambda q: q(Book).aggregate(a=Sum("pages"), b=Count("pk"), c=F("a") / F("b")),
        "SELECT sum(books.pages) AS a, count(books.id) AS b, sum(books.pages) / count(books.id) "
        "AS c FROM books",
        {"a": 4372, "b": 14, "c": 312},
    ),
    "over a slice": (
        lambda q: q(Book).order_by("-pages", "pk")[:3].aggregate(x=Sum("pages")),
        "SELECT sum(anon_1.pages) AS x FROM (SELECT books.id AS id, books.pages AS pages FROM "
        "books ORDER BY books.pages DESC, books.id ASC LIMIT ? OFFSET ?) AS anon_1",
        {"x": 2450},
    ),
    "over a slice, of a related row's field": (
        lambda q: q(Book).order_by("pk")[:3].aggregate(x=Max("author__born")),
        "SELECT max(anon_1.born) AS x FROM (SELECT books.id AS id, authors_1.born AS born FROM "
        "books JOIN authors AS authors_1 ON authors_1.id = books.author_id ORDER BY books.id ASC "
        "LIMIT ? OFFSET ?) AS anon_1",
        {"x": 1890},
    ),
    "over distinct values": (
        lambda q: q(Book).values("author").distinct().aggregate(n=Count("author")),
        "SELECT count(anon_1.author_id) AS n FROM (SELECT DISTINCT books.author_id AS author_id "
        "FROM books) AS anon_1",
        {"n": 8},
    ),
    "over groups": (
        lambda q: q(Book).values("author").annotate(n=Count("pk")).aggregate(m=Max("n"), s=Sum("n")),
        "SELECT max(anon_1.n) AS m, sum(anon_1.n) AS s FROM (SELECT books.author_id AS "
        "author_id, count(books.id) AS n FROM books GROUP BY books.author_id) AS anon_1",
        {"m": 3, "s": 14},
    ),
    "over models with an aggregate": (
        lambda q: q(Author).annotate(n=Count("books")).aggregate(m=Avg("n")),
        "SELECT avg(anon_1.value_0) AS m FROM (SELECT authors.id AS id, count(books_1.id) AS "
        "value_0 FROM authors LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id "
        "GROUP BY authors.id) AS anon_1",
        {"m": 1.5555555555555556},
    ),
    "over groups that are filtered": (
        lambda q: q(Author).annotate(n=Count("books")).filter(n__gt=1).aggregate(s=Sum("n")),
        "SELECT sum(anon_1.value_0) AS s FROM (SELECT authors.id AS id, count(books_1.id) AS "
        "value_0 FROM authors LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id "
        "GROUP BY authors.id HAVING count(books_1.id) > ?) AS anon_1",
        {"s": 10},
    ),
    "over the first of each kind": (
        lambda q: q(Book).order_by("author", "pk").distinct("author").aggregate(s=Sum("pages")),
        {
            "sqlite": (
                "SELECT sum(anon_1.pages) AS s FROM (SELECT anon_2.id AS id, anon_2.pages AS pages FROM "
                "(SELECT books.id AS id, books.pages AS pages, books.author_id AS __by0, books.id AS __by1,"
                " row_number() OVER (PARTITION BY books.author_id ORDER BY books.author_id ASC, books.id "
                "ASC) AS __place FROM books) AS anon_2 WHERE anon_2.__place = ? ORDER BY anon_2.__by0 ASC, "
                "anon_2.__by1 ASC) AS anon_1"
            ),
            "postgresql": (
                "SELECT sum(anon_1.pages) AS s FROM (SELECT DISTINCT ON (books.author_id) books.id AS"
                " id, books.pages AS pages FROM books ORDER BY books.author_id ASC, books.id ASC) AS "
                "anon_1"
            ),
        },
        {"s": 2722},
    ),
    "over a window": (
        lambda q: q(Book).annotate(w=Window(RowNumber(), order_by="pk")).aggregate(m=Max("w")),
        "SELECT max(anon_1.value_0) AS m FROM (SELECT books.id AS id, row_number() OVER (ORDER "
        "BY books.id ASC) AS value_0 FROM books) AS anon_1",
        {"m": 14},
    ),
    "over rows chosen by a window": (
        lambda q: (
            q(Book).annotate(w=Window(RowNumber(), order_by="pk")).filter(w__lte=2).aggregate(s=Sum("pages"))
        ),
        "SELECT sum(anon_1.pages) AS s FROM (SELECT anon_2.id AS id, anon_2.pages AS pages FROM (SELECT "
        "books.id AS id, books.pages AS pages, row_number() OVER (ORDER BY books.id ASC) AS __of2 FROM "
        "books) AS anon_2 WHERE anon_2.__of2 <= ?) AS anon_1",
        {"s": 300},
    ),
    "over a subquery": (
        lambda q: (
            q(Author)
            .annotate(
                n=Subquery(q(Book).filter(author=OuterRef("pk")).order_by("-pages").values("pages")[:1])
            )
            .aggregate(s=Sum("n"))
        ),
        "SELECT sum((SELECT books_1.pages FROM books AS books_1 WHERE books_1.author_id = "
        "authors.id ORDER BY books_1.pages DESC LIMIT ? OFFSET ?)) AS s FROM authors",
        {"s": 3322},
    ),
    "how many in a slice": (
        lambda q: q(Book).order_by("pk")[2:6].count(),
        "SELECT count(*) AS count_1 FROM (SELECT DISTINCT books.id AS id FROM books LIMIT ? "
        "OFFSET ?) AS anon_1",
        4,
    ),
    "how many different values": (
        lambda q: q(Book).values("author").distinct().count(),
        "SELECT count(*) AS count_1 FROM (SELECT DISTINCT books.author_id AS author_id FROM books) AS anon_1",
        8,
    ),
    "how many, filtered over to-many": (
        lambda q: q(Book).filter(tags__weight__gt=0).count(),
        "SELECT count(*) AS count_1 FROM books WHERE books.id IN (SELECT book_tags_1.book_id FROM"
        " book_tags AS book_tags_1 JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id WHERE "
        "tags_1.weight > ?)",
        7,
    ),
    "deviation": (
        lambda q: q(Tag).aggregate(a=Count("weight"), b=Count("weight", distinct=True)),
        "SELECT count(tags.weight) AS a, count(DISTINCT tags.weight) AS b FROM tags",
        {"a": 5, "b": 3},
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_aggregates(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
