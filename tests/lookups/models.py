"""What lookups on parts of values are asked of: visits with every kind of time, and a document."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """The models of these tests only."""


class Guest(Base):
    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    born: Mapped[date | None]

    visits: Mapped[list["Visit"]] = relationship(back_populates="guest")


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date | None]
    noted: Mapped[datetime | None]
    came: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opens: Mapped[time | None]
    data: Mapped[Any] = mapped_column(Document, nullable=True)
    guest_id: Mapped[int | None] = mapped_column(ForeignKey("guests.id"))

    guest: Mapped[Guest | None] = relationship(back_populates="visits")


def rows() -> list[Any]:
    return [
        Guest(id=1, name="Ann", born=date(1990, 5, 1)),
        Guest(id=2, name="Bob", born=date(1980, 9, 1)),
        Visit(
            id=1,
            day=date(2024, 12, 30),
            noted=datetime(2024, 12, 30, 23, 59, 59, 999999),
            came=datetime(2024, 12, 31, 23, 30, tzinfo=UTC),
            opens=time(8, 15, 30),
            data={"owner": {"name": "Éva"}, "sizes": [3, 1.0], "b": 1, "a": 2},
            guest_id=1,
        ),
        Visit(
            id=2,
            day=date(2025, 1, 1),
            noted=datetime(2025, 1, 1),
            came=datetime(2025, 7, 1, 21, 59, tzinfo=UTC),
            opens=time(20, 0),
            data={"owner": None, "sizes": [], "a": 10},
            guest_id=1,
        ),
        Visit(id=3, data="plain", guest_id=2),
        Visit(id=4),
    ]
