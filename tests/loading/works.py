"""What the tests of loading are about: works of two kinds, their authors, and what is said of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, ForeignKey, inspect
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    """The models of the tests of loading."""


class Country(Base):
    """Authors point at its code, which is no primary key."""

    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    anthem: Mapped[str | None]


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    born: Mapped[int | None]
    country_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))

    country: Mapped[Country | None] = relationship()
    mentor: Mapped["Author | None"] = relationship(remote_side=[id], back_populates="pupils")
    pupils: Mapped[list["Author"]] = relationship(back_populates="mentor")
    profile: Mapped["Profile | None"] = relationship(back_populates="author")
    works: Mapped[list["Work"]] = relationship(back_populates="author", foreign_keys="Work.author_id")

    @hybrid_property
    def shout(self) -> str:
        return self.name + "!"


class Profile(Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str]
    site: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), unique=True)

    author: Mapped[Author] = relationship(back_populates="profile")


class Work(Base):
    """Books and films, a table for each beside this one."""

    __tablename__ = "works"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "work"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    year: Mapped[int]
    note: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))

    author: Mapped[Author] = relationship(back_populates="works", foreign_keys=[author_id])
    editor: Mapped[Author | None] = relationship(foreign_keys=[editor_id])
    reviews: Mapped[list["Review"]] = relationship(back_populates="work")


class Book(Work):
    __tablename__ = "books"
    __mapper_args__ = {"polymorphic_identity": "book"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("works.id"), primary_key=True)
    pages: Mapped[int]
    blurb: Mapped[str | None]


class Film(Work):
    __tablename__ = "films"
    __mapper_args__ = {"polymorphic_identity": "film"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("works.id"), primary_key=True)
    minutes: Mapped[int]
    star_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))

    star: Mapped[Author | None] = relationship()


class Review(Base):
    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    stars: Mapped[int] = mapped_column()
    text: Mapped[str | None]
    data: Mapped[Any] = mapped_column(JSON)
    version: Mapped[int] = mapped_column()
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"))
    double = column_property(stars * 2)

    work: Mapped[Work] = relationship(back_populates="reviews")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


def rows() -> Iterable[list[Any]]:
    yield [
        Country(id=1, code="gb", name="Britain", anthem="God"),
        Country(id=2, code="ru", name="Russia"),
    ]
    yield [Author(id=1, name="Ada", born=1815, country_code="gb"), Author(id=2, name="Bob", born=1900)]
    yield [
        Author(id=3, name="Eve", born=1920, country_code="ru", mentor_id=1),
        Author(id=4, name="Dan", mentor_id=3),
    ]
    yield [Profile(id=1, bio="first", site="ada.example", author_id=1), Profile(id=2, bio="x", author_id=3)]
    yield [
        Book(id=1, title="Dawn", year=1840, note="n1", author_id=1, editor_id=2, pages=100, blurb="b"),
        Book(id=2, title="Dusk", year=1850, author_id=3, pages=200),
        Film(id=3, title="Noon", year=1950, author_id=4, editor_id=1, minutes=90, star_id=3),
        Film(id=4, title="Rain", year=1960, author_id=2, editor_id=3, minutes=80),
    ]
    yield [
        Review(id=1, stars=5, text="dear", data={"a": 1}, work_id=1),
        Review(id=2, stars=3, data={"a": 1}, work_id=1),
        Review(id=3, stars=4, data={}, work_id=3),
    ]


def missing(instance: Any) -> set[str]:
    """What of an object is not loaded."""
    return set(inspect(instance).unloaded)
