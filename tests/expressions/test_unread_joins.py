"""Joins that nothing reads are left out, and DISTINCT where the key tells rows apart."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F
from tests.expressions.asking import Make, answer_of
from tests.parity.schema import Author, Book
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

CASES: dict[str, tuple[Make, str]] = {
    "always there": (
        lambda q: q(Book).annotate(x=F("author__name")).order_by("id").values_list("id", flat=True),
        "SELECT books.id FROM books ORDER BY books.id ASC",
    ),
    "perhaps there": (
        lambda q: q(Book).annotate(x=F("editor__name")).order_by("id").values_list("id", flat=True),
        "SELECT books.id FROM books ORDER BY books.id ASC",
    ),
    "never carried": (
        lambda q: q(Author).alias(x=F("country__name")).order_by("id"),
        "SELECT authors.id, authors.name, authors.born, authors.country_id, authors.mentor_id "
        "FROM authors ORDER BY authors.id ASC",
    ),
    "on the way to what is read": (
        lambda q: (
            q(Book)
            .annotate(x=F("author__country__name"), y=F("author__name"))
            .order_by("id")
            .values_list("id", "y")
        ),
        "SELECT books.id, authors_1.name AS y FROM books "
        "JOIN authors AS authors_1 ON authors_1.id = books.author_id ORDER BY books.id ASC",
    ),
    "of many, which make rows": (
        lambda q: q(Author).annotate(x=F("books__title")).order_by("id").values_list("id", flat=True),
        "SELECT authors.id FROM authors LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id "
        "ORDER BY authors.id ASC",
    ),
    "declared": (
        lambda q: q(Author).innerjoin("country").order_by("id").values_list("id", flat=True),
        "SELECT authors.id FROM authors JOIN countries AS countries_1 "
        "ON countries_1.id = authors.country_id ORDER BY authors.id ASC",
    ),
    "different by their key": (
        lambda q: q(Author).order_by("id").values_list("name", "id").distinct(),
        "SELECT authors.name, authors.id FROM authors ORDER BY authors.id ASC",
    ),
    "different beside many": (
        lambda q: q(Author).order_by("id", "books__pages").values_list("id", "books__pages").distinct(),
        "SELECT DISTINCT authors.id, books_1.pages FROM authors "
        "LEFT OUTER JOIN books AS books_1 ON authors.id = books_1.author_id "
        "ORDER BY authors.id ASC, books_1.pages ASC",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_joined(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, said = CASES[name]
    answer: Any = await answer_of(shelf, make)
    assert answer
    same_sql(sql.last, said)
