"""Shelves, which the database numbers, and books, whose keys Python makes."""

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """What the tables are of."""


class Shelf(Base):
    __tablename__ = "bulk_shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    width: Mapped[int | None]
    kind: Mapped[str] = mapped_column(server_default="plain")
    uses: Mapped[int] = mapped_column(default=7)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "bulk_books"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str]
    made: Mapped[str] = mapped_column(server_default="here")
    version: Mapped[int] = mapped_column()
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey(Shelf.id))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Shelves(BaseRepository[Shelf]): ...


class Books(BaseRepository[Book]): ...
