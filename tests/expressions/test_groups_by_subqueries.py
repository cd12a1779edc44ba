"""Groups by what a subquery is part of: SELECT, GROUP BY, HAVING and ORDER BY mean the same one.

PostgreSQL tells two subqueries apart by the aliases in them; a name in GROUP BY is first of all a column's.
"""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from django_like_repos import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django_like_repos.functions import Coalesce
from tests.expressions.asking import Cases, Objects, agrees
from tests.parity.schema import Book, Tag
from tests.recording import RecordedSQL


def last(q: Objects) -> Any:
    """The pages of the last book with a tag."""
    return Subquery(q(Book).filter(tags=OuterRef("pk")).order_by("-id").values("pages")[:1])


LAST = (
    "(SELECT books_1.pages FROM books AS books_1 JOIN (SELECT DISTINCT books_2.id AS id FROM books AS "
    "books_2 JOIN book_tags AS book_tags_1 ON books_2.id = book_tags_1.book_id "
    "WHERE book_tags_1.tag_id = tags.id ORDER BY books_2.id DESC LIMIT ? OFFSET ?) "
    "AS keys ON keys.id = books_1.id ORDER BY books_1.id DESC)"
)
BY_EXISTS = (
    "(SELECT books_1.pages FROM books AS books_1 WHERE EXISTS (SELECT 1 FROM book_tags AS book_tags_1 "
    "WHERE books_1.id = book_tags_1.book_id AND book_tags_1.tag_id = tags.id) "
    "ORDER BY books_1.id DESC LIMIT ? OFFSET ?)"
)
BOOKS = (
    "count(book_tags_2.book_id) AS n FROM tags LEFT OUTER JOIN book_tags AS book_tags_2 "
    "ON tags.id = book_tags_2.tag_id"
)
# An SQLAlchemy expression may speak of any table.
WHOLE_BOOKS = (
    "count(books_1.id) AS n FROM tags LEFT OUTER JOIN (book_tags AS book_tags_2 JOIN books AS books_1 ON "
    "books_1.id = book_tags_2.book_id) ON tags.id = book_tags_2.tag_id"
)
TAG = aliased(Tag)
# SQLAlchemy gives the link table within it another alias each time.
OWN = (
    select(func.min(Book.pages))
    .join(Book.tags.of_type(TAG))
    .where(TAG.id == Tag.id)
    .correlate(Tag)
    .scalar_subquery()
)


def said(statement: str) -> dict[str, str]:
    """A statement that asks for the last, on each database."""
    return {"sqlite": statement, "postgresql": statement.replace(LAST, BY_EXISTS)}


CASES: Cases = {
    "a value": (
        lambda q: (
            q(Tag)
            .values("weight")
            .annotate(x=last(q))
            .annotate(n=Count("books"))
            .filter(weight__gt=0)
            .order_by("weight", "-x")
            .values_list("weight", "x", "n")
        ),
        said(
            f"SELECT tags.weight, {LAST} AS x, {BOOKS} WHERE tags.weight > ? GROUP BY tags.weight, 2 "
            "ORDER BY tags.weight ASC, x DESC"
        ),
        [(1, 350, 5), (2, None, 0), (3, 900, 2), (3, 350, 5)],
    ),
    "under the name of a column": (
        lambda q: (
            q(Tag)
            .filter(weight=3)
            .annotate(book_id=last(q))
            .values_list("book_id")
            .annotate(n=Count("books"))
            .order_by("book_id")
        ),
        said(f"SELECT {LAST} AS book_id, {BOOKS} WHERE tags.weight = ? GROUP BY 1 ORDER BY {LAST} ASC"),
        [(350, 5), (900, 2)],
    ),
    "part of a value": (
        lambda q: (
            q(Tag).annotate(x=Coalesce(last(q), 0)).values_list("x").annotate(n=Count("books")).order_by("x")
        ),
        said(f"SELECT coalesce({LAST}, ?) AS x, {BOOKS} GROUP BY 1 ORDER BY x ASC"),
        [(0, 0), (350, 16), (900, 2)],
    ),
    "whether any is there": (
        lambda q: (
            q(Tag)
            .annotate(x=Exists(q(Book).filter(Q(tags=OuterRef("pk")) | Q(id=OuterRef("id"), pages=1))))
            .values_list("x")
            .annotate(n=Count("pk"))
            .order_by("x")
        ),
        "SELECT EXISTS (SELECT 1 FROM books AS books_1 LEFT OUTER JOIN book_tags AS book_tags_1 "
        "ON books_1.id = book_tags_1.book_id WHERE book_tags_1.tag_id = "
        "tags.id OR books_1.id = tags.id AND books_1.pages = ?) AS x, count(tags.id) AS n FROM tags "
        "GROUP BY 1 ORDER BY x ASC",
        [(False, 1), (True, 6)],
    ),
    "a condition on groups": (
        lambda q: (
            q(Tag)
            .values_list("weight")
            .annotate(x=last(q))
            .annotate(n=Count("books"))
            .filter(Q(x__gt=500) | Q(n__gt=5))
        ),
        said(
            f"SELECT tags.weight, {LAST} AS x, {BOOKS} GROUP BY tags.weight, 2, tags.id HAVING {LAST} > ? OR "
            "count(book_tags_2.book_id) > ?"
        ),
        [(3, 900, 2)],
    ),
    "an ordering by what is computed of it": (
        lambda q: (
            q(Tag)
            .filter(weight=3)
            .annotate(x=last(q))
            .values_list("x")
            .annotate(n=Count("books"))
            .order_by(F("x") + 1)
        ),
        said(
            f"SELECT {LAST} AS x, {BOOKS} WHERE tags.weight = ? GROUP BY 1, {LAST} + ? ORDER BY "
            f"{LAST} + ? ASC"
        ),
        [(350, 5), (900, 2)],
    ),
    "summed up": (
        lambda q: (
            q(Tag)
            .annotate(x=last(q))
            .values("x")
            .annotate(n=Count("books"))
            .aggregate(m=Sum("n"), k=Count("x"))
        ),
        said(
            f"SELECT sum(anon_1.n) AS m, count(anon_1.x) AS k FROM (SELECT {LAST} AS x, {BOOKS} GROUP BY 1) "
            "AS anon_1"
        ),
        {"m": 18, "k": 2},
    ),
    "of SQLAlchemy's": (
        lambda q: (
            q(Tag).filter(weight=3).annotate(x=OWN).values_list("x").annotate(n=Count("books")).order_by("x")
        ),
        "SELECT (SELECT min(books.pages) AS min_1 FROM books JOIN book_tags AS book_tags_1 ON books.id = "
        "book_tags_1.book_id JOIN tags AS tags_1 ON tags_1.id = book_tags_1.tag_id WHERE tags_1.id = "
        f"tags.id) AS x, {WHOLE_BOOKS} WHERE tags.weight = ? GROUP BY 1 "
        "ORDER BY x ASC",
        [(100, 5), (900, 2)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_groups_by_subqueries(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


async def test_a_group_is_the_number_of_its_column(shelf: AsyncSession, sql: RecordedSQL) -> None:
    tags = QuerySet(Tag, shelf)

    await tags.values("weight").annotate(x=OWN).annotate(n=Count("books"))
    assert sql.last.endswith("GROUP BY tags.weight, 2")
    await tags.values("weight").annotate(n=Count("books"), x=OWN)
    assert sql.last.endswith("GROUP BY tags.weight, 3")
