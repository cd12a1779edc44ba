"""What an application listens to: statements of the session, instances of a mapper, and its validators."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import ForeignKey, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    relationship,
    validates,
    with_loader_criteria,
)

from django_like_repos import BaseRepository, F, QuerySet
from tests.mappings.reading import gives
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    hidden: Mapped[bool] = mapped_column(default=False)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int] = mapped_column(default=1)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")

    @validates("title", "pages")
    def check(self, key: str, value: Any) -> Any:
        if key == "pages" and value < 0:
            raise ValueError("a book has no fewer than no pages")
        return value.strip() if key == "title" else value


class BookRepository(BaseRepository[Book]): ...


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Shelf(id=1, name="a"), Shelf(id=2, name="b", hidden=True)]
    yield [
        Book(id=1, title="one", pages=10, shelf_id=1),
        Book(id=2, title="two", pages=20, shelf_id=1),
        Book(id=3, title="three", pages=30, shelf_id=2),
    ]


@contextmanager
def listening(target: Any, name: str, listener: Callable[..., Any], **options: Any) -> Iterator[None]:
    event.listen(target, name, listener, **options)
    try:
        yield
    finally:
        event.remove(target, name, listener)


@pytest.fixture
def listen() -> Iterator[Callable[..., None]]:
    with ExitStack() as stack:

        def enter(target: Any, name: str, listener: Callable[..., Any], **options: Any) -> None:
            stack.enter_context(listening(target, name, listener, **options))

        yield enter


# Statements


OPERATIONS: dict[str, tuple[Callable[[BookRepository], Any], str]] = {
    "rows": (lambda repo: repo.objects.filter(shelf__name="a"), "select"),
    "a slice": (lambda repo: repo.objects.order_by("id")[1:], "select"),
    "values": (lambda repo: repo.objects.values_list("title", "shelf__name"), "select"),
    "first": (lambda repo: repo.objects.first(), "select"),
    "get": (lambda repo: repo.objects.get(id=1), "select"),
    "count": (lambda repo: repo.objects.count(), "select"),
    "count of a slice": (lambda repo: repo.objects[:2].count(), "select"),
    "exists": (lambda repo: repo.objects.filter(pages=10).exists(), "select"),
    "in_bulk": (lambda repo: repo.objects.in_bulk([1]), "select"),
    "get_by_pk": (lambda repo: repo.get_by_pk(1), "select"),
    "found by get_or_create": (lambda repo: repo.objects.get_or_create(title="one"), "select"),
    "update": (lambda repo: repo.objects.filter(id=1).update(pages=5), "update"),
    "update of an expression": (
        lambda repo: repo.objects.filter(shelf__name="a").update(pages=F("pages") + 1),
        "update",
    ),
    "delete": (lambda repo: repo.objects.filter(shelf__name="b").delete(), "delete"),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("operation", "kind"), OPERATIONS.values(), ids=OPERATIONS)
async def test_every_statement_is_seen(
    session: AsyncSession,
    sql: RecordedSQL,
    listen: Callable[..., None],
    operation: Callable[[BookRepository], Any],
    kind: str,
) -> None:
    seen: list[str] = []

    def executed(state: ORMExecuteState) -> None:
        kinds = {"select": state.is_select, "update": state.is_update, "delete": state.is_delete}
        seen.extend(name for name, is_kind in kinds.items() if is_kind)
        assert state.bind_mapper is not None
        assert state.bind_mapper.class_ is Book

    listen(session.sync_session, "do_orm_execute", executed)
    await operation(BookRepository(session))
    assert kind in seen
    # SQLAlchemy asks, too, about the SELECT that it would need where there is no RETURNING.
    assert set(seen) <= {kind, "select"}


async def test_options_of_execution_are_seen(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[Any] = []
    listen(
        session.sync_session,
        "do_orm_execute",
        lambda state: seen.append(state.execution_options.get("tenant")),
    )
    books = QuerySet(Book, session).execution_options(tenant="t")
    assert await books.filter(id=1).count() == 1
    assert await books.order_by("id").exists()
    assert len(await books[:2]) == 2
    await books.filter(id=1).update(pages=2)
    await books.filter(id=1).delete()
    assert set(seen) == {"t"}


async def test_a_statement_may_be_changed(session: AsyncSession, listen: Callable[..., None]) -> None:
    def changed(state: ORMExecuteState) -> None:
        statement: Any = state.statement
        state.statement = statement.where(Book.pages < 25)

    listen(session.sync_session, "do_orm_execute", changed)
    books = QuerySet(Book, session)
    for _ in range(2):  # the plan that is kept is not what was changed
        assert [book.id for book in await books.order_by("-id")] == [2, 1]
        assert await books.count() == 2
    assert (await books.update(title="x")).rowcount == 2
    assert (await books.delete()).rowcount == 2


async def test_a_result_may_be_given(
    session: AsyncSession, sql: RecordedSQL, listen: Callable[..., None]
) -> None:
    frozen: dict[Any, Any] = {}

    def remembered(state: ORMExecuteState) -> Any:
        if not state.is_select:
            return None
        key = str(state.statement)
        if key not in frozen:
            frozen[key] = state.invoke_statement().freeze()
        return frozen[key]()

    listen(session.sync_session, "do_orm_execute", remembered)
    books = QuerySet(Book, session).order_by("id").values_list("title", flat=True)
    assert await books == await books == ["one", "two", "three"]
    assert await books.count() == await books.count() == 3
    assert len(sql) == 2


async def test_criteria_of_every_statement(session: AsyncSession, listen: Callable[..., None]) -> None:
    def only_shown(state: ORMExecuteState) -> None:
        criteria = with_loader_criteria(Shelf, Shelf.hidden.is_(False), include_aliases=True)
        state.statement = state.statement.options(criteria)

    books, shelves = QuerySet(Book, session), QuerySet(Shelf, session)
    await gives(shelves.order_by("id"), [1, 2])
    listen(session.sync_session, "do_orm_execute", only_shown)
    await gives(shelves.order_by("id"), [1])
    await gives(books.filter(shelf__name__in=["a", "b"]).order_by("id"), [1, 2])
    await gives(shelves.filter(books__pages=30), [])
    assert (await shelves.update(name="x")).rowcount == 1
    assert (await books.filter(shelf__name="b").delete()).rowcount == 0


async def test_events_of_the_legacy_query_are_not_for_statements(
    session: AsyncSession, listen: Callable[..., None]
) -> None:
    """As SQLAlchemy says of its own update() and delete(), which do_orm_execute hears of."""
    seen: list[Any] = []
    listen(session.sync_session, "after_bulk_update", seen.append)
    listen(session.sync_session, "after_bulk_delete", seen.append)
    await QuerySet(Book, session).filter(shelf__name="a").update(pages=7)
    await QuerySet(Book, session).filter(id=1).delete()
    assert seen == []


# Instances


async def test_instances_that_are_made(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[tuple[str, str]] = []
    for name in ("before_insert", "after_insert", "before_update", "after_update"):

        def note(_mapper: Any, _connection: Any, book: Book, name: str = name) -> None:
            seen.append((name, book.title))

        listen(Book, name, note)
    listen(Book, "init", lambda _book, _args, kwargs: seen.append(("init", kwargs["title"])))
    repo = BookRepository(session).flush()
    made = [("before_insert", "new"), ("after_insert", "new")]
    changed = [("before_update", "newer"), ("after_update", "newer")]

    await repo.create(title="new")
    assert seen == [("init", "new"), *made]
    seen.clear()
    await repo.bulk_create([{"title": "new"}, Book(title="new")], batch_size=1)
    assert [each for each in seen if each[0] != "init"] == [*made, *made]
    await repo.objects.filter(title="new").delete()
    seen.clear()
    await repo.objects.get_or_create({"pages": 3}, title="new")
    assert seen == [("init", "new"), *made]
    seen.clear()
    await repo.objects.update_or_create({"title": "newer"}, title="new")
    assert seen == changed
    seen.clear()
    await repo.objects.update_or_create({"pages": 3}, title="new")
    assert seen == [("init", "new"), *made]


async def test_an_event_may_fill_in(session: AsyncSession, listen: Callable[..., None]) -> None:
    def fill(_mapper: Any, _connection: Any, book: Book) -> None:
        book.pages = 99

    listen(Book, "before_insert", fill)
    repo = BookRepository(session).flush()
    book, _ = await repo.objects.get_or_create(title="new")
    assert (await repo.create(title="other")).pages == book.pages == 99
    await gives(repo.objects.filter(pages=99).order_by("title").values_list("title"), [("new",), ("other",)])


async def test_instances_that_are_loaded(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[tuple[str, int]] = []
    listen(Book, "load", lambda book, _context: seen.append(("load", book.id)))
    listen(Book, "refresh", lambda book, _context, _names: seen.append(("refresh", book.id)))
    books = QuerySet(Book, session)
    kept = await books.filter(shelf__name="a").order_by("id")
    assert seen == [("load", 1), ("load", 2)]
    kept += await books.order_by("id")
    assert [key for name, key in seen if name == "load"] == [1, 2, 3]
    seen.clear()
    await books.filter(id=1).update(pages=F("pages") * 2)
    assert ("refresh", 1) in seen
    assert {name for name, _ in seen} == {"refresh"}


async def test_what_is_pending_is_flushed_first(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[int] = []
    listen(session.sync_session, "before_flush", lambda session, *_: seen.append(len(session.new)))
    repo = BookRepository(session)
    for operation in (
        repo.objects.count,
        lambda: repo.objects.filter(title="new").exists(),
        lambda: repo.objects.filter(title="new").update(pages=2),
        lambda: repo.objects.filter(title="new").delete(),
    ):
        await repo.create(title="new")
        await operation()
    assert seen == [1, 1, 1, 1]
    await repo.create(title="pending")
    with session.no_autoflush:
        assert not await repo.objects.filter(title="pending").exists()


async def test_transactions_are_announced(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[str] = []
    listen(session.sync_session, "after_commit", lambda _session: seen.append("commit"))
    listen(session.sync_session, "after_flush", lambda _session, _context: seen.append("flush"))
    repo = BookRepository(session)
    await repo.commit().create(title="new")
    await repo.objects.commit().filter(title="new").update(pages=2)
    await repo.objects.filter(title="new").update(pages=3)
    assert seen == ["flush", "commit", "commit"]


async def test_instances_that_leave_are_announced(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[int] = []
    listen(session.sync_session, "persistent_to_deleted", lambda _session, book: seen.append(book.id))
    book = await QuerySet(Book, session).get(id=1)
    await QuerySet(Book, session).filter(pages__lt=25).delete()
    assert book not in session
    assert await QuerySet(Book, session).filter(id=1).first() is None


# Validators


async def test_validators(session: AsyncSession) -> None:
    repo = BookRepository(session).flush()
    assert (await repo.create(title="  new ")).title == "new"
    [made] = await repo.bulk_create([{"title": " other"}])
    assert made.title == "other"
    book, created = await repo.objects.get_or_create({"pages": 3}, title=" third ")
    assert (book.title, created) == ("third", True)
    book, created = await repo.objects.update_or_create({"title": " fourth "}, title="third")
    assert (book.title, created) == ("fourth", False)
    for operation in (
        lambda: repo.create(title="x", pages=-1),
        lambda: repo.bulk_create([{"title": "x", "pages": -1}]),
        lambda: repo.objects.get_or_create({"pages": -1}, title="x"),
        lambda: repo.objects.update_or_create({"pages": -1}, title="fourth"),
        lambda: repo.objects.update_or_create({"pages": -1}, title="x"),
    ):
        with pytest.raises(ValueError, match="fewer"):
            await operation()
    assert await repo.objects.filter(title="x").count() == 0


async def test_update_of_many_rows_makes_no_instances_to_validate(session: AsyncSession) -> None:
    """As in SQLAlchemy and Django: the database sets what it is told."""
    books = QuerySet(Book, session)
    await books.filter(id=1).update(title=" x ", pages=-1)
    assert await books.filter(id=1).values_list("title", "pages") == [(" x ", -1)]


async def test_listeners_of_the_class_of_sessions(session: AsyncSession, listen: Callable[..., None]) -> None:
    seen: list[bool] = []
    listen(Session, "do_orm_execute", lambda state: seen.append(state.is_orm_statement))
    await QuerySet(Book, session).filter(id=1).first()
    assert seen == [True]
