"""Concrete inheritance: every class has a table with all its columns; a union is the base."""

from collections.abc import Awaitable, Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, QuerySet, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples


class Base(DeclarativeBase):
    """The models of this module."""


class Paper(ConcreteBase, Base):
    """A queryset of it has the rows of its subclasses, too."""

    __tablename__ = "papers"
    __mapper_args__ = {"polymorphic_identity": "paper", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int]


class Thesis(Paper):
    __tablename__ = "theses"
    __mapper_args__ = {"polymorphic_identity": "thesis", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int]
    grade: Mapped[int]

    quotes: Mapped[list["Quote"]] = relationship(back_populates="thesis")


class Quote(Base):
    __tablename__ = "quotes"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]
    thesis_id: Mapped[int] = mapped_column(ForeignKey("theses.id"))

    thesis: Mapped[Thesis] = relationship(back_populates="quotes")


class Plain(Base):
    """A base without a union: it has its own rows only."""

    __tablename__ = "plain_papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Note(Plain):
    __tablename__ = "notes"
    __mapper_args__ = {"concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    colour: Mapped[str]


class Shape(AbstractConcreteBase, Base):
    """No table of its own: a union of those below."""

    strict_attrs = True

    name: Mapped[str]


class Circle(Shape):
    __tablename__ = "circles"
    __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    radius: Mapped[int]


class Box(Shape):
    __tablename__ = "boxes"
    __mapper_args__ = {"polymorphic_identity": "box", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    width: Mapped[int]


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [
        Paper(id=1, title="one", pages=5),
        Paper(id=2, title="two", pages=9),
        Thesis(id=11, title="three", pages=7, grade=1),
        Thesis(id=12, title="four", pages=80, grade=2),
    ]
    yield [Quote(id=1, words="so", thesis_id=11), Quote(id=2, words="no", thesis_id=12)]
    yield [Circle(id=1, name="c", radius=5), Circle(id=2, name="d", radius=6), Box(id=3, name="b", width=2)]
    yield [Plain(id=1, title="p"), Note(id=1, title="n", colour="red"), Note(id=2, title="p", colour="blue")]


CHAINS: Chains = {
    "the base": (Paper, lambda q: q.order_by("id"), [1, 2, 11, 12]),
    "of the base": (Paper, lambda q: q.filter(pages__lt=9).order_by("-pages"), [11, 1]),
    "not of the base": (Paper, lambda q: q.exclude(title__startswith="t").order_by("title"), [12, 1]),
    "F of the base": (Paper, lambda q: q.filter(pages__gt=F("id") + 10), [12]),
    "values of the base": (
        Paper,
        lambda q: q.filter(pages__gt=5).order_by("pages").values_list("title", "pages"),
        [("three", 7), ("two", 9), ("four", 80)],
    ),
    "in the base": (Paper, lambda q: q.filter(pk__in=QuerySet(Thesis).filter(grade=1)), [11]),
    "a subclass": (Thesis, lambda q: q.filter(pages__gt=5, grade__lt=3).order_by("id"), [11, 12]),
    "only a subclass's rows": (Thesis, lambda q: q.filter(title="one"), []),
    "a relation of a subclass": (Thesis, lambda q: q.filter(quotes__words="no"), [12]),
    "not a relation of a subclass": (Thesis, lambda q: q.exclude(quotes__words="no"), [11]),
    "a relation to a subclass": (Quote, lambda q: q.filter(thesis__title="three", thesis__grade=1), [1]),
    "order by a relation to a subclass": (Quote, lambda q: q.order_by("-thesis__pages"), [2, 1]),
    "no table": (Shape, lambda q: q.filter(name__gte="c").order_by("-name"), [2, 1]),
    "no table, all": (Shape, lambda q: q.order_by("name"), [3, 1, 2]),
    "below no table": (Circle, lambda q: q.filter(radius__gt=5, name="d"), [2]),
    "values below no table": (Box, lambda q: q.values("name", "width"), [{"name": "b", "width": 2}]),
    "no union": (Plain, lambda q: q.filter(title="p"), [1]),
    "below no union": (Note, lambda q: q.filter(title="p").order_by("colour"), [2]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_models_are_of_their_own_class(session: AsyncSession) -> None:
    papers = await QuerySet(Paper, session).order_by("id")
    assert [type(paper) for paper in papers] == [Paper, Paper, Thesis, Thesis]
    assert [paper.grade for paper in papers if isinstance(paper, Thesis)] == [1, 2]
    assert [type(paper) for paper in await QuerySet(Paper, session).order_by("-id")[1:3]] == [Thesis, Paper]
    assert isinstance(await QuerySet(Paper, session).get(title="four"), Thesis)


async def test_finding_by_key(session: AsyncSession) -> None:
    class Theses(BaseRepository[Thesis]): ...

    class Papers(BaseRepository[Paper]): ...

    assert await Theses(session).get_by_pk(1) is None
    assert isinstance(await Papers(session).get_by_pk(11), Thesis)
    assert (await Papers(session).objects.in_bulk([2, 12])).keys() == {2, 12}


async def test_update_of_a_subclass(session: AsyncSession) -> None:
    circle = await QuerySet(Circle, session).get(name="c")
    assert tuples(await QuerySet(Circle, session).filter(name="c").update(radius=F("radius") + 1)) == [(1,)]
    assert circle.radius == 6
    assert tuples(await QuerySet(Note, session).filter(title="p").update(colour="x")) == [(2,)]
    assert tuples(await QuerySet(Plain, session).update(title="q")) == [(1,)]


async def test_delete_of_a_subclass(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Circle, session).filter(radius=6, name="d").delete()) == [(2,)]
    assert tuples(await QuerySet(Note, session).delete()) == [(1,), (2,)]
    await gives(QuerySet(Shape, session).order_by("id"), [1, 3])
    await gives(QuerySet(Plain, session).all().order_by("id"), [1])


async def is_refused(work: Awaitable[Any]) -> bool:
    try:
        await work
    except UnsupportedOperationError:
        return True
    return False


async def test_a_subclass_that_is_selected_from_a_union_is_written_or_refused(session: AsyncSession) -> None:
    """SQLAlchemy itself has no UPDATE of what a ConcreteBase stands over."""
    theses = QuerySet(Thesis, session)
    refused = await is_refused(theses.filter(quotes__words="so").update(pages=F("grade") + 1))
    assert await session.scalar(text("SELECT pages FROM theses WHERE id = 11")) == (7 if refused else 2)
    await QuerySet(Quote, session).delete()
    refused = await is_refused(theses.filter(title__in=["one", "four"]).delete())
    assert await session.scalar(text("SELECT count(*) FROM theses")) == (2 if refused else 1)
    assert await session.scalar(text("SELECT count(*) FROM papers")) == 2


async def test_a_union_is_written_whole_or_not_at_all(session: AsyncSession) -> None:
    """A queryset that has four rows must not write two of them."""
    await QuerySet(Quote, session).delete()
    papers = QuerySet(Paper, session)
    refused = await is_refused(papers.filter(pages__gt=5).update(pages=0))
    zeros = (
        "SELECT (SELECT count(*) FROM papers WHERE pages = 0) + (SELECT count(*) FROM theses WHERE pages = 0)"
    )
    assert await session.scalar(text(zeros)) == (0 if refused else 3)
    refused = await is_refused(papers.delete())
    left = "SELECT (SELECT count(*) FROM papers) + (SELECT count(*) FROM theses)"
    assert await session.scalar(text(left)) == (4 if refused else 0)


async def test_create(session: AsyncSession) -> None:
    class Theses(BaseRepository[Thesis]): ...

    new = await Theses(session).flush().create(id=13, title="new", pages=1, grade=5)
    assert await QuerySet(Paper, session).get(pages=1) is new
