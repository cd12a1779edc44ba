"""Tracks, with whatever a schema may read of one: columns, relations of every kind, and Python code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Numeric, Table, Text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    composite,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """The models of this module."""


METADATA = Base.metadata


class Kind(Enum):
    ALBUM = 1
    LIVE = 2


@dataclass
class Span:
    starts: int
    finish: int


track_tags = Table(
    "track_tags",
    METADATA,
    Column("track_id", ForeignKey("songs.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Country(Base):
    __tablename__ = "countries"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Singer(Base):
    __tablename__ = "bards"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str | None] = mapped_column(Text)
    country_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))

    country: Mapped[Country | None] = relationship()
    tracks: Mapped[list["Track"]] = relationship(
        back_populates="singer", order_by="Track.id", foreign_keys="Track.singer_id"
    )
    page: Mapped["FanPage | None"] = relationship(back_populates="singer")
    first: Mapped["Track | None"] = relationship(
        viewonly=True, uselist=False, order_by="Track.id", foreign_keys="Track.singer_id"
    )
    """One by its name, where the database has several."""
    letters: DynamicMapped["Letter"] = relationship()


class FanPage(Base):
    __tablename__ = "fan_pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    notes: Mapped[Any] = mapped_column(JSON, nullable=True)
    singer_id: Mapped[int] = mapped_column(ForeignKey("bards.id"), unique=True)

    singer: Mapped[Singer] = relationship(back_populates="page")


class Letter(Base):
    __tablename__ = "fan_letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    singer_id: Mapped[int] = mapped_column(ForeignKey("bards.id"))


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Track(Base):
    __tablename__ = "songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seconds: Mapped[int]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    born: Mapped[date]
    kind: Mapped[Kind]
    starts: Mapped[int]
    finish: Mapped[int]
    lyrics: Mapped[str] = mapped_column(Text, deferred=True)
    singer_id: Mapped[int] = mapped_column(ForeignKey("bards.id"))
    guest_id: Mapped[int | None] = mapped_column(ForeignKey("bards.id"))

    span: Mapped[Span] = composite("starts", "finish")
    singer: Mapped[Singer] = relationship(back_populates="tracks", foreign_keys=[singer_id])
    guest: Mapped[Singer | None] = relationship(foreign_keys=[guest_id])
    plays: Mapped[list["Play"]] = relationship(back_populates="track", order_by="Play.id")
    tags: Mapped[list[Tag]] = relationship(secondary=track_tags, order_by="Tag.id")
    tag_names: AssociationProxy[list[str]] = association_proxy("tags", "name")

    __mapper_args__ = {"polymorphic_on": "medium", "polymorphic_identity": "track"}  # noqa: RUF012
    medium: Mapped[str] = mapped_column(default="track")

    @hybrid_property
    def minutes(self) -> float:
        return self.seconds / 60

    @property
    def shout(self) -> str:
        return self.title.upper()

    @property
    def origin(self) -> str:
        return self.singer.name

    def shouted(self) -> str:
        return self.title.upper()


class Video(Track):
    __tablename__ = "videos"
    __mapper_args__ = {"polymorphic_identity": "video"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("songs.id"), primary_key=True)
    width: Mapped[int]


class Play(Base):
    __tablename__ = "shows"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    track_id: Mapped[int] = mapped_column(ForeignKey("songs.id"))
    country_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))

    track: Mapped[Track] = relationship(back_populates="plays")
    country: Mapped[Country | None] = relationship()


def rows() -> Iterable[list[Any]]:
    yield [Country(code="at", name="Austria"), Country(code="be", name="Belgium")]
    yield [
        Singer(id=1, name="Ada", bio="long", country_code="at"),
        Singer(id=2, name="Bob"),
        Singer(id=3, name="Cy", country_code="be"),
    ]
    yield [FanPage(id=1, url="/ada", singer_id=1, notes={"x": 1}), FanPage(id=2, url="/cy", singer_id=3)]
    tags = [Tag(id=1, name="loud"), Tag(id=2, name="slow")]
    yield tags
    yield [_track(number, tags) for number in range(1, 7)]
    yield [
        Play(id=n, place="abc"[n % 3], track_id=n % 4 + 1, country_code=("at", "be", None)[n % 3])
        for n in range(1, 9)
    ]


def _track(number: int, tags: list[Tag]) -> Track:
    values: dict[str, Any] = {
        "id": number,
        "title": f"t{number}",
        "seconds": 60 * number,
        "price": Decimal("1.50") if number % 2 else None,
        "born": date(2026, 1, number),
        "kind": Kind.LIVE if number % 3 else Kind.ALBUM,
        "starts": number,
        "finish": number + 1,
        "lyrics": "la",
        "singer_id": number % 3 + 1,
        "guest_id": (None, 1, 2)[number % 3],
    }
    values["tags"] = tags[: number % 3]
    return Video(width=640, **values) if number == 6 else Track(**values)
