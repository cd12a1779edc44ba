"""Many-to-many relations whose key is all that is read: the table between says it, and is joined alone."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from django_like_repos import Count, F, FilteredRelation, Q, QuerySet
from tests.expressions.asking import Make, Said, answer_of
from tests.parity.schema import Book, Tag
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

OF_BOOKS = "books{} JOIN book_tags AS book_tags_1 ON books.id = book_tags_1.book_id"
INNER, OUTER = OF_BOOKS.format(""), OF_BOOKS.format(" LEFT OUTER")
KEYS = "SELECT DISTINCT books.id FROM {} ORDER BY books.id ASC"
ALONE: dict[str, tuple[Make, Said]] = {
    "a key": (
        lambda q: q(Book).filter(tags=1).order_by("id").values_list("id", flat=True),
        "SELECT books.id FROM books WHERE books.id IN (SELECT book_tags_1.book_id FROM book_tags "
        "AS book_tags_1 WHERE book_tags_1.tag_id = ?) ORDER BY books.id ASC",
    ),
    "none": (
        lambda q: q(Book).filter(tags__isnull=True).order_by("id").values_list("id", flat=True),
        KEYS.format(f"{OUTER} WHERE book_tags_1.tag_id IS NULL"),
    ),
    "how many there are": (
        lambda q: q(Book).filter(tags__gt=1).count(),
        "SELECT count(*) AS count_1 FROM books WHERE books.id IN (SELECT book_tags_1.book_id FROM"
        " book_tags AS book_tags_1 WHERE book_tags_1.tag_id > ?)",
    ),
    "whether there are any": (
        lambda q: q(Book).filter(tags__gt=1).exists(),
        f"SELECT ? FROM {INNER} WHERE book_tags_1.tag_id > ? LIMIT ?",
    ),
    "their number": (
        lambda q: q(Book).annotate(n=Count("tags")).order_by("id").values_list("id", "n"),
        f"SELECT books.id, count(book_tags_1.tag_id) AS n FROM {OUTER} GROUP BY books.id "
        "ORDER BY books.id ASC",
    ),
    "their values": (
        lambda q: q(Book).order_by("id", "tags").values_list("id", "tags"),
        f"SELECT books.id, book_tags_1.tag_id FROM {OUTER} ORDER BY books.id ASC, book_tags_1.tag_id ASC",
    ),
    "from the other end": (
        lambda q: q(Tag).filter(books=1).order_by("id").values_list("id", flat=True),
        "SELECT tags.id FROM tags WHERE tags.id IN (SELECT book_tags_1.tag_id FROM book_tags AS "
        "book_tags_1 WHERE book_tags_1.book_id = ?) ORDER BY tags.id ASC",
    ),
    "beyond another relation": (
        lambda q: q(Book).filter(author__books__tags=1).distinct().count(),
        {
            "sqlite": "SELECT count(DISTINCT books.id) AS count_1 FROM books JOIN authors AS authors_1 "
            "ON authors_1.id = books.author_id JOIN books AS books_1 ON authors_1.id = books_1.author_id "
            "JOIN book_tags AS book_tags_1 ON books_1.id = book_tags_1.book_id WHERE book_tags_1.tag_id = ?",
            "postgresql": "SELECT count(*) AS count_1 FROM books JOIN authors AS authors_1 ON authors_1.id = "
            "books.author_id WHERE EXISTS (SELECT ? FROM books AS books_1 JOIN book_tags AS "
            "book_tags_1 ON books_1.id = book_tags_1.book_id WHERE authors_1.id = books_1.author_id "
            "AND book_tags_1.tag_id = ?)",
        },
    ),
    "deleted by": (
        lambda q: q(Book).filter(tags=99).delete(),
        f"DELETE FROM books WHERE books.id IN (SELECT DISTINCT books.id FROM {INNER} "
        "WHERE book_tags_1.tag_id = ?) RETURNING books.id",
    ),
}
WHOLE: dict[str, Make] = {
    "a column beside": lambda q: q(Book).filter(tags=1, tags__name__contains="a").order_by("id"),
    "an order by a column": lambda q: (
        q(Book).filter(tags__gt=1).order_by("tags__name", "id").values_list("id", "tags")
    ),
    "a relation beyond": lambda q: q(Tag).filter(books__gt=1, books__author__gt=0).order_by("id"),
    "a declared join": lambda q: q(Book).outerjoin("tags").filter(tags=1).order_by("id"),
    "a narrowed relation": lambda q: (
        q(Book)
        .annotate(light=FilteredRelation("tags", condition=Q(tags__weight=1)))
        .values_list("id", "light")
        .order_by("id", "light")
    ),
}


def overlook(shelf: AsyncSession) -> None:
    """Has somebody listen to what is executed, who might add criteria: the relation is joined as a whole."""

    def listen(state: ORMExecuteState) -> None: ...

    event.listen(shelf.sync_session, "do_orm_execute", listen)


@pytest.mark.parametrize("name", ALONE)
async def test_alone(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make, said = ALONE[name]
    statement = said if isinstance(said, str) else said[shelf.get_bind().dialect.name]
    sql.clear()
    answer = await answer_of(shelf, make)
    same_sql(sql.last.replace("RETURNING id", "RETURNING books.id").removesuffix(" OFFSET ?"), statement)
    first = sql.last
    overlook(shelf)
    assert await answer_of(shelf, make) == answer
    assert sql.last != first
    assert sql.last.count("JOIN tags") + sql.last.count("JOIN books") > statement.count("JOIN books")


@pytest.mark.parametrize("name", WHOLE)
async def test_whole(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    make = WHOLE[name]
    answer = await answer_of(shelf, make)
    assert "JOIN tags" in sql.last or "JOIN books" in sql.last
    overlook(shelf)
    assert await answer_of(shelf, make) == answer


async def test_criteria_of_the_rows_at_the_end(shelf: AsyncSession) -> None:
    books: Any = QuerySet(Book, shelf).filter(tags=1)
    assert await books.exists()
    hidden = with_loader_criteria(Tag, Tag.id != 1)
    assert not await books.options(hidden).exists()

    def hide(state: ORMExecuteState) -> None:
        state.statement = state.statement.options(hidden)

    event.listen(shelf.sync_session, "do_orm_execute", hide)
    assert not await books.exists()


def test_the_pass_has_a_name() -> None:
    books: Any = QuerySet(Book)
    assert books.filter(tags__isnull=True).passes() == ["keys_first", "links_alone"]
    assert books.filter(Q(tags__name="a") | Q(id=1)).passes() == ["keys_first"]
    assert books.filter(author=F("editor")).passes() == []
