"""One table with a column of each plain type, its rows, and cases of functions of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, Double, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of these tests only."""


class Mood(Enum):
    calm = "c"
    cross = "x"


class Sample(Base):
    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    code: Mapped[str | None] = mapped_column(String(6))
    size: Mapped[int | None]
    total: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    weight: Mapped[float | None] = mapped_column(Double)
    ready: Mapped[bool | None]
    mood: Mapped[Mood | None]
    mark: Mapped[UUID | None]
    day: Mapped[date | None]
    at: Mapped[datetime | None]
    seen: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hour: Mapped[time | None]
    data: Mapped[Any | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    photo: Mapped[bytes | None]


class SampleRepository(BaseRepository[Sample]):
    model_cls = Sample
    ordering = ("id",)


MARK = UUID("0123abcd-0123-4567-89ab-0123456789ab")


def samples() -> list[Sample]:
    """Plain values, values at the edge, and none at all."""
    return [
        Sample(
            id=1,
            name="Ёжик",
            code="ab",
            size=7,
            total=2**40,
            price=Decimal("10.50"),
            weight=2.5,
            ready=True,
            mood=Mood.calm,
            mark=MARK,
            day=date(2024, 2, 29),
            at=datetime(2024, 2, 29, 12, 30, 15, 250_000),
            seen=datetime(2023, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
            hour=time(23, 59, 59, 1),
            data={"a": [1, "ё"]},
            photo=b"\x00\xff",
        ),
        Sample(
            id=2,
            name="  a'b%  ",
            code="",
            size=-3,
            total=-1,
            price=Decimal("-0.05"),
            weight=-0.5,
            ready=False,
            mood=Mood.cross,
            day=date(1999, 12, 31),
            at=datetime(1999, 1, 1),
            seen=datetime(2024, 7, 1, tzinfo=UTC),
            hour=time(0),
            data=[],
            photo=b"",
        ),
        Sample(id=3),
    ]


@dataclass(frozen=True)
class Case:
    """A function, what it is on either database, and what it gives of each sample."""

    expression: Any
    sqlite: str
    postgresql: str
    found: Sequence[Any]

    def on(self, backend: str) -> str:
        said: str = getattr(self, backend)
        return f"SELECT {said} AS x FROM samples ORDER BY samples.id ASC"


def same(expression: Any, said: str, *found: Any) -> Case:
    """A case that both databases say alike."""
    return Case(expression, said, said, found)


def apart(expression: Any, sqlite: str, postgresql: str, *found: Any) -> Case:
    """A case that they say each in its own way."""
    return Case(expression, sqlite, postgresql, found)
