"""Seven authors with seventy books."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ForeignKey, Numeric
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
