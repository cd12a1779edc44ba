"""One table with a column of each type that the constructs read, and its rows."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The models of the tests of constructs only."""


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    noted: Mapped[datetime | None]
    day: Mapped[date | None]
    clock: Mapped[time | None]
    note: Mapped[str | None]
    done: Mapped[bool | None]
    data: Mapped[Any] = mapped_column(JSON, nullable=True)
    details: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), nullable=True)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"))

    previous: Mapped["Visit | None"] = relationship(remote_side=[id])


MIDNIGHT = datetime(2026, 12, 31, 23, 30, 59, 999999, tzinfo=UTC)
"""In Berlin it is half past midnight of the year after."""

DOCUMENTS: list[Any] = [
    {"owner": {"name": "Ann", "age": 40}, "tags": ["a", "b"], "n": 10},
    {"owner": "Ann", "tags": [], "n": 2.0},
    {
        "owner": {"name": None},
        "owner,name": 1,
        "tags": ["b"],
        "n": 2,
        "it's %(x)s": 1,
        "a:b?'\"\\": 2,
        "😀\n": 3,
    },
    ["a", {"n": 1}, 10],
    "a",
    None,
]


def visits() -> list[Visit]:
    """Visit 1 has everything, 2 nothing; the others have documents."""
    first = Visit(
        id=1,
        at=MIDNIGHT,
        noted=datetime(2026, 12, 31, 23, 30, 59, 999999),
        day=date(2027, 1, 1),
        clock=time(23, 30, 59, 999999),
        note="a",
        done=True,
    )
    documents = [
        Visit(id=number, data=document, details=document, previous_id=1, note="n" if number % 2 else "Ann")
        for number, document in enumerate(DOCUMENTS, start=3)
    ]
    return [first, Visit(id=2, previous_id=1), *documents]
