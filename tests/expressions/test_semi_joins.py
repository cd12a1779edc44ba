"""To-many relations that only filter are looked into; where they do more, or somebody listens, joined."""

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState

from django_like_repos import Count, F, Q, QuerySet
from tests.expressions.asking import Make, Said, answer_of
from tests.parity.schema import Author, Book, Country
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

BORN = "countries.id IN (SELECT authors_1.country_id FROM authors AS authors_1 WHERE authors_1.born > ?)"
COUNTRIES = f"SELECT countries.id, countries.name, countries.code FROM countries WHERE {BORN}"
AUTHORS = "JOIN authors AS authors_1 ON countries.id = authors_1.country_id WHERE authors_1.born > ?"
OF_TAG = (
    "books.id IN (SELECT book_tags_1.book_id FROM book_tags AS book_tags_1 "
    "JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id WHERE tags_1.weight = ?)"
)
CASES: dict[str, tuple[Make, Said]] = {
    "models": (
        lambda q: q(Country).filter(authors__born__gt=1900).order_by("id"),
        f"{COUNTRIES} ORDER BY countries.id ASC",
    ),
    "different models": (
        lambda q: q(Country).filter(authors__born__gt=1900).distinct().order_by("id"),
        f"{COUNTRIES} ORDER BY countries.id ASC",
    ),
    "different values": (
        lambda q: (
            q(Country).filter(authors__born__gt=1900).distinct().order_by("id").values_list("id", "code")
        ),
        f"SELECT countries.id, countries.code FROM countries WHERE {BORN} ORDER BY countries.id ASC",
    ),
    "values that may be alike": (
        lambda q: q(Country).filter(authors__born__gt=0).order_by("name").distinct().values_list("name"),
        f"SELECT DISTINCT countries.name FROM countries WHERE {BORN} ORDER BY countries.name ASC",
    ),
    "their number": (
        lambda q: q(Country).filter(authors__born__gt=1900).count(),
        f"SELECT count(*) AS count_1 FROM countries WHERE {BORN}",
    ),
    "over a table between": (
        lambda q: q(Book).filter(tags__weight=3).order_by("id").values_list("id", flat=True),
        f"SELECT books.id FROM books WHERE {OF_TAG} ORDER BY books.id ASC",
    ),
    "groups of what is filtered": (
        lambda q: (
            q(Book)
            .filter(tags__weight=3)
            .order_by("author_id")
            .values_list("author_id")
            .annotate(n=Count("id"))
        ),
        f"SELECT books.author_id, count(books.id) AS n FROM books WHERE {OF_TAG} "
        "GROUP BY books.author_id ORDER BY books.author_id ASC",
    ),
    "a page": (
        lambda q: (
            q(Country).filter(authors__born__gt=1900).order_by("-name", "id").values_list("id", flat=True)[:2]
        ),
        {
            "sqlite": "SELECT countries.id FROM countries JOIN (SELECT DISTINCT countries.id AS id, "
            f"countries.name AS k0 FROM countries {AUTHORS} ORDER BY countries.name DESC, countries.id ASC "
            "LIMIT ? OFFSET ?) AS keys ON keys.id = countries.id "
            "ORDER BY countries.name DESC, countries.id ASC",
            "postgresql": f"SELECT countries.id FROM countries WHERE {BORN} "
            "ORDER BY countries.name DESC, countries.id ASC LIMIT ? OFFSET ?",
        },
    ),
    "beside another condition": (
        lambda q: (
            q(Country)
            .filter(name__gt="A")
            .filter(authors__born__gt=1900)
            .order_by("id")
            .values_list("id", flat=True)
        ),
        {
            "sqlite": "SELECT DISTINCT countries.id FROM countries JOIN authors AS authors_1 "
            "ON countries.id = authors_1.country_id WHERE countries.name > ? AND authors_1.born > ? "
            "ORDER BY countries.id ASC",
            "postgresql": f"SELECT countries.id FROM countries WHERE countries.name > ? AND {BORN} "
            "ORDER BY countries.id ASC",
        },
    ),
    "compared with the row itself": (
        lambda q: q(Book).filter(reviews__rating__lt=F("pages")).order_by("id").values_list("id", flat=True),
        {
            "sqlite": "SELECT DISTINCT books.id FROM books JOIN reviews AS reviews_1 "
            "ON books.id = reviews_1.book_id WHERE reviews_1.rating < books.pages ORDER BY books.id ASC",
            "postgresql": "SELECT books.id FROM books WHERE EXISTS (SELECT 1 FROM reviews AS reviews_1 "
            "WHERE books.id = reviews_1.book_id AND reviews_1.rating < books.pages) ORDER BY books.id ASC",
        },
    ),
    "two calls": (
        lambda q: q(Author).filter(books__pages__gt=300).filter(reviews__rating__gt=2).count(),
        {
            "sqlite": "SELECT count(DISTINCT authors.id) AS count_1 FROM authors JOIN books AS books_1 "
            "ON authors.id = books_1.author_id JOIN reviews AS reviews_1 ON authors.id = "
            "reviews_1.reviewer_id WHERE books_1.pages > ? AND reviews_1.rating > ?",
            "postgresql": "SELECT count(*) AS count_1 FROM authors WHERE authors.id IN (SELECT "
            "books_1.author_id FROM books AS books_1 WHERE books_1.pages > ?) AND authors.id IN (SELECT "
            "reviews_1.reviewer_id FROM reviews AS reviews_1 WHERE reviews_1.rating > ?)",
        },
    ),
}
JOINED: dict[str, Make] = {
    "or else": lambda q: q(Country).filter(Q(authors__born__gt=1900) | Q(name="x")).order_by("id"),
    "ordered by": lambda q: q(Country).filter(authors__born__gt=1900).order_by("authors__name", "id"),
    "declared": lambda q: q(Country).innerjoin("authors").filter(authors__born__gt=1900).order_by("id"),
    "one call, not": lambda q: q(Author).filter(Q(books__pages__gt=1), ~Q(books__reviews__rating=1)),
    "none there": lambda q: q(Country).filter(authors__isnull=True).order_by("id"),
    "an expression beside": lambda q: q(Country).filter(Country.id > 0, authors__born__gt=1900),
    "locked": lambda q: q(Country).filter(authors__born__gt=1900).select_for_update(),
}


@pytest.mark.parametrize("name", CASES)
async def test_looked_into(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, said = CASES[name]
    answer = await answer_of(shelf, make)
    assert answer
    same_sql(sql.last, said if isinstance(said, str) else said[shelf.get_bind().dialect.name])

    def listen(state: ORMExecuteState) -> None: ...

    event.listen(shelf.sync_session, "do_orm_execute", listen)
    assert await answer_of(shelf, make) == answer
    assert " JOIN " in sql.last


@pytest.mark.parametrize("name", JOINED)
def test_joined(name: str) -> None:
    assert "semi_joins" not in JOINED[name](QuerySet).passes()
