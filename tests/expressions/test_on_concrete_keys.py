"""Classes with tables apart, of which several have rows of the same key."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.declarative import ConcreteBase
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Count, Q, QuerySet, Window
from django_like_repos.functions import RowNumber
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Office(Base):
    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    desks: Mapped[list["Desk"]] = relationship(back_populates="office")


class Desk(Base):
    __tablename__ = "desks"

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    office: Mapped[Office] = relationship(back_populates="desks")


class Paper(ConcreteBase, Base):
    __tablename__ = "papers"
    __mapper_args__ = {"polymorphic_identity": "paper", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    office: Mapped[Office] = relationship()


class Memo(Paper):
    __tablename__ = "memos"
    __mapper_args__ = {"polymorphic_identity": "memo", "concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    office: Mapped[Office] = relationship()


METADATA = Base.metadata
WANTED = [(1, "m"), (1, "p"), (2, "m"), (2, "p"), (3, "m")]


def rows() -> Iterable[list[Any]]:
    yield [Office(id=1), Office(id=2), Office(id=3)]
    yield [Desk(id=1, office_id=1), Desk(id=2, office_id=1), Desk(id=3, office_id=2)]
    yield [Paper(id=number, title="p", office_id=1) for number in (1, 2)]
    yield [Paper(id=3, title="p", office_id=3)]
    yield [Memo(id=number, title="m", office_id=2) for number in (1, 2, 3)]


def told(models: Iterable[Any]) -> list[tuple[int, str]]:
    return [(each.id, each.title) for each in models]


async def test_the_key_alone_tells_no_rows_apart(mapped: AsyncSession, sql: RecordedSQL) -> None:
    papers: Any = QuerySet(Paper, mapped)
    for condition in (Q(office__desks__id__gt=0), Q(office__desks__id__gt=0) | Q(title="?")):
        found = papers.filter(condition).order_by("id", "title")
        # Not the paper 3, whose office has no desk, beside the memo 3.
        assert told(await found) == told(await found[:9]) == WANTED
        assert await found.count() == await found[:9].count() == 5
        assert await found.values("id").count() == len(await found.values("id")) == 5
        assert await found.aggregate(n=Count("*")) == {"n": 5}
    found = papers.filter(Q(office__desks__id__gt=0) | Q(title="?"))
    await found
    assert "keys.kind_1 = pjoin.type" in sql.last


async def test_nor_in_groups_and_windows(mapped: AsyncSession) -> None:
    papers: Any = QuerySet(Paper, mapped)
    counted = papers.annotate(n=Count("office__desks")).order_by("id", "title")
    assert [(each.id, each.title, each.n) for each in await counted.filter(n__gt=0)] == [
        (key, title, 2 if title == "p" else 1) for key, title in WANTED
    ]
    numbered = papers.annotate(place=Window(RowNumber(), order_by=["title", "id"]))
    assert told(await numbered.filter(place=1)) == [(1, "m")]
    assert told(await papers.distinct("id").order_by("id", "title")) == [(1, "m"), (2, "m"), (3, "m")]
