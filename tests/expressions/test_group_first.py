"""Groups by columns of related rows: counted by the foreign key and joined then, where that says the same."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState

from django_like_repos import Avg, Count, F, Max, Min, Q, QuerySet, Sum
from tests.expressions.asking import Make, answer_of
from tests.parity.schema import Book, Profile, Review
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

BY_AUTHOR = "GROUP BY books.author_id) AS anon_1 JOIN authors AS authors_1 ON anon_1.__0 = authors_1.id"
N = "CAST(sum(anon_1.__1) AS BIGINT) AS n"
CASES: dict[str, tuple[Make, str]] = {
    "by a column": (
        lambda q: (
            q(Book)
            .values_list("author__name")
            .annotate(n=Count("id"), p=Max("pages"))
            .order_by("-n", "author__name")
        ),
        f"SELECT authors_1.name, {N}, max(anon_1.__2) AS p FROM (SELECT books.author_id AS __0, "
        f"count(*) AS __1, max(books.pages) AS __2 FROM books {BY_AUTHOR} "
        "GROUP BY authors_1.name ORDER BY n DESC, authors_1.name ASC",
    ),
    "of rows that may have none": (
        lambda q: (
            q(Book)
            .values_list("editor__name")
            .annotate(n=Count("*"), p=Sum("pages"))
            .order_by("editor__name")
        ),
        f"SELECT authors_1.name, {N}, sum(anon_1.__2) AS p FROM (SELECT books.editor_id AS __0, "
        "count(*) AS __1, sum(books.pages) AS __2 FROM books GROUP BY books.editor_id) AS anon_1 "
        "LEFT OUTER JOIN authors AS authors_1 ON anon_1.__0 = authors_1.id "
        "GROUP BY authors_1.name ORDER BY authors_1.name ASC",
    ),
    "of some rows, counted in part": (
        lambda q: (
            q(Book)
            .filter(pages__gt=100)
            .values_list("author__name")
            .annotate(n=Count("id", filter=Q(title__gt="M")), m=Min("title"))
            .order_by("author__name")
        ),
        f"SELECT authors_1.name, {N}, min(anon_1.__2) AS m FROM (SELECT books.author_id AS __0, "
        "count(books.id) FILTER (WHERE books.title > ?) AS __1, min(books.title) AS __2 FROM books "
        f"WHERE books.pages > ? {BY_AUTHOR} GROUP BY authors_1.name ORDER BY authors_1.name ASC",
    ),
    "by columns near and far": (
        lambda q: (
            q(Book)
            .values("in_print", "author__country__code")
            .annotate(n=Count("subtitle"))
            .order_by("author__country__code", "in_print")[:3]
        ),
        "SELECT anon_1.__1, countries_1.code, CAST(sum(anon_1.__2) AS BIGINT) AS n FROM (SELECT "
        "books.author_id AS __0, books.in_print AS __1, count(books.subtitle) AS __2 FROM books "
        "GROUP BY books.author_id, books.in_print) AS anon_1 "
        "JOIN authors AS authors_1 ON anon_1.__0 = authors_1.id "
        "LEFT OUTER JOIN countries AS countries_1 ON countries_1.id = authors_1.country_id "
        "GROUP BY anon_1.__1, countries_1.code "
        "ORDER BY countries_1.code ASC, anon_1.__1 ASC LIMIT ? OFFSET ?",
    ),
    "filtered on the way": (
        lambda q: (
            q(Review)
            .filter(book__pages__gt=100)
            .values_list("book__author__name")
            .annotate(n=Count("id"))
            .order_by("book__author__name")
        ),
        f"SELECT authors_1.name, {N} FROM (SELECT books_1.author_id AS __0, count(*) AS __1 FROM reviews "
        "JOIN books AS books_1 ON books_1.id = reviews.book_id WHERE books_1.pages > ? "
        "GROUP BY books_1.author_id) AS anon_1 JOIN authors AS authors_1 ON anon_1.__0 = authors_1.id "
        "GROUP BY authors_1.name ORDER BY authors_1.name ASC",
    ),
}
BY_NAME: Any = QuerySet(Book).values("author__name")
LEFT: dict[str, Any] = {
    "different values": BY_NAME.annotate(n=Count("pages", distinct=True)),
    "means": BY_NAME.annotate(n=Avg("pages")),
    "computed of sums": BY_NAME.annotate(n=Sum("pages") + 1),
    "a default": BY_NAME.annotate(n=Sum("pages", default=0)),
    "a condition on the groups": BY_NAME.annotate(n=Count("id")).filter(n__gt=1),
    "a condition on what is grouped by": BY_NAME.filter(author__name="x").annotate(n=Count("id")),
    "an aggregate of what is joined": BY_NAME.annotate(n=Max("author__born")),
    "a row for each": QuerySet(Profile).values("author__name").annotate(n=Count("id")),
    "computed groups": QuerySet(Book).annotate(x=F("author__born") + 1).values("x").annotate(n=Count("id")),
    "its own column": QuerySet(Book).values("author_id").annotate(n=Count("id")),
    "many": QuerySet(Book).values("tags__name").annotate(n=Count("id")),
    "a declared join": QuerySet(Book).innerjoin("author").values("author__name").annotate(n=Count("id")),
}


@pytest.mark.parametrize("name", CASES)
async def test_counted_first(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, said = CASES[name]
    answer = await answer_of(shelf, make)
    assert answer
    same_sql(sql.last, said)

    def listen(state: ORMExecuteState) -> None: ...

    event.listen(shelf.sync_session, "do_orm_execute", listen)
    assert await answer_of(shelf, make) == answer
    assert "anon" not in sql.last


@pytest.mark.parametrize("name", LEFT)
def test_joined_first(name: str) -> None:
    assert "group_first" not in LEFT[name].passes()
