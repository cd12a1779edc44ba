"""Criteria that hold for a model wherever it stands in a statement, as soft deletion needs them."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table, delete, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    mapped_column,
    relationship,
    selectinload,
    with_loader_criteria,
)

from django_like_repos import BaseRepository, F, Q, QuerySet
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Deletable:
    deleted: Mapped[bool] = mapped_column(default=False)


book_labels = Table(
    "book_labels",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("label_id", ForeignKey("labels.id"), primary_key=True),
)


class Label(Deletable, Base):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]


class Author(Deletable, Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Deletable, Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")
    reviews: Mapped[list["Review"]] = relationship(back_populates="book")
    labels: Mapped[list[Label]] = relationship(secondary=book_labels)


class Review(Deletable, Base):
    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    stars: Mapped[int]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    book: Mapped[Book] = relationship(back_populates="reviews")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Author(id=1, name="Ann"), Author(id=2, name="Bob"), Author(id=3, name="Cid", deleted=True)]
    new, old = Label(id=1, word="new"), Label(id=2, word="old", deleted=True)
    yield [
        Book(id=1, title="a", author_id=1, labels=[new, old]),
        Book(id=2, title="b", author_id=1, deleted=True),
        Book(id=3, title="c", author_id=2, deleted=True),
        Book(id=4, title="d", author_id=3),
        Book(id=5, title="e", labels=[old]),
    ]
    yield [
        Review(id=1, stars=5, book_id=1, deleted=True),
        Review(id=2, stars=3, book_id=1),
        Review(id=3, stars=4, book_id=2),
    ]


KEPT = with_loader_criteria(Deletable, lambda model: model.deleted.is_(False), include_aliases=True)

KEPT_BY_NAME = tuple(
    with_loader_criteria(model, model.deleted.is_(False)) for model in (Author, Book, Label, Review)
)
"""The same without the flag, as one writes it who never sees the aliases of paths."""

CHAINS: Chains = {
    "rows": (Book, lambda q: q.order_by("id"), [1, 4, 5]),
    "filter": (Book, lambda q: q.filter(title__in=["a", "b"]), [1]),
    "not": (Book, lambda q: q.exclude(title="a").order_by("-id"), [5, 4]),
    "any of": (Book, lambda q: q.filter(Q(title="b") | Q(title="d")), [4]),
    "to-one": (Book, lambda q: q.filter(author__name__gte="A"), [1]),
    "to-one in order": (Book, lambda q: q.filter(author__name__isnull=False).order_by("author__name"), [1]),
    "to-one as a value": (
        Book,
        lambda q: q.order_by("id").values_list("title", "author__name"),
        [("a", "Ann"), ("d", None), ("e", None)],
    ),
    "to-many": (Author, lambda q: q.filter(books__title__in=["a", "b", "c"]), [1]),
    "many-to-many": (Book, lambda q: q.filter(labels__word__in=["new", "old"]), [1]),
    "many-to-many, any of": (
        Book,
        lambda q: q.filter(Q(labels__word="old") | Q(title="a") | Q(title="e")).order_by("id"),
        [1, 5],
    ),
    "none of many-to-many": (Book, lambda q: q.filter(labels=None).order_by("id"), [4, 5]),
    "many-to-many as values": (
        Book,
        lambda q: q.order_by("id").values_list("title", "labels__word"),
        [("a", "new"), ("d", None), ("e", None)],
    ),
    "to-many that is deleted": (Author, lambda q: q.filter(books__title="b"), []),
    "not to-many": (Author, lambda q: q.exclude(books__title="b").order_by("id"), [1, 2]),
    "none of many": (Author, lambda q: q.filter(books=None), [2]),
    "to-many in order": (
        Author,
        lambda q: q.order_by("-books__title", "id").filter(books__isnull=False),
        [1],
    ),
    "to-many twice": (Author, lambda q: q.filter(books__reviews__stars__gt=3), []),
    "to-many twice, kept": (Author, lambda q: q.filter(books__reviews__stars=3), [1]),
    "to-many as values": (
        Author,
        lambda q: q.order_by("name").values_list("name", "books__title"),
        [("Ann", "a"), ("Bob", None)],
    ),
    "in": (Book, lambda q: q.filter(author__in=QuerySet(Author).filter(name__in=["Ann", "Cid"])), [1]),
    "distinct": (Book, lambda q: q.distinct().order_by("title"), [1, 4, 5]),
    "F": (Book, lambda q: q.filter(title__lt=F("author__name")), []),
    "joined and declared": (Author, lambda q: q.innerjoin("books").filter(books__title__gte="a"), [1]),
}


@pytest.fixture(params=[(KEPT,), KEPT_BY_NAME], ids=["aliases", "names"])
def watched(session: AsyncSession, request: pytest.FixtureRequest) -> AsyncSession:
    """A session in which every statement has the criteria."""

    def keep(state: ORMExecuteState) -> None:
        state.statement = state.statement.options(*request.param)

    event.listen(session.sync_session, "do_orm_execute", keep)
    return session


@pytest.mark.sampled
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_by_event(watched: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, watched)), found)


@pytest.mark.sampled
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_by_option(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session).options(KEPT)), found)
    await gives(make(QuerySet(model, session).options(*KEPT_BY_NAME)), found)


async def test_children_by_join(watched: AsyncSession, sql: RecordedSQL) -> None:
    authors = QuerySet(Author, watched).outerjoin("books").options("books").order_by("id")
    for queryset in (authors, authors[:2], authors.filter(name__gte="A")):
        watched.expunge_all()
        sql.clear()
        assert [(author.id, [book.id for book in author.books]) for author in await queryset] == [
            (1, [1]),
            (2, []),
        ]
        assert len(sql) == 1


async def test_children_by_further_statements(session: AsyncSession) -> None:
    authors = QuerySet(Author, session).options(selectinload(Author.books), KEPT).order_by("id")
    assert [(author.id, [book.id for book in author.books]) for author in await authors] == [
        (1, [1]),
        (2, []),
    ]


async def test_one_row(watched: AsyncSession) -> None:
    class Books(BaseRepository[Book]): ...

    repo = Books(watched)
    assert await repo.objects.get_or_none(id=2) is None
    assert await repo.objects.in_bulk([1, 2]) == {1: await repo.objects.get(id=1)}
    assert await repo.objects.filter(id=2).first() is None
    assert await repo.get_by_pk(3) is None
    assert await repo.objects.order_by("id").last() is await repo.get_by_pk(5)


async def test_update(watched: AsyncSession) -> None:
    books = QuerySet(Book, watched)
    assert tuples(await books.update(title=F("title") + "!")) == [(1,), (4,), (5,)]
    assert tuples(await books.filter(author__name__gte="A").update(title="x")) == [(1,)]
    assert tuples(await QuerySet(Author, watched).filter(books__title="b").update(name="x")) == []
    assert tuples(await QuerySet(Author, watched).exclude(books__isnull=False).update(name="y")) == [(2,)]


async def test_update_by_option(session: AsyncSession) -> None:
    books = QuerySet(Book, session)
    assert tuples(await books.options(KEPT).filter(title__lte="c").update(title="x")) == [(1,)]
    assert await books.filter(title="x").count() == 1
    authors = QuerySet(Author, session).options(KEPT)
    assert tuples(await authors.filter(books__title__gt="").update(name="x")) == [(1,)]


async def test_delete(watched: AsyncSession) -> None:
    reviews, books = QuerySet(Review, watched), QuerySet(Book, watched)
    assert tuples(await reviews.filter(book__title="b").delete()) == []
    assert tuples(await reviews.filter(book__title="a").delete()) == [(2,)]
    assert tuples(await books.filter(author__deleted=True).delete()) == []
    await watched.execute(delete(book_labels))
    assert tuples(await books.filter(author=None).delete()) == [(5,)]


async def test_criteria_may_be_added_and_left_out_again(session: AsyncSession) -> None:
    """A plan that was kept has none of another's criteria."""
    books = QuerySet(Book, session).order_by("id")
    for _ in range(2):
        await gives(books, [1, 2, 3, 4, 5])
        await gives(books.options(KEPT), [1, 4, 5])
        await gives(books.options(with_loader_criteria(Book, Book.id > 3)), [4, 5])
        await gives(books.options(with_loader_criteria(Book, Book.id > 4)), [5])


async def test_values_in_criteria_are_those_of_the_call(session: AsyncSession) -> None:
    def titled(title: str) -> Any:
        return with_loader_criteria(Book, lambda model: model.title == title, include_aliases=True)

    books, authors = QuerySet(Book, session), QuerySet(Author, session)
    for title, number, author in (("a", 1, 1), ("c", 3, 2), ("d", 4, 3)):
        await gives(books.options(titled(title)), [number])
        await gives(authors.filter(books__id__gt=0).options(titled(title)), [author])
