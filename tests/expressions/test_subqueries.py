"""`Subquery`, `Exists` and `OuterRef`: as values, as conditions, and within each other."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UnsupportedOperationError,
)
from django_like_repos.functions import Lower
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Book, Country, Publisher, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "a value of another row": (
        lambda q: (
            q(Review)
            .filter(pk__lte=3)
            .annotate(x=Subquery(q(Author).filter(pk=OuterRef("reviewer")).values("name")))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT authors_1.name FROM authors AS authors_1 WHERE authors_1.id = "
        "reviews.reviewer_id) AS x FROM reviews WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        ["Борис", "Chloé", None],
    ),
    "the first of several": (
        lambda q: (
            q(Author)
            .filter(pk__lte=4)
            .annotate(
                x=Subquery(q(Book).filter(author=OuterRef("pk")).order_by("-pages").values("pages")[:1])
            )
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT books_1.pages FROM books AS books_1 WHERE books_1.author_id = authors.id "
        "ORDER BY books_1.pages DESC LIMIT ? OFFSET ?) AS x FROM authors WHERE authors.id <= ? "
        "ORDER BY authors.id ASC",
        [350, 1200, 350, 120],
    ),
    "the key where no value is chosen": (
        lambda q: (
            q(Author)
            .filter(pk__lte=2)
            .annotate(x=Subquery(q(Book).filter(author=OuterRef("pk")).order_by("pk")[:1]))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT books_1.id FROM books AS books_1 WHERE books_1.author_id = authors.id "
        "ORDER BY books_1.id ASC LIMIT ? OFFSET ?) AS x FROM authors WHERE authors.id <= ? ORDER "
        "BY authors.id ASC",
        [1, 3],
    ),
    "a number of other rows": (
        lambda q: (
            q(Country)
            .annotate(
                x=Subquery(
                    q(Author)
                    .filter(country=OuterRef("pk"))
                    .values("country")
                    .annotate(n=Count("pk"))
                    .values("n")
                )
            )
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT count(authors_1.id) AS n FROM authors AS authors_1 WHERE "
        "authors_1.country_id = countries.id GROUP BY authors_1.country_id) AS x FROM countries "
        "ORDER BY countries.id ASC",
        [2, 3, 2, None],
    ),
    "of its own table": (
        lambda q: (
            q(Author)
            .filter(pk__lte=4)
            .annotate(x=Subquery(q(Author).filter(pk=OuterRef("mentor")).values("name")))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT authors_1.name FROM authors AS authors_1 WHERE authors_1.id = "
        "authors.mentor_id) AS x FROM authors WHERE authors.id <= ? ORDER BY authors.id ASC",
        [None, "Ada", "Ada", "Борис"],
    ),
    "filtered by its value": (
        lambda q: (
            q(Country)
            .annotate(
                x=Subquery(q(Author).filter(country=OuterRef("pk")).order_by("-born").values("born")[:1])
            )
            .filter(x__gt=1900)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE (SELECT authors_1.born FROM authors AS "
        "authors_1 WHERE authors_1.country_id = countries.id ORDER BY authors_1.born DESC LIMIT "
        "? OFFSET ?) > ? ORDER BY countries.id ASC",
        [1, 2],
    ),
    "on the right side": (
        lambda q: (
            q(Tag)
            .filter(weight__gte=Subquery(q(Tag).filter(name="war").values("weight")))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT tags.id FROM tags WHERE tags.weight >= (SELECT tags_1.weight FROM tags AS tags_1 "
        "WHERE tags_1.name = ?) ORDER BY tags.id ASC",
        [1, 2, 4, 6, 7],
    ),
    "of the outer row on the right side": (
        lambda q: (
            q(Review)
            .filter(
                rating__lt=Subquery(
                    q(Review)
                    .filter(book=OuterRef("book"))
                    .values("book")
                    .annotate(m=Max("rating"))
                    .values("m")
                )
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT reviews.id FROM reviews WHERE reviews.rating < (SELECT max(reviews_1.rating) AS "
        "m FROM reviews AS reviews_1 WHERE reviews_1.book_id = reviews.book_id GROUP BY "
        "reviews_1.book_id) ORDER BY reviews.id ASC",
        [2, 4, 8, 13, 16],
    ),
    "whether there is any": (
        lambda q: (
            q(Country)
            .filter(Exists(q(Publisher).filter(country=OuterRef("pk"))))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.country_id = countries.id) ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "whether there is none": (
        lambda q: (
            q(Country)
            .filter(~Exists(q(Publisher).filter(country=OuterRef("pk"))))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE NOT (EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.country_id = countries.id)) ORDER BY countries.id ASC",
        [4],
    ),
    "whether, as a value": (
        lambda q: (
            q(Country)
            .annotate(x=Exists(q(Publisher).filter(country=OuterRef("pk"))))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT EXISTS (SELECT ? FROM publishers AS publishers_1 WHERE publishers_1.country_id = "
        "countries.id) AS x FROM countries ORDER BY countries.id ASC",
        [True, True, True, False],
    ),
    "whether, by its name": (
        lambda q: (
            q(Country)
            .annotate(x=Exists(q(Publisher).filter(country=OuterRef("pk"))))
            .filter(x=False)
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE (EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.country_id = countries.id)) = ?",
        [4],
    ),
    "excluded": (
        lambda q: (
            q(Country)
            .exclude(Exists(q(Publisher).filter(country=OuterRef("pk"))))
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE NOT (EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.country_id = countries.id))",
        [4],
    ),
    "one of two": (
        lambda q: (
            q(Country)
            .filter(Exists(q(Publisher).filter(country=OuterRef("pk"), city="Paris")) | Q(code="AX"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE (EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.city = ? AND publishers_1.country_id = countries.id)) "
        "OR countries.code = ? ORDER BY countries.id ASC",
        [1, 4],
    ),
    "two at once": (
        lambda q: (
            q(Country)
            .filter(
                Exists(q(Publisher).filter(country=OuterRef("pk")))
                & ~Exists(q(Author).filter(country=OuterRef("pk"), born=None))
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE (EXISTS (SELECT ? FROM publishers AS "
        "publishers_1 WHERE publishers_1.country_id = countries.id)) AND NOT (EXISTS (SELECT ? "
        "FROM authors AS authors_1 WHERE authors_1.born IS NULL AND authors_1.country_id = "
        "countries.id)) ORDER BY countries.id ASC",
        [1, 2],
    ),
    "two levels": (
        lambda q: (
            q(Country)
            .filter(
                Exists(
                    q(Author).filter(
                        Exists(
                            q(Book).filter(author=OuterRef("pk"), publisher__country=OuterRef(OuterRef("pk")))
                        )
                    )
                )
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries WHERE EXISTS (SELECT ? FROM authors AS authors_1 "
        "WHERE EXISTS (SELECT ? FROM books AS books_1 JOIN publishers AS publishers_1 ON "
        "publishers_1.id = books_1.publisher_id WHERE books_1.author_id = authors_1.id AND "
        "publishers_1.country_id = countries.id)) ORDER BY countries.id ASC",
        [1, 2, 3],
    ),
    "a path of the outer row": (
        lambda q: (
            q(Review)
            .filter(Exists(q(Tag).filter(weight=OuterRef("book__author__country__id"))))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT reviews.id FROM reviews JOIN books AS books_1 ON books_1.id = reviews.book_id "
        "JOIN authors AS authors_1 ON authors_1.id = books_1.author_id WHERE EXISTS (SELECT ? "
        "FROM tags AS tags_1 WHERE tags_1.weight = authors_1.country_id) ORDER BY reviews.id ASC",
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19],
    ),
    "a to-many path of the outer row": (
        lambda q: (
            q(Author)
            .filter(Exists(q(Tag).filter(weight=OuterRef("books__reviews__rating"), name="war")))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT DISTINCT authors.id FROM authors LEFT OUTER JOIN books AS books_1 ON authors.id = "
        "books_1.author_id LEFT OUTER JOIN reviews AS reviews_1 ON books_1.id = reviews_1.book_id WHERE "
        "EXISTS (SELECT ? FROM tags AS tags_1 WHERE tags_1.name = ? AND tags_1.weight = reviews_1.rating)"
        " ORDER BY authors.id ASC",
        [1, 2, 8],
    ),
    "in": (
        lambda q: (
            q(Book).filter(author__in=q(Author).filter(born=1815)).order_by("pk").values_list("pk", flat=True)
        ),
        "SELECT books.id FROM books WHERE books.author_id IN (SELECT authors.id FROM authors "
        "WHERE authors.born = ?) ORDER BY books.id ASC",
        [1, 2, 8, 14],
    ),
    "in values": (
        lambda q: (
            q(Book)
            .filter(pages__in=q(Book).filter(pk__lte=2).values("pages"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT books.id FROM books WHERE books.pages IN (SELECT books.pages FROM books WHERE "
        "books.id <= ?) ORDER BY books.id ASC",
        [1, 2, 4],
    ),
    "not in": (
        lambda q: (
            q(Book)
            .exclude(author__in=q(Author).filter(born__lt=1900))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT books.id FROM books WHERE (books.author_id NOT IN (SELECT authors.id FROM "
        "authors WHERE authors.born < ?)) ORDER BY books.id ASC",
        [5, 6, 7, 10, 11, 12],
    ),
    "in, of the outer row": (
        lambda q: (
            q(Author)
            .filter(name__in=q(Country).filter(pk=OuterRef("country")).values("name"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE authors.name IN (SELECT countries_1.name FROM "
        "countries AS countries_1 WHERE countries_1.id = authors.country_id) ORDER BY authors.id "
        "ASC",
        [],
    ),
    "in a slice": (
        lambda q: (
            q(Book)
            .filter(pk__in=q(Book).order_by("-pages", "pk")[:2])
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT books.id FROM books WHERE books.id IN (SELECT books.id FROM books ORDER BY "
        "books.pages DESC, books.id ASC LIMIT ? OFFSET ?) ORDER BY books.id ASC",
        [3, 8],
    ),
    "in groups": (
        lambda q: (
            q(Author)
            .filter(pk__in=q(Book).values("author").annotate(n=Count("pk")).filter(n__gt=2).values("author"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE authors.id IN (SELECT books.author_id FROM books "
        "GROUP BY books.author_id HAVING count(books.id) > ?) ORDER BY authors.id ASC",
        [1, 2],
    ),
    "in rows chosen by a to-many path": (
        lambda q: (
            q(Author)
            .filter(pk__in=q(Author).filter(books__tags__name="war"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE authors.id IN (SELECT authors.id FROM authors JOIN "
        "books AS books_1 ON authors.id = books_1.author_id JOIN book_tags AS book_tags_1 ON "
        "books_1.id = book_tags_1.book_id JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id "
        "WHERE tags_1.name = ?) ORDER BY authors.id ASC",
        [1, 2, 8],
    ),
    "in a union": (
        lambda q: (
            q(Author)
            .filter(pk__in=q(Author).filter(pk=1).union(q(Author).filter(pk=3)).values("pk"))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE authors.id IN (SELECT anon_1.id FROM (SELECT "
        "authors.id AS id FROM authors WHERE authors.id = ? UNION SELECT authors.id AS id FROM "
        "authors WHERE authors.id = ?) AS anon_1) ORDER BY authors.id ASC",
        [1, 3],
    ),
    "ordered by": (
        lambda q: (
            q(Country)
            .order_by(
                Subquery(
                    q(Publisher).filter(country=OuterRef("pk")).order_by("-name").values("name")[:1]
                ).desc(nulls_last=True),
                "pk",
            )
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries ORDER BY (SELECT publishers_1.name FROM publishers "
        "AS publishers_1 WHERE publishers_1.country_id = countries.id ORDER BY publishers_1.name "
        "DESC LIMIT ? OFFSET ?) DESC NULLS LAST, countries.id ASC",
        [2, 3, 1, 4],
    ),
    "of a subquery's subquery": (
        lambda q: (
            q(Country)
            .annotate(
                x=Subquery(
                    q(Author)
                    .filter(country=OuterRef("pk"))
                    .annotate(
                        b=Subquery(
                            q(Book).filter(author=OuterRef("pk")).order_by("-pages").values("pages")[:1]
                        )
                    )
                    .order_by(F("b").desc(nulls_last=True))
                    .values("b")[:1]
                )
            )
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT (SELECT (SELECT books_1.pages FROM books AS books_1 WHERE books_1.author_id = "
        "authors_1.id ORDER BY books_1.pages DESC LIMIT ? OFFSET ?) AS b FROM authors AS "
        "authors_1 WHERE authors_1.country_id = countries.id ORDER BY b DESC NULLS LAST LIMIT ? "
        "OFFSET ?) AS x FROM countries ORDER BY countries.id ASC",
        [350, 1200, 900, None],
    ),
    "negated over to-many beside it": (
        lambda q: (
            q(Author)
            .filter(Exists(q(Book).filter(author=OuterRef("pk")).exclude(reviews__rating__lt=4)))
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        "SELECT authors.id FROM authors WHERE EXISTS (SELECT ? FROM books AS books_1 WHERE "
        "books_1.author_id = authors.id AND NOT (EXISTS (SELECT ? FROM reviews AS reviews_1 "
        "WHERE books_1.id = reviews_1.book_id AND reviews_1.rating < ?))) ORDER BY authors.id "
        "ASC",
        [2, 3, 4, 6, 8, 9],
    ),
    "rows chosen by a to-many path within": (
        lambda q: (
            q(Author)
            .annotate(
                x=Subquery(
                    q(Book).filter(author=OuterRef("pk"), tags__weight__gt=0).order_by("pk").values("pk")[:1]
                )
            )
            .order_by("pk")
            .values_list("x", flat=True)[:4]
        ),
        {
            "sqlite": "SELECT (SELECT DISTINCT books_1.id FROM books AS books_1 JOIN book_tags "
            "AS book_tags_1 ON "
            "books_1.id = book_tags_1.book_id JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id WHERE "
            "books_1.author_id = authors.id AND tags_1.weight > ? ORDER BY books_1.id ASC LIMIT ? OFFSET ?) "
            "AS x FROM authors ORDER BY authors.id ASC LIMIT ? OFFSET ?",
            "postgresql": "SELECT (SELECT books_1.id FROM books AS books_1 WHERE "
            "books_1.author_id = authors.id AND"
            " books_1.id IN (SELECT book_tags_1.book_id FROM book_tags AS book_tags_1 JOIN tags AS "
            "tags_1 ON tags_1.id = book_tags_1.tag_id WHERE tags_1.weight > ?) ORDER BY books_1.id "
            "ASC LIMIT ? OFFSET ?) AS x FROM authors ORDER BY authors.id ASC LIMIT ? OFFSET ?",
        },
        [1, 3, None, 7],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_subqueries(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


async def test_parts_of_texts_around(shelf: AsyncSession) -> None:
    dawns = QuerySet(Book, shelf).filter(title__startswith=OuterRef("name")[:1])
    pupils = QuerySet(Author, shelf).filter(Exists(dawns)).order_by("id")
    twice = QuerySet(Book, shelf).filter(
        Exists(QuerySet(Tag, shelf).filter(name__istartswith=OuterRef(OuterRef("name"))[0]))
    )

    first = set(await QuerySet(Book, shelf).values_list("title", flat=True))
    names = await QuerySet(Author, shelf).order_by("id").values_list("id", "name")
    expected = [key for key, name in names if any(title.startswith(name[0]) for title in first)]
    found = [author.id for author in await pupils]
    assert found == expected or set(expected) < set(found)
    assert await QuerySet(Author, shelf).filter(Exists(twice)).exists()
    for wrong, said in (
        (QuerySet(Book).filter(title__startswith=OuterRef("born")[:1]), "a slice is of text, and 'born'"),
        (QuerySet(Book).filter(pages=OuterRef("name") + 1), "text \\+ integer"),
        (QuerySet(Book).filter(title=Lower(OuterRef("born"))), "Lower.. is of text, and 'born'"),
    ):
        with pytest.raises(UnsupportedOperationError, match=said):
            QuerySet(Author).filter(Exists(wrong))
