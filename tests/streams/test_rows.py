"""What streams give: the rows of ``await``, whatever kind they are of, and by which statements."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from asyncpg.cursor import Cursor
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, selectinload

from django_like_repos import Count, F, QuerySet, UnsupportedOperationError
from django_like_repos.execution.models import TUPLES
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.streams.books import BOOKS, Author, AuthorRepository, Book, BookRepository

Chain = Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]


class Short(NamedTuple):
    id: int
    name: str


@dataclass
class WithBooks:
    name: str
    books: list[Short]


OF_BOOKS: dict[str, Chain] = {
    "models": lambda books: books,
    "dicts": lambda books: books.values("id", "price", "day"),
    "tuples": lambda books: books.values_list("id", "author__name"),
    "named tuples": lambda books: books.values_list("id", "name", named=True),
    "scalars": lambda books: books.values_list("price", flat=True),
    "one column twice": lambda books: books.values_list("id", "pk", "id"),
    "a composite": lambda books: books.values_list("id", "size"),
    "into a type": lambda books: books.into(Short),
    "annotated": lambda books: books.annotate(double=F("pages") * 2),
    "joined": lambda books: books.select_related("author"),
    "joined by options": lambda books: books.options("author"),
    "filled by SQLAlchemy": lambda books: books.options(selectinload(Book.author)),
    "prefetched": lambda books: books.prefetch_related("author__books"),
    "some columns": lambda books: books.only("name"),
    "peers": lambda books: books.fetch_mode("peers"),
    "a slice": lambda books: books[3:24],
    "a filter over many": lambda books: books.filter(author__books__pages__gt=100),
    "nothing": lambda books: books.none(),
    "groups": lambda books: books.order_by("name").values("name").annotate(n=Count("*")),
}
OF_AUTHORS: dict[str, Chain] = {
    "nested types": lambda authors: authors.into(WithBooks),
    "aggregates": lambda authors: authors.annotate(n=Count("books")),
    "ordered by many": lambda authors: authors.order_by("-books__id"),
    "prefetched slices": lambda authors: authors.prefetch_related("books"),
    "a union": lambda authors: authors.filter(id__lt=3).union(authors.filter(id__gt=2)).order_by("id"),
}
CASES = [
    *[(name, BookRepository, chain) for name, chain in OF_BOOKS.items()],
    *[(name, AuthorRepository, chain) for name, chain in OF_AUTHORS.items()],
]


@pytest.mark.sampled
@pytest.mark.parametrize(("repository", "chain"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
async def test_streams_give_what_await_gives(
    session: AsyncSession, repository: Any, chain: Chain, backend: str
) -> None:
    rows = chain(repository(session).objects.order_by("id"))
    expected = [described(row) for row in await rows]
    session.expunge_all()
    for size in (1, 4, 5, BOOKS, 1000):
        assert [described(row) async for row in rows.iterator(size)] == expected, size
    assert [described(row) async for row in rows] == expected


def described(row: Any) -> Any:
    """A row, and of a model all that it has loaded, two relations deep."""
    if not isinstance(row, (Book, Author)):
        return row
    return type(row).__name__, _loaded(row, 2)


def _loaded(model: Any, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in vars(model).items():
        if isinstance(value, list):
            found[name] = [_loaded(each, depth - 1) for each in value] if depth else len(value)
        elif isinstance(value, (Book, Author)):
            found[name] = _loaded(value, depth - 1) if depth else value.id
        elif name != "_sa_instance_state":
            found[name] = value
    return found


async def test_one_statement_and_a_prefetch_for_each_chunk(session: AsyncSession, sql: RecordedSQL) -> None:
    books = BookRepository(session).objects.order_by("id").prefetch_related("author")
    found = [book.author.name async for book in books.iterator(30)]

    assert len(found) == BOOKS
    first, *others = [statement for statement, _ in sql.statements]
    same_sql(
        first,
        "SELECT stream_books.id, stream_books.name, stream_books.price, stream_books.day, "
        "stream_books.pages, stream_books.grams, stream_books.author_id "
        "FROM stream_books ORDER BY stream_books.id ASC",
    )
    # The authors of the first chunk are those of all.
    assert all("FROM stream_authors" in each for each in others)
    assert len(others) == 3


async def test_rows_come_before_all_are_read(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    async for book in BookRepository(session).objects.order_by("id").iterator(5):
        assert sum(isinstance(each, Book) for each in session.identity_map.values()) <= 6
        assert book.id <= BOOKS


async def test_a_changed_object_is_not_read_anew(session: AsyncSession, backend: str) -> None:
    mine = await BookRepository(session).objects.get(id=20)
    with session.no_autoflush:
        mine.name = "mine"
        found = [book async for book in BookRepository(session).objects.order_by("id").iterator(6)]
    assert found[19] is mine
    assert mine.name == "mine"
    session.expunge_all()


async def test_who_listens_to_a_session_hears_streams(session: AsyncSession) -> None:
    heard: list[ORMExecuteState] = []
    event.listen(session.sync_session, "do_orm_execute", heard.append)
    found = [book.id async for book in BookRepository(session).objects.order_by("id").iterator(4)]
    assert found == [*range(1, BOOKS + 1)]
    assert len(heard) == 1


async def test_who_listens_to_loads_hears_each(session: AsyncSession) -> None:
    heard: list[int] = []

    def hear(book: Book, _: object) -> None:
        heard.append(book.id)

    event.listen(Book, "load", hear)
    try:
        async for _ in BookRepository(session).objects.order_by("id").iterator(4):
            pass
    finally:
        event.remove(Book, "load", hear)
    assert heard == [*range(1, BOOKS + 1)]


async def test_locked_rows(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session).objects.order_by("id").select_for_update()
    mine = await BookRepository(session).objects.select_related("author").get(id=20)
    assert [book.id async for book in books.iterator(4)] == [*range(1, BOOKS + 1)]
    assert mine.author.id == mine.author_id


async def test_collections_that_are_joined_come_at_once_or_not_at_all(session: AsyncSession) -> None:
    authors = AuthorRepository(session).objects.options("books").order_by("id")
    with pytest.raises(UnsupportedOperationError) as refused:
        authors.iterator()
    assert str(refused.value) == (
        "iterator(): options('books') joins the rows of a to-many relation, of which those of one object may "
        "be in two chunks: prefetch_related('books') loads them for each chunk; for … in await queryset has "
        "all rows at once"
    )
    assert [len(author.books) async for author in authors] == [10] * 7


async def test_objects_that_come_several_times_are_refused(session: AsyncSession) -> None:
    authors = AuthorRepository(session).objects.annotate(book=F("books__name"))
    with pytest.raises(UnsupportedOperationError, match="objects come several times"):
        authors.iterator()
    with pytest.raises(UnsupportedOperationError, match="comes several times"):
        [author async for author in authors]
    assert len([row async for row in authors.values("id", "book").iterator(4)]) == BOOKS


@pytest.mark.parametrize("size", [0, -1, 2.5, "10", None, True])
def test_what_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"^iterator\(\): chunk_size is "):
        QuerySet(Book).iterator(size)


async def test_without_a_session(backend: str) -> None:
    with pytest.raises(UnsupportedOperationError, match="no session"):
        [book async for book in QuerySet(Book).iterator()]


async def test_flags_hold_after_the_last_row(session: AsyncSession, backend: str) -> None:
    books = BookRepository(session).commit().objects.order_by("id")
    assert len([book async for book in books.iterator(4)]) == BOOKS
    assert not session.in_transaction()


async def test_the_first_chunk_is_a_small_one(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, sql: RecordedSQL, backend: str
) -> None:
    """Where its rows are whole by themselves."""
    monkeypatch.setattr("django_like_repos.execution.chunks.FIRST", 5)
    books = BookRepository(session).objects.order_by("id")
    for rows, number in ((books, 5), (books.prefetch_related("author"), 30)):
        session.expunge_all()
        stream = rows.iterator(30)
        kept = await anext(stream)
        assert sum(isinstance(each, Book) for each in session.identity_map.values()) == number
        assert [kept.id, *[book.id async for book in stream]] == [*range(1, BOOKS + 1)]


async def test_a_chunk_is_one_round_trip(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    if backend == "sqlite" or not TUPLES:
        pytest.skip("of PostgreSQL, and of SQLAlchemy 2.1, which gives rows as they come")
    fetched: list[int] = []
    fetch = Cursor.fetch

    async def counted(self: Any, size: int, **options: Any) -> Any:
        fetched.append(size)
        return await fetch(self, size, **options)

    monkeypatch.setattr(Cursor, "fetch", counted)
    rows = BookRepository(session).objects.order_by("id").values_list("id", flat=True)
    assert [row async for row in rows.iterator(30)] == [*range(1, BOOKS + 1)]
    # SQLAlchemy reads fifty when it opens a cursor.
    assert fetched == [50, 10, 30]
