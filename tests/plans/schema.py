"""A parcel office: a column of every kind of type, and relations to one, to many, to itself, many-to-many."""

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Enum,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    Uuid,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Kind(enum.Enum):
    """Stored by name, so that a value bound with any other type finds nothing."""

    LETTER = "letter"
    BOX = "box"
    CRATE = "crate"


class Cents(TypeDecorator[Decimal]):
    """Money as a whole number of cents: bound as anything else, every amount is a hundredth of itself."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Mirrored(TypeDecorator[str]):
    """Text stored backwards."""

    impl = String(3)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value[::-1]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value[::-1]


class Base(DeclarativeBase):
    """The models of the plan tests that both databases can hold."""


parcel_tags = Table(
    "parcel_tags",
    Base.metadata,
    Column("parcel_id", ForeignKey("parcels.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)


class Depot(Base):
    __tablename__ = "depots"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    rank: Mapped[int | None]

    parcels: Mapped[list["Parcel"]] = relationship(back_populates="depot", foreign_keys="Parcel.depot_id")


class Parcel(Base):
    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(3))
    title: Mapped[str | None]
    rank: Mapped[int | None]
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    weight: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    ratio: Mapped[float | None] = mapped_column(Float)
    fragile: Mapped[bool]
    kind: Mapped[Kind | None] = mapped_column(Enum(Kind))
    token: Mapped[UUID] = mapped_column(Uuid)
    postage: Mapped[Decimal | None] = mapped_column(Cents)
    sent_on: Mapped[date | None] = mapped_column(Date)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime)
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    edited: Mapped[str] = mapped_column(default="never", onupdate=func.upper("edited"))
    labels: Mapped[Any] = mapped_column(JSON().with_variant(postgresql.JSONB(), "postgresql"))
    depot_id: Mapped[int | None] = mapped_column(ForeignKey("depots.id"))
    origin_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parcels.id", ondelete="SET NULL"))

    depot: Mapped[Depot | None] = relationship(back_populates="parcels", foreign_keys=[depot_id])
    origin: Mapped[Depot] = relationship(foreign_keys=[origin_id])
    parent: Mapped["Parcel | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Parcel"]] = relationship(back_populates="parent")
    stamps: Mapped[list["Stamp"]] = relationship(back_populates="parcel")
    tags: Mapped[list["Tag"]] = relationship(back_populates="parcels", secondary=parcel_tags)


class Stamp(Base):
    __tablename__ = "stamps"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    rank: Mapped[int]
    made_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id", ondelete="CASCADE"))
    depot_id: Mapped[int | None] = mapped_column(ForeignKey("depots.id"))

    parcel: Mapped[Parcel] = relationship(back_populates="stamps")
    depot: Mapped[Depot | None] = relationship()


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    # Words that the shapes of queries use for themselves.
    opaque: Mapped[int]
    value: Mapped[int | None]

    parcels: Mapped[list[Parcel]] = relationship(back_populates="tags", secondary=parcel_tags)


class Sample(Base):
    """A column of each type that both databases have, some with a length or precision that cuts values."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    short: Mapped[str] = mapped_column(String(3))
    mirrored: Mapped[str] = mapped_column(Mirrored)
    whole: Mapped[int]
    small: Mapped[int] = mapped_column(SmallInteger)
    large: Mapped[int] = mapped_column(BigInteger)
    exactly: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    roughly: Mapped[float] = mapped_column(Numeric(4, 1, asdecimal=False))
    single: Mapped[float] = mapped_column(REAL)
    double: Mapped[float] = mapped_column(Double)
    cents: Mapped[Decimal] = mapped_column(Cents)
    truth: Mapped[bool]
    day: Mapped[date]
    moment: Mapped[datetime]
    hour: Mapped[time]
    span: Mapped[timedelta]
    data: Mapped[bytes]
    kind: Mapped[Kind]
    word: Mapped[str] = mapped_column(Enum("LETTER", "BOX", "CRATE", native_enum=False))
    token: Mapped[UUID]
    token_text: Mapped[str] = mapped_column(Uuid(as_uuid=False, native_uuid=False))


class Slot(Base):
    """A key of two columns."""

    __tablename__ = "slots"

    aisle: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Vehicle(Base):
    """A model whose subclass has a table beside its own."""

    __tablename__ = "vehicles"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012


class Van(Vehicle):
    __tablename__ = "vans"

    id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    plate: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "van"}  # noqa: RUF012


class PostgresBase(DeclarativeBase):
    """The models with types that only PostgreSQL has."""


class Crate(PostgresBase):
    __tablename__ = "crates"

    id: Mapped[int] = mapped_column(primary_key=True)
    slots: Mapped[list[int]] = mapped_column(postgresql.ARRAY(Integer))
    manifest: Mapped[Any] = mapped_column(JSON)
