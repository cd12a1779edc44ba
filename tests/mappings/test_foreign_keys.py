"""Foreign keys to another column than the primary key: instances are compared by that column."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, InvalidLookupValueError, QuerySet
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Press(Base):
    __tablename__ = "presses"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column("press_code", unique=True)
    city: Mapped[str]

    books: Mapped[list["Book"]] = relationship(back_populates="press")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    press_code: Mapped[str | None] = mapped_column("press", ForeignKey("presses.press_code"))

    press: Mapped[Press | None] = relationship(back_populates="books")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [
        Press(id=1, code="2", city="Ulm"),
        Press(id=2, code="b", city="Bonn"),
        Press(id=3, code="1", city="Rom"),
    ]
    yield [
        Book(id=1, title="x", press_code="b"),
        Book(id=2, title="y", press_code="2"),
        Book(id=3, title="b", press_code="b"),
        Book(id=4, title="z"),
    ]


CHAINS: Chains = {
    "a code": (Book, lambda q: q.filter(press="b").order_by("id"), [1, 3]),
    "codes": (Book, lambda q: q.filter(press__in=["b", "2"]).order_by("id"), [1, 2, 3]),
    "greater codes": (Book, lambda q: q.filter(press__gt="2").order_by("id"), [1, 3]),
    "not a code": (Book, lambda q: q.exclude(press="b").order_by("id"), [2, 4]),
    "no code": (Book, lambda q: q.filter(press=None), [4]),
    "by its name": (Book, lambda q: q.filter(press__code="2"), [2]),
    "by its attribute": (Book, lambda q: q.filter(press_code="2"), [2]),
    "the primary key": (Book, lambda q: q.filter(press__pk=2).order_by("id"), [1, 3]),
    "the primary key by name": (Book, lambda q: q.filter(press__id=1), [2]),
    "in a queryset": (
        Book,
        lambda q: q.filter(press__in=QuerySet(Press).filter(city="Bonn")).order_by("id"),
        [1, 3],
    ),
    "F": (Book, lambda q: q.filter(press=F("title")), [3]),
    "order": (Book, lambda q: q.filter(press__isnull=False).order_by("press", "-id"), [2, 3, 1]),
    "many": (Press, lambda q: q.filter(books__title="x"), [2]),
    "many by key": (Press, lambda q: q.filter(books=2), [1]),
    "none of many": (Press, lambda q: q.filter(books=None), [3]),
    "value": (
        Book,
        lambda q: q.order_by("id").values_list("press", "press__city")[:2],
        [("b", "Bonn"), ("2", "Ulm")],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_instances(session: AsyncSession, sql: RecordedSQL) -> None:
    books = QuerySet(Book, session)
    ulm, bonn = await QuerySet(Press, session).get(id=1), await QuerySet(Press, session).get(id=2)
    await gives(books.filter(press=ulm), [2])
    same_sql(
        books.filter(press=bonn).values_list("id").sql(), "SELECT books.id FROM books WHERE books.press = 'b'"
    )
    await gives(books.filter(press__in=[ulm, "b"]).order_by("id"), [1, 2, 3])
    await gives(books.filter(press_code=bonn).order_by("id"), [1, 3])
    await gives(books.exclude(press=bonn).order_by("id"), [2, 4])
    await gives(QuerySet(Press, session).filter(books=await books.get(id=2)), [1])
    with pytest.raises(InvalidLookupValueError, match="Press"):
        books.filter(press=await books.get(id=2))


async def test_update(session: AsyncSession) -> None:
    books = QuerySet(Book, session)
    first = await books.get(id=1)
    ulm = await QuerySet(Press, session).get(id=1)
    assert tuples(await books.filter(press="b").update(press=ulm)) == [(1,), (3,)]
    assert first.press_code == "2"
    assert (await books.filter(press__city="Ulm", id=1).update(press="1")).rowcount == 1
    assert tuples(await books.filter(press__id=3).update(press=None)) == [(1,)]


async def test_delete(session: AsyncSession) -> None:
    bonn = await QuerySet(Press, session).get(id=2)
    assert tuples(await QuerySet(Book, session).filter(press=bonn).delete()) == [(1,), (3,)]
    assert tuples(await QuerySet(Press, session).filter(books=None).delete()) == [(2,), (3,)]


async def test_create(session: AsyncSession) -> None:
    class Books(BaseRepository[Book]): ...

    repo = Books(session).flush()
    ulm = await QuerySet(Press, session).options("books").get(id=1)
    found, created = await repo.objects.get_or_create(title="new", press=ulm)
    assert (created, found.press_code) == (True, "2")
    assert await repo.objects.get_or_create(title="new", press="2") == (found, False)
    found, created = await repo.objects.get_or_create(title="newer", press="b")
    assert (created, found.press_code) == (True, "b")
