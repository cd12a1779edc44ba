"""Seven authors with seventy books."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Integer, Numeric, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from django_like_repos import BaseRepository

BOOKS: Final = 70
"""More than the fifty rows that SQLAlchemy fetches of asyncpg's cursors at a time."""


class Base(DeclarativeBase):
    """The models of streams."""


class Author(Base):
    __tablename__ = "stream_authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


class Size:
    """Two columns of a book."""

    def __init__(self, pages: int, grams: int) -> None:
        self.pages, self.grams = pages, grams

    def __composite_values__(self) -> tuple[int, int]:
        return self.pages, self.grams

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and vars(other) == vars(self)

    __hash__ = object.__hash__


class Book(Base):
    __tablename__ = "stream_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    day: Mapped[date | None]
    pages: Mapped[int]
    grams: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    size: Mapped[Size] = composite("pages", "grams")
    author: Mapped[Author] = relationship(back_populates="books")


class Reversed(TypeDecorator[str]):
    """Text that is stored backwards."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value[::-1]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value[::-1]


class Cents(TypeDecorator[Decimal]):
    """Money that is stored as a whole number."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Binding(StrEnum):
    HARD = "a hard one"


class Copy(Base):
    """One of each kind that a database may not have."""

    __tablename__ = "stream_copies"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str] = mapped_column(Reversed)
    paid: Mapped[Decimal] = mapped_column(Cents)
    owed: Mapped[Decimal] = mapped_column(Cents)
    lent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_at: Mapped[datetime]
    opens: Mapped[time]
    lasts: Mapped[timedelta]
    day: Mapped[date]
    weight: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    mark: Mapped[UUID]
    whole: Mapped[bool]
    binding: Mapped[Binding]
    pages: Mapped[list[int]] = mapped_column(JSON)


class CopyRepository(BaseRepository[Copy]): ...


class AuthorRepository(BaseRepository[Author]): ...


class BookRepository(BaseRepository[Book]): ...


def authors() -> list[dict[str, Any]]:
    return [{"id": key, "name": f"author {key}"} for key in range(1, 8)]


def books() -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "name": f"book {key % 5}",
            "price": Decimal(key) / 4,
            "day": date(2020, 1, 1) + timedelta(key) if key % 3 else None,
            "pages": key * 10,
            "grams": key,
            "author_id": key % 7 + 1,
        }
        for key in range(1, BOOKS + 1)
    ]
