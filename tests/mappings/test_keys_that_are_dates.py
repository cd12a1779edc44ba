"""Foreign keys whose target is a date: what is asked of the date is asked of the relation."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    Count,
    F,
    InvalidLookupValueError,
    OuterRef,
    QuerySet,
    Subquery,
    UnknownFieldError,
)
from django_like_repos.functions import ExtractMonth
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Day(Base):
    __tablename__ = "days"

    day: Mapped[date] = mapped_column(primary_key=True)
    feast: Mapped[str | None]
    shifts: Mapped[list["Shift"]] = relationship(back_populates="day")


class Shift(Base):
    __tablename__ = "shifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[date | None] = mapped_column(ForeignKey("days.day"))
    day: Mapped[Day | None] = relationship(back_populates="shifts")


METADATA = Base.metadata
NEW_YEAR, SPRING = date(2026, 1, 1), date(2025, 3, 1)


def rows() -> Iterable[list[Any]]:
    yield [Day(day=NEW_YEAR, feast="New Year"), Day(day=SPRING)]
    yield [Shift(id=1, day_id=SPRING), Shift(id=2, day_id=NEW_YEAR), Shift(id=3, day_id=NEW_YEAR)]


async def test_parts_of_the_date(session: AsyncSession, sql: RecordedSQL) -> None:
    shifts = QuerySet(Shift, session)

    assert [shift.id for shift in await shifts.order_by("day__month", "id")] == [2, 3, 1]
    assert "JOIN" not in str(sql.last)
    assert [shift.id for shift in await shifts.order_by(F("day__year").desc(), "-id")] == [3, 2, 1]
    assert await shifts.order_by("id").values_list("day__month", flat=True) == [3, 1, 1]
    assert await shifts.filter(day__month=1).count() == 2
    assert await shifts.filter(day__year__gt=2025).exclude(day__month__in=[3]).count() == 2
    assert await shifts.values("day__year").annotate(n=Count("id")).order_by("day__year") == [
        {"day__year": 2025, "n": 1},
        {"day__year": 2026, "n": 2},
    ]
    assert await shifts.annotate(m=ExtractMonth("day")).order_by("id").values_list("m", flat=True) == [
        3,
        1,
        1,
    ]
    days = QuerySet(Day, session).order_by("day")
    assert await days.filter(shifts__day__month=1).values_list("feast", flat=True) == ["New Year"]
    with pytest.raises(UnknownFieldError, match="Day has no field 'mont'"):
        shifts.order_by("day__mont")


async def test_annotations_that_are_keys_are_compared_with_instances(session: AsyncSession) -> None:
    day = await QuerySet(Day, session).get(feast="New Year")
    other = await QuerySet(Day, session).get(feast=None)
    shifts = QuerySet(Shift, session).order_by("id")

    for annotated in (
        shifts.annotate(key=F("day")),
        shifts.annotate(key=F("day_id")),
        shifts.annotate(first=F("day__pk")).annotate(key=F("first")),
        shifts.annotate(key=Subquery(QuerySet(Day, session).filter(pk=OuterRef("day")))),
        shifts.annotate(key=Subquery(QuerySet(Shift, session).filter(pk=OuterRef("pk")).values("day"))),
    ):
        ids = annotated.values_list("id", flat=True)
        assert await ids.filter(key=day) == [2, 3]
        assert await ids.exclude(key=day) == [1]
        assert await ids.filter(key__in=[day, other]) == [1, 2, 3]
        with pytest.raises(InvalidLookupValueError, match="instance"):
            ids.filter(key=Shift(id=1))
    with pytest.raises(InvalidLookupValueError, match="no instance"):
        shifts.annotate(key=ExtractMonth("day")).filter(key=day)
