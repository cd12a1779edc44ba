"""One table with a column of each type that these functions read, its rows, and asking for values of them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, DateTime, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository

BERLIN = ZoneInfo("Europe/Berlin")


class Base(DeclarativeBase):
    """The models of these tests only."""


class Shift(Base):
    __tablename__ = "shifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    worker: Mapped[str]
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    noted: Mapped[datetime | None]
    day: Mapped[date | None]
    clock: Mapped[time | None]
    length: Mapped[timedelta | None]
    pay: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    hours: Mapped[float | None]
    done: Mapped[bool | None]
    data: Mapped[Any | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    key: Mapped[UUID | None]
    photo: Mapped[bytes | None]


class ShiftRepository(BaseRepository[Shift]):
    """Shifts."""


def shifts() -> list[Shift]:
    """The end of a year; nothing; twice the hour that Berlin has twice; the gap of São Paulo."""
    return [
        Shift(
            id=1,
            worker="Ada",
            at=datetime(2026, 12, 31, 23, 30, 59, 999999, tzinfo=UTC),
            noted=datetime(2026, 12, 31, 23, 30, 59, 999999),
            day=date(2027, 1, 1),
            clock=time(23, 30, 59, 999999),
            length=timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500000),
            pay=Decimal("10.50"),
            hours=2.5,
            done=True,
            data={"owner": {"name": "Ann"}, "tags": ["a", 1], "n": None},
            key=UUID("12345678-1234-5678-1234-567812345678"),
            photo=b"ab",
        ),
        Shift(id=2, worker="Bob"),
        Shift(
            id=3,
            worker="Ada",
            at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            noted=datetime(2026, 3, 29, 2, 30),
            day=date(2024, 12, 30),
            clock=time(0, 0),
            length=timedelta(hours=-1),
            pay=Decimal("3"),
            hours=1.0,
            done=False,
            data=[],
        ),
        Shift(
            id=4,
            worker="Bob",
            at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            noted=datetime(2024, 2, 29, 12, 0),
            day=date(2024, 2, 29),
            clock=time(12, 5, 6, 7),
            length=timedelta(),
        ),
        Shift(
            id=5,
            worker="Cy",
            at=datetime(2018, 11, 4, 3, 30, tzinfo=UTC),
            noted=datetime(2018, 11, 4, 3, 30),
            day=date(2018, 11, 4),
            length=timedelta(days=-1, microseconds=1),
        ),
    ]


async def values(shift: ShiftRepository, expression: Any, *ids: int) -> Any:
    """What an expression gives: of one row its value, of several a list."""
    rows = shift.objects.filter(id__in=ids).order_by("id").annotate(x=expression)
    found = [row for (row,) in await rows.values_list("x")]
    return found if len(ids) > 1 else found[0]
