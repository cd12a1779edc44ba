"""What pages are turned of: tracks that are alike in much and lack some of it, their singers and plays."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from sqlalchemy import REAL, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The models of the tests of pages."""


class Kind(Enum):
    """Of which the databases have another order than the alphabet only if they are told."""

    ALBUM = 1
    LIVE = 2
    STUDIO = 3


class Singer(Base):
    __tablename__ = "singers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    country: Mapped[str]
    number: Mapped[int]

    tracks: Mapped[list["Track"]] = relationship(back_populates="singer")

    __table_args__ = (
        UniqueConstraint("country", "number"),
        Index("ix_some_singers", "name", unique=True, sqlite_where=(id == 0), postgresql_where=(id == 0)),
    )


class Track(Base):
    __tablename__ = "tracks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    rank: Mapped[int | None]
    done: Mapped[bool]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    score: Mapped[float] = mapped_column(REAL)
    played: Mapped[datetime | None]
    born: Mapped[date]
    kind: Mapped[Kind]
    uid: Mapped[UUID]
    code: Mapped[str] = mapped_column(unique=True)
    singer_id: Mapped[int | None] = mapped_column(ForeignKey("singers.id"))

    singer: Mapped[Singer | None] = relationship(back_populates="tracks")
    plays: Mapped[list["Play"]] = relationship(back_populates="track")


class Play(Base):
    __tablename__ = "plays"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))

    track: Mapped[Track] = relationship(back_populates="plays")


SINGERS = [(1, "Ada", "at", 1), (2, None, "at", 2), (3, "Bob", "be", 1), (4, "Ada", "be", 2)]


def singers() -> list[dict[str, object]]:
    return [
        {"id": key, "name": name, "country": country, "number": number}
        for key, name, country, number in SINGERS
    ]


def track(key: int, number: int) -> dict[str, object]:
    """The columns of a track, which another number makes another: much of it is alike all the same."""
    a, b, c, d, e = number % 3, number // 3 % 3, number // 9 % 3, number // 27 % 4, number // 108 % 5
    return {
        "id": key,
        "title": ("b", "A", "ab")[a],
        "rank": (None, 1, 2)[b],
        "done": a == c,
        "price": (None, Decimal("0.10"), Decimal("2.50"))[c],
        "score": (0.1, 0.2, 1 / 3)[b],
        "played": (None, datetime(2026, 1, 2, 3, 4, 5, 678901), datetime(2026, 1, 2, 3, 4, 5))[a],
        "born": (date(2026, 1, 2), date(1999, 12, 31), date(2026, 1, 3))[c],
        "kind": list(Kind)[b],
        "uid": UUID(int=a * 2**120 + c),
        "code": f"c{key}",
        "singer_id": (None, 1, 2, 3, 4)[e] if d else None,
    }
