"""A gallery: every kind of relation that SQLAlchemy maps, with a few rows each."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    String,
    Table,
    TypeDecorator,
    and_,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    attribute_keyed_dict,
    foreign,
    mapped_column,
    relationship,
    remote,
)


class Base(DeclarativeBase):
    """The models of this module."""


METADATA = Base.metadata


class Shouted(TypeDecorator[str]):
    """A text that is stored in capitals."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value.upper() if value is not None else None

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value.lower() if value is not None else None


inspirations = Table(
    "influences",
    METADATA,
    Column("from_id", ForeignKey("artists.id"), primary_key=True),
    Column("to_id", ForeignKey("artists.id"), primary_key=True),
    Column("place", String(10), nullable=False),
)
work_labels = Table(
    "work_labels",
    METADATA,
    Column("work_id", ForeignKey("works.id"), primary_key=True),
    Column("label_id", ForeignKey("labels.id"), primary_key=True),
)


class School(Base):
    __tablename__ = "schools"

    code: Mapped[str] = mapped_column(Shouted, primary_key=True)
    artists: Mapped[list["Artist"]] = relationship(back_populates="school", order_by="Artist.name.desc()")


class Artist(Base):
    __tablename__ = "artists"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    school_code: Mapped[str | None] = mapped_column(Shouted, ForeignKey("schools.code"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id"))

    school: Mapped[School | None] = relationship(back_populates="artists")
    mentor: Mapped["Artist | None"] = relationship(back_populates="pupils", remote_side=[id])
    pupils: Mapped[set["Artist"]] = relationship(back_populates="mentor")
    influences: Mapped[list["Artist"]] = relationship(
        secondary=inspirations,
        primaryjoin=id == inspirations.c.from_id,
        secondaryjoin=id == inspirations.c.to_id,
        order_by=inspirations.c.place,
        back_populates="influenced",
    )
    influenced: Mapped[list["Artist"]] = relationship(
        secondary=inspirations,
        primaryjoin=id == inspirations.c.to_id,
        secondaryjoin=id == inspirations.c.from_id,
        back_populates="influences",
    )
    profile: Mapped["Profile | None"] = relationship(back_populates="artist")
    works: Mapped[list["Work"]] = relationship(back_populates="artist")
    by_title: Mapped[dict[str, "Work"]] = relationship(
        collection_class=attribute_keyed_dict("title"), viewonly=True
    )
    large: Mapped[list["Work"]] = relationship(
        primaryjoin=lambda: and_(Artist.id == foreign(Work.artist_id), Work.size > 10), viewonly=True
    )
    """Of which the condition is more than equal keys."""
    largest: Mapped["Work | None"] = relationship(
        viewonly=True, uselist=False, order_by="Work.size.desc(), Work.id"
    )
    """One by its name, where the database has several."""
    namesakes: Mapped[list["Artist"]] = relationship(
        primaryjoin=lambda: and_(
            foreign(remote(Artist.mentor_id)) == Artist.mentor_id, remote(Artist.id) != Artist.id
        ),
        viewonly=True,
    )
    labels: Mapped[list["Label"]] = relationship(
        secondary=lambda: Work.__table__.join(work_labels, Work.__table__.c.id == work_labels.c.work_id),
        primaryjoin=lambda: Artist.id == Work.__table__.c.artist_id,
        secondaryjoin=lambda: work_labels.c.label_id == Label.id,
        viewonly=True,
    )
    """Through two tables."""
    letters: WriteOnlyMapped["Letter"] = relationship(back_populates="artist")
    notes: DynamicMapped["Note"] = relationship(back_populates="artist")


class Profile(Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str]
    artist_name: Mapped[str] = mapped_column(ForeignKey("artists.name"), unique=True)

    artist: Mapped[Artist] = relationship(back_populates="profile")


class Letter(Base):
    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))
    artist: Mapped[Artist] = relationship(back_populates="letters")


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))
    artist: Mapped[Artist] = relationship(back_populates="notes")


class Room(Base):
    __tablename__ = "rooms"

    house: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    works: Mapped[list["Work"]] = relationship(back_populates="room", order_by="Work.size")


class Work(Base):
    __tablename__ = "works"
    __table_args__ = (ForeignKeyConstraint(["house", "room_number"], ["rooms.house", "rooms.number"]),)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "work"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    size: Mapped[int]
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))
    house: Mapped[str | None]
    room_number: Mapped[int | None]

    artist: Mapped[Artist] = relationship(back_populates="works")
    room: Mapped[Room | None] = relationship(back_populates="works")
    labels: Mapped[list["Label"]] = relationship(secondary=work_labels, back_populates="works")
    credits: Mapped[list["Credit"]] = relationship(back_populates="work")
    credited: Mapped[list[Artist]] = relationship(secondary="credits", viewonly=True, order_by=Artist.name)


class Painting(Work):
    """With a table of its own."""

    __tablename__ = "paintings"
    __mapper_args__ = {"polymorphic_identity": "painting"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("works.id"), primary_key=True)
    medium: Mapped[str]
    frames: Mapped[list["Frame"]] = relationship(back_populates="painting")


class Print(Work):
    """In the table of all works."""

    __mapper_args__ = {"polymorphic_identity": "print"}  # noqa: RUF012

    edition: Mapped[int | None]


class Frame(Base):
    __tablename__ = "frames"

    id: Mapped[int] = mapped_column(primary_key=True)
    painting_id: Mapped[int] = mapped_column(ForeignKey("paintings.id"))
    painting: Mapped[Painting] = relationship(back_populates="frames")


class Label(Base):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    works: Mapped[list[Work]] = relationship(secondary=work_labels, back_populates="labels")


class Credit(Base):
    __tablename__ = "credits"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"))
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))
    work: Mapped[Work] = relationship(back_populates="credits")
    artist: Mapped[Artist] = relationship()


class Influence(Base):
    __table__ = inspirations


class WorkLabel(Base):
    __table__ = work_labels


def rows() -> Iterable[list[Any]]:
    yield [School(code="delft"), School(code="haarlem"), School(code="empty")]
    yield [
        Artist(id=1, name="Ada", school_code="delft"),
        Artist(id=2, name="Bo", school_code="delft", mentor_id=1),
        Artist(id=3, name="Cy", school_code="haarlem", mentor_id=1),
        Artist(id=4, name="Di"),
    ]
    yield [Room(house="east", number=1), Room(house="east", number=2), Room(house="west", number=1)]
    yield [
        Profile(id=1, site="ada.example", artist_name="Ada"),
        Profile(id=2, site="cy.example", artist_name="Cy"),
        Letter(id=1, artist_id=1),
        Letter(id=2, artist_id=1),
        Note(id=1, artist_id=2),
        Work(id=1, title="One", size=5, artist_id=1, house="east", room_number=1),
        Painting(id=2, title="Two", size=30, artist_id=1, medium="oil", house="east", room_number=1),
        Print(id=3, title="Three", size=20, artist_id=1, edition=2, house="west", room_number=1),
        Painting(id=4, title="Four", size=8, artist_id=2, medium="oil", house="east", room_number=2),
        Work(id=5, title="Five", size=12, artist_id=2),
        Print(id=6, title="Six", size=12, artist_id=3, edition=7),
        Label(id=1, name="loved"),
        Label(id=2, name="lost"),
        Label(id=3, name="unused"),
    ]
    yield [
        Frame(id=1, painting_id=2),
        Frame(id=2, painting_id=2),
        Frame(id=3, painting_id=4),
        Credit(id=1, role="frame", work_id=2, artist_id=3),
        Credit(id=2, role="varnish", work_id=2, artist_id=2),
        Credit(id=3, role="frame", work_id=4, artist_id=4),
        *[
            Influence(from_id=one, to_id=other, place=place)
            for one, other, place in [
                (1, 2, "b"),
                (1, 4, "a"),
                (2, 3, "a"),
                (3, 1, "c"),
                (3, 2, "b"),
                (3, 4, "a"),
            ]
        ],
        *[
            WorkLabel(work_id=work, label_id=label)
            for work, label in [(1, 1), (2, 1), (2, 2), (4, 2), (6, 1)]
        ],
    ]
