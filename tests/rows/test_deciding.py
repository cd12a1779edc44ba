"""``count()`` and ``exists()`` join what decides which rows there are, and how many, and nothing else."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState

from django_like_repos import Count, F, Q, QuerySet
from django_like_repos.functions import Concat
from tests.expressions.asking import objects_in
from tests.parity.schema import Author, Book
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

AUTHORS = "JOIN authors AS authors_1 ON authors_1.id = books.author_id"
TAGS = "JOIN book_tags AS book_tags_1 ON books.id = book_tags_1.book_id"
CASES: dict[str, tuple[Any, str, str]] = {
    "annotated": (lambda q: q(Book).annotate(x=F("author__name")), "count(*)", ""),
    "annotated by what may be missing": (lambda q: q(Book).annotate(x=F("editor__name")), "count(*)", ""),
    "ordered": (lambda q: q(Book).order_by("author__country__name", "title"), "count(*)", ""),
    "computed": (lambda q: q(Book).annotate(x=Concat("title", "author__name")), "count(*)", ""),
    "filtered by the annotation": (
        lambda q: q(Book).annotate(x=F("author__name")).filter(x__gt="B"),
        "count(*)",
        f"{AUTHORS} WHERE authors_1.name > ?",
    ),
    "filtered beside it": (
        lambda q: q(Book).annotate(x=F("publisher__name")).filter(author__name__gt="B"),
        "count(*)",
        f"{AUTHORS} WHERE authors_1.name > ?",
    ),
    "declared": (
        lambda q: q(Book).innerjoin("editor"),
        "count(*)",
        "JOIN authors AS authors_1 ON authors_1.id = books.editor_id",
    ),
    "counted of each": (lambda q: q(Book).annotate(n=Count("tags"), x=F("author__name")), "count(*)", ""),
    "counted of those filtered": (
        lambda q: q(Book).filter(tags__gt=1).annotate(n=Count("tags")),
        "count(DISTINCT books.id)",
        f"{TAGS} WHERE book_tags_1.tag_id > ?",
    ),
    "rows of to-many": (
        lambda q: q(Book).annotate(x=F("tags")).values("id", "x"),
        "count(*)",
        f"LEFT OUTER {TAGS}",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_decides(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, number, rest = CASES[name]
    queryset = make(objects_in(shelf))
    rows = await queryset
    sql.clear()
    assert await queryset.count() == len(rows)
    same_sql(sql.last, f"SELECT {number} AS count_1 FROM books {rest}")
    assert await queryset.exists()
    assert sql.last.count("JOIN") <= rest.count("JOIN"), sql.last


async def test_conditions_on_groups_need_the_groups(shelf: AsyncSession) -> None:
    books: Any = QuerySet(Book, shelf).annotate(n=Count("tags"))
    assert await books.filter(n__gt=1).count() == len(await books.filter(n__gt=1)) != await books.count()
    assert await books.filter(Q(n=0)).exists() is bool(await books.filter(n=0))


async def test_where_somebody_listens_everything_is_joined(shelf: AsyncSession, sql: RecordedSQL) -> None:
    def listen(state: ORMExecuteState) -> None: ...

    event.listen(shelf.sync_session, "do_orm_execute", listen)
    authors: Any = QuerySet(Author, shelf).annotate(x=F("country__name"))
    assert await authors.count() == len(await authors)
    assert "countries" in sql.statements[0][0]
