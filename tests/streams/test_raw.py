"""``raw()``: SQL of the user's own, its parameters, and what its rows become."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import NotLoadedError, Prefetch, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.streams.books import BOOKS, Author, AuthorRepository, Book, BookRepository
from tests.streams.test_rows import described

ALL = "SELECT * FROM stream_books"


class Count(NamedTuple):
    author: str
    books: int


@dataclass
class Dated:
    id: int
    day: date | None
    price: Decimal


class Named(TypedDict):
    name: str


async def test_models_are_those_of_querysets(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    books = BookRepository(session)
    expected = [described(book) for book in await books.objects.filter(pages__gt=300).order_by("id")]
    session.expunge_all()
    sql.clear()
    found = await books.raw(f"{ALL} WHERE pages > :least ORDER BY id", {"least": 300})
    placeholder = "?" if backend == "sqlite" else "$1"
    same_sql(sql.last, f"{ALL} WHERE pages > {placeholder} ORDER BY id")
    assert [described(book) for book in found] == expected
    assert all(inspect(book).persistent for book in found)


async def test_models_are_written_as_any(session: AsyncSession, backend: str) -> None:
    (book,) = await BookRepository(session).raw(f"{ALL} WHERE id = :id", {"id": 3})
    assert book is await BookRepository(session).objects.get(id=3)
    book.name = "changed"
    # What is pending is older.
    (found,) = await BookRepository(session).raw(f"{ALL} WHERE name = :name", {"name": "changed"})
    assert found is book
    with pytest.raises(NotLoadedError):
        _ = book.author
    await session.rollback()


async def test_other_columns_become_attributes(session: AsyncSession, backend: str) -> None:
    found: list[Any] = await AuthorRepository(session).raw(
        "SELECT a.*, (SELECT count(*) FROM stream_books b WHERE b.author_id = a.id) AS written "
        "FROM stream_authors a ORDER BY a.id"
    )
    assert [(author.id, author.written) for author in found] == [(key, 10) for key in range(1, 8)]


async def test_relations_are_prefetched(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    rows = AuthorRepository(session).raw("SELECT * FROM stream_authors WHERE id < :id", {"id": 4})
    first = BookRepository(session).objects.order_by("-id")[:1]
    sql.clear()
    authors: list[Any] = await rows.prefetch_related("books", Prefetch("books", first, to_attr="last"))
    assert len(sql) == 3
    assert [len(author.books) for author in authors] == [10] * 3
    assert [author.last[0].id for author in authors] == [70, 64, 65]


async def test_rows_become_objects_of_a_type(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session)
    counted = await books.raw(
        "SELECT a.name AS author, count(*) AS books FROM stream_books b "
        "JOIN stream_authors a ON a.id = b.author_id WHERE a.id IN :ids GROUP BY a.name ORDER BY 1",
        {"ids": {1, 2}},
        into=Count,
    )
    assert counted == [Count("author 1", 10), Count("author 2", 10)]
    assert await books.raw("SELECT name FROM stream_books WHERE id = 1", into=Named) == [{"name": "book 1"}]


async def test_values_have_the_types_of_fields(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session)
    found = await books.raw(
        "SELECT id, day, price FROM stream_books WHERE day = :day OR price = :price ORDER BY id",
        {"day": date(2020, 1, 2), "price": Decimal("0.75")},
        into=Dated,
    )
    assert found == [Dated(1, date(2020, 1, 2), Decimal("0.25")), Dated(3, None, Decimal("0.75"))]
    other = await books.raw(
        "SELECT 1 AS id, max(day) AS day, max(price) AS price FROM stream_books", into=Dated
    )
    assert other == [Dated(1, date(2020, 3, 11), Decimal("17.5"))]


async def test_streams(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session)
    rows = books.raw(f"WITH b AS ({ALL}) SELECT * FROM b ORDER BY id").prefetch_related("author")
    assert [(book.id, book.author.id) async for book in rows.iterator(20)] == [
        (key, key % 7 + 1) for key in range(1, BOOKS + 1)
    ]
    assert len([row async for row in books.raw("SELECT name FROM stream_books", into=Named)]) == BOOKS
    left = rows.iterator(7)
    await anext(left)
    await session.rollback()
    with pytest.raises(UnsupportedOperationError, match="has ended"):
        await anext(left)


async def test_what_looks_like_a_parameter_and_is_none(session: AsyncSession, backend: str) -> None:
    sql = "SELECT '%s ? $1' AS name /* %s ? */ -- $1\n"
    assert await BookRepository(session).raw(sql, into=Named) == [{"name": "%s ? $1"}]
    assert await BookRepository(session).raw(r"SELECT 'a\:b' AS name", into=Named) == [{"name": "a:b"}]


async def test_flags(session: AsyncSession, backend: str) -> None:
    await BookRepository(session).commit().raw(f"{ALL} WHERE id = 1")
    assert not session.in_transaction()


@pytest.mark.parametrize(
    ("sql", "arguments", "told"),
    [
        ("", {}, "raw() takes SQL as a str, not ''"),
        (text("SELECT 1"), {}, "raw() takes SQL as a str"),
        (
            f"{ALL} WHERE id = %s",
            {"params": [1]},
            "raw() takes params by name, raw('SELECT … WHERE id = :id'",
        ),
        (f"{ALL} WHERE id = %s", {}, "raw(): '%s' is no parameter here"),
        (f"{ALL} WHERE id = %(id)s", {"params": {"id": 1}}, "raw(): '%(id)s' is no parameter here"),
        (f"{ALL} WHERE id = $1", {}, "raw(): '$1' is no parameter here"),
        (f"{ALL} WHERE id = :id", {}, "no value is given for :id; a colon that begins no parameter is"),
        (f"{ALL} WHERE id = :id", {"params": {"id": 1, "name": 2}}, "raw(): the SQL has no :name"),
        (
            f"{ALL} WHERE id IN :id",
            {"params": {"id": 1}},
            "raw(): IN :id takes a list, a tuple or a set, not int",
        ),
        (ALL, {"into": Author}, "raw(): Author is mapped"),
        (ALL, {"into": int}, "raw() takes a dataclass, NamedTuple"),
    ],
)
def test_what_is_refused_where_it_is_written(sql: Any, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UnsupportedOperationError) as refused:
        BookRepository(AsyncSession()).raw(sql, **arguments)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "into", "told"),
    [
        ("SELECT name FROM stream_books", None, "Book is known by its primary key, and the SQL gives no id"),
        (
            "SELECT id, name FROM stream_books",
            None,
            "gives no column price, day, pages, grams, author_id of Book",
        ),
        (
            "SELECT b.*, b.name AS author FROM stream_books b",
            None,
            "the column 'author' cannot be an attribute",
        ),
        ("SELECT b.*, a.id FROM stream_books b, stream_authors a", None, "gives several columns id"),
        ("SELECT id, name FROM stream_books", Named, "Named has no field for the column id"),
        (
            "SELECT id FROM stream_books",
            Named,
            "Named.name has no counterpart among the values that are read, id",
        ),
        ("UPDATE stream_books SET name = name", None, "this SQL gives no rows"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_columns_that_do_not_fit(
    session: AsyncSession, sql: Any, into: Any, told: str, stream: bool, backend: str
) -> None:
    rows = BookRepository(session).raw(sql, into=into)
    with pytest.raises((UnsupportedOperationError, SQLAlchemyError)) as refused:
        _ = [row async for row in rows] if stream else await rows
    assert told in str(refused.value)
    await session.rollback()


async def test_question_marks_are_operators_or_nothing(session: AsyncSession, backend: str) -> None:
    rows = BookRepository(session).raw(
        "SELECT 'a' AS name WHERE CAST('{\"a\": 1}' AS jsonb) ? 'a'", into=Named
    )
    if backend == "sqlite":
        with pytest.raises(UnsupportedOperationError, match=r"'\?' is no parameter here"):
            await rows
    else:
        assert await rows == [{"name": "a"}]


def test_types_have_no_relations() -> None:
    with pytest.raises(UnsupportedOperationError, match=r"cannot follow raw\(into=…\)"):
        BookRepository(AsyncSession()).raw(ALL, into=Dated).prefetch_related("author")
    assert isinstance(repr(BookRepository(AsyncSession()).raw(ALL)), str)
    assert Book.__name__ == "Book"


async def test_a_list_in_the_place_of_a_value(session: AsyncSession, backend: str) -> None:
    rows = BookRepository(session).raw("SELECT * FROM stream_books WHERE id = :id", {"id": [1, 2]})
    if backend == "sqlite":
        with pytest.raises(UnsupportedOperationError, match=":id is a list, and takes one only behind IN"):
            await rows
    else:
        # It may be an array.
        whole = "SELECT * FROM stream_books WHERE id = ANY(:ids) ORDER BY id"
        assert [book.id for book in await BookRepository(session).raw(whole, {"ids": [1, 2]})] == [1, 2]
