"""The library that the parity tests query, mapped by SQLAlchemy: it makes the tables.

`django_schema.py` maps the same tables for Django. Every field and relation has one name on both sides, so
that one piece of source speaks to both.
"""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Enum, ForeignKey, Integer, Numeric, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class State(StrEnum):
    """What an enum column holds. Names and values agree, so it does not matter which of them is stored."""

    draft = "draft"
    live = "live"
    gone = "gone"


class Base(DeclarativeBase):
    """The models of the parity tests only."""


def _link_table(name: str, left: str, right: str) -> Table:
    # Django's link tables have a primary key of their own.
    left_table, left_column = left.split(".")
    right_table, right_column = right.split(".")
    return Table(
        name,
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column(left_column, ForeignKey(f"{left_table}.id"), nullable=False),
        Column(right_column, ForeignKey(f"{right_table}.id"), nullable=False),
        UniqueConstraint(left_column, right_column),
    )


# None is NULL; the null of JSON is said by JSON.NULL.
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

book_tags = _link_table("book_tags", "books.book_id", "tags.tag_id")
author_influences = _link_table("author_influences", "authors.from_author_id", "authors.to_author_id")


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    code: Mapped[str | None]

    authors: Mapped[list["Author"]] = relationship(back_populates="country")
    publishers: Mapped[list["Publisher"]] = relationship(back_populates="country")


class Author(Base):
    """Points at itself twice: by `mentor` and `pupils`, and many-to-many by `influences` and `influenced`."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    born: Mapped[int | None]
    country_id: Mapped[int | None] = mapped_column(ForeignKey("countries.id"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))

    country: Mapped[Country | None] = relationship(back_populates="authors")
    mentor: Mapped["Author | None"] = relationship(back_populates="pupils", remote_side=[id])
    pupils: Mapped[list["Author"]] = relationship(back_populates="mentor")
    influences: Mapped[list["Author"]] = relationship(
        back_populates="influenced",
        secondary=author_influences,
        primaryjoin=id == author_influences.c.from_author_id,
        secondaryjoin=id == author_influences.c.to_author_id,
    )
    influenced: Mapped[list["Author"]] = relationship(
        back_populates="influences",
        secondary=author_influences,
        primaryjoin=id == author_influences.c.to_author_id,
        secondaryjoin=id == author_influences.c.from_author_id,
    )
    profile: Mapped["Profile | None"] = relationship(back_populates="author")
    books: Mapped[list["Book"]] = relationship(back_populates="author", foreign_keys="Book.author_id")
    edited_books: Mapped[list["Book"]] = relationship(back_populates="editor", foreign_keys="Book.editor_id")
    reviews: Mapped[list["Review"]] = relationship(back_populates="reviewer")
    contributions: Mapped[list["Contribution"]] = relationship(back_populates="author")
    contributed: Mapped[list["Book"]] = relationship(
        back_populates="contributors", secondary="contributions", viewonly=True
    )


class Profile(Base):
    """One-to-one: from the author's side a to-one hop that has no column there and may find nothing."""

    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str | None]
    site: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), unique=True)

    author: Mapped[Author] = relationship(back_populates="profile")


class Publisher(Base):
    __tablename__ = "publishers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    city: Mapped[str | None]
    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"))

    country: Mapped[Country] = relationship(back_populates="publishers")
    books: Mapped[list["Book"]] = relationship(back_populates="publisher")


class Category(Base):
    """A tree: `parent` may be missing, `children` is the way back."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rank: Mapped[int | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))

    parent: Mapped["Category | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Category"]] = relationship(back_populates="parent")
    books: Mapped[list["Book"]] = relationship(back_populates="category")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]
    weight: Mapped[int | None]

    books: Mapped[list["Book"]] = relationship(back_populates="tags", secondary=book_tags)


class Book(Base):
    """To the authors on three paths: `author`, always there, `editor`, perhaps, and many `contributors`."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    subtitle: Mapped[str | None]
    pages: Mapped[int]
    price: Mapped[int | None]
    in_print: Mapped[bool]
    published_on: Mapped[date | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))

    author: Mapped[Author] = relationship(back_populates="books", foreign_keys=[author_id])
    editor: Mapped[Author | None] = relationship(back_populates="edited_books", foreign_keys=[editor_id])
    publisher: Mapped[Publisher | None] = relationship(back_populates="books")
    category: Mapped[Category | None] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(back_populates="books", secondary=book_tags)
    reviews: Mapped[list["Review"]] = relationship(back_populates="book")
    editions: Mapped[list["Edition"]] = relationship(back_populates="book")
    loans: Mapped[list["Loan"]] = relationship(back_populates="book")
    contributions: Mapped[list["Contribution"]] = relationship(back_populates="book")
    contributors: Mapped[list[Author]] = relationship(
        back_populates="contributed", secondary="contributions", viewonly=True
    )


class Review(Base):
    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    rating: Mapped[int]
    score: Mapped[int | None]
    text: Mapped[str | None]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))

    book: Mapped[Book] = relationship(back_populates="reviews")
    reviewer: Mapped[Author | None] = relationship(back_populates="reviews")


class Contribution(Base):
    """What links books and authors, with columns of its own; an author can be linked to a book twice."""

    __tablename__ = "contributions"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    share: Mapped[int | None]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))

    book: Mapped[Book] = relationship(back_populates="contributions")
    author: Mapped[Author] = relationship(back_populates="contributions")


class Edition(Base):
    """A column of every type that the others lack."""

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[str]
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opens: Mapped[time | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    weight: Mapped[float | None]
    spec: Mapped[Any | None] = mapped_column(Document)
    note: Mapped[str]
    ratio: Mapped[int]
    copies: Mapped[int | None]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))

    book: Mapped[Book] = relationship(back_populates="editions")


class Loan(Base):
    """Two enums of one kind, and two decimals of another scale."""

    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(Enum(State))
    was: Mapped[State | None] = mapped_column(Enum(State))
    fee: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    deposit: Mapped[Decimal | None] = mapped_column(Numeric(9, 3))
    days: Mapped[int | None]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))

    book: Mapped[Book] = relationship(back_populates="loans")


MODELS: tuple[type[Base], ...] = (
    Country,
    Author,
    Profile,
    Publisher,
    Category,
    Tag,
    Book,
    Review,
    Contribution,
    Edition,
    Loan,
)
