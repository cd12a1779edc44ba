"""``batches()``: lists of rows by keysets, each a statement of its own, and where they go on."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Batch,
    Count,
    Database,
    F,
    InvalidCursorError,
    QuerySet,
    UnsupportedOperationError,
)
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.streams.books import BOOKS, Author, AuthorRepository, Book, BookRepository
from tests.streams.test_rows import OF_AUTHORS, OF_BOOKS, described


async def test_one_statement_a_batch(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    books = BookRepository(session).objects.filter(pages__gt=300).values_list("id", flat=True)
    found = [batch async for batch in books.batches(20)]
    assert found == [[*range(31, 51)], [*range(51, 71)]]
    assert isinstance(found[0], Batch)

    # The last was as long as the others: whether there are more, only the database knows.
    first, second, third = [statement for statement, _ in sql.statements]
    value, limit = ("?", "? OFFSET ?") if backend == "sqlite" else ("$1::INTEGER", "$2::BIGINT")
    same_sql(
        first,
        "SELECT stream_books.id, stream_books.id AS dlr_place0 FROM stream_books "
        f"WHERE stream_books.pages > {value} ORDER BY stream_books.id ASC LIMIT {limit}",
    )
    assert "stream_books.id > " in second
    assert second == third


@pytest.mark.parametrize(
    "by", ["pk", "-id", ("name", "-pk"), ("day", "id"), (F("day").desc(nulls_last=True), "id")]
)
async def test_every_row_once(session: AsyncSession, by: Any, backend: str) -> None:
    books = BookRepository(session).objects
    terms = (by,) if isinstance(by, str) else by
    expected = [book.id for book in await books.order_by(*terms)]
    for size in (9, 10, BOOKS, 1000, 10**30):
        assert [book.id async for batch in books.batches(size, by=by) for book in batch] == expected


@pytest.mark.parametrize("name", ["dicts", "into a type", "annotated", "prefetched", "filter", "scalars"])
async def test_rows_are_those_of_await(session: AsyncSession, name: str, backend: str) -> None:
    chain = OF_BOOKS["a filter over many" if name == "filter" else name]
    rows = chain(BookRepository(session).objects)
    expected = [described(row) for row in await rows.order_by("id")]
    session.expunge_all()
    assert [described(row) async for batch in rows.batches(15) for row in batch] == expected


async def test_to_many_lists(session: AsyncSession, backend: str) -> None:
    authors = OF_AUTHORS["nested types"](AuthorRepository(session).objects)
    assert [row async for batch in authors.batches(2) for row in batch] == await authors.order_by("id")
    joined = AuthorRepository(session).objects.options("books")
    assert [len(author.books) async for batch in joined.batches(2) for author in batch] == [10] * 7


async def test_it_goes_on_in_another_session(library: Database, backend: str) -> None:
    async with library.session() as session:
        rows = QuerySet(Book, session).batches(30, by=("-day", "pk"))
        first = await anext(rows)
        await rows.aclose()
    async with library.session() as session:
        whole = [book.id for book in await QuerySet(Book, session).order_by("-day", "pk")]
        rows = QuerySet(Book, session).batches(7, by=("-day", "pk"), after=first.token)
        rest = [book.id async for batch in rows for book in batch]
    assert [book.id for book in first] + rest == whole


async def test_a_token_is_of_one_query_and_one_secret(session: AsyncSession, backend: str) -> None:
    books = QuerySet(Book, session)
    token = (await anext(books.batches(30))).token
    own = (await anext(books.batches(30, secret="another secret, as long"))).token
    for rows in (
        books.batches(30, by="-pk", after=token),
        books.filter(id__gt=1).batches(30, after=token),
        books.batches(30, after=own),
        books.batches(30, after=token[:-1]),
    ):
        with pytest.raises(InvalidCursorError):
            await anext(rows)
    assert (await anext(books.batches(30, after=own, secret="another secret, as long")))[0].id == 31


async def test_without_a_secret_there_are_tokens_to_keep(library: Database, backend: str) -> None:
    async with AsyncSession(library.engine) as session:
        token = (await anext(QuerySet(Book, session).batches(60))).token
        rest = [batch async for batch in QuerySet(Book, session).batches(60, after=token)]
    assert [book.id for book in rest[0]] == [*range(61, 71)]


async def test_each_in_its_own_transaction(session: AsyncSession, backend: str) -> None:
    commits: list[Any] = []
    event.listen(session.sync_session, "after_commit", commits.append)
    async for batch in BookRepository(session).commit().objects.batches(30):
        assert not session.in_transaction()
        assert batch[0].id in (1, 31, 61)
    assert len(commits) == 3


async def test_writing_between_batches(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session).objects
    seen = []
    async for batch in books.batches(30):
        seen += [book.id for book in batch]
        await books.filter(id__in=[book.id for book in batch]).update(name="seen")
        await session.flush()
    assert seen == [*range(1, BOOKS + 1)]
    assert await books.filter(name="seen").count() == BOOKS
    await session.rollback()


async def test_nothing(session: AsyncSession, backend: str) -> None:
    assert [batch async for batch in BookRepository(session).objects.none().batches()] == []
    assert [batch async for batch in BookRepository(session).objects.filter(id=0).batches()] == []


@pytest.mark.parametrize(
    ("rows", "arguments", "told"),
    [
        (QuerySet(Book), {"size": 0}, "batches(): size is 0, and 1 is the least"),
        (QuerySet(Book), {"size": "7"}, "batches(): size is a whole number, not '7'"),
        (QuerySet(Book), {"after": 7}, "batches(): after is the token of a batch, not 7"),
        (QuerySet(Book), {"by": "name"}, "rows may be alike in name"),
        (QuerySet(Book), {"by": ()}, "rows may be alike in"),
        (QuerySet(Book).order_by("id"), {}, "order_by() would be lost"),
        (QuerySet(Book)[:10], {}, "batches() cannot follow a slice"),
        (QuerySet(Book).union(QuerySet(Book)), {}, "batches(): rows of union() have no one key"),
        (QuerySet(Author), {"by": ("books__id", "id")}, "batches(): 'books__id' leads to several rows"),
        (QuerySet(Book).values("name").distinct(), {}, "batches"),
        (QuerySet(Book).values("name").annotate(n=Count("*")), {"by": "n"}, "rows may be alike in n"),
    ],
)
def test_what_is_refused(rows: QuerySet[Any, Any], arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UnsupportedOperationError) as refused:
        rows.batches(**arguments)
    assert told in str(refused.value)
