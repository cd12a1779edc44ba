"""Two small tables, one of which refers to the other, and their repositories."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of the tests of databases, sessions and FastAPI only."""


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id", deferrable=True, initially="DEFERRED"))

    shelf: Mapped[Shelf] = relationship(back_populates="books")


class ShelfRepository(BaseRepository[Shelf]): ...


class BookRepository(BaseRepository[Book]): ...
