"""A table with a column of every type that values are coerced for, and the one it refers to."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of the tests of errors only."""


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Lowered(TypeDecorator[str]):
    """A type of the user's own, that takes what its bind processing takes."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value if value is None else value.lower()


class Drawer(Base):
    __tablename__ = "drawers"

    row: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[int] = mapped_column(primary_key=True)


class Cabinet(Base):
    __tablename__ = "cabinets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    specimens: Mapped[list["Specimen"]] = relationship(back_populates="cabinet")


class Specimen(Base):
    __tablename__ = "specimens"

    id: Mapped[int] = mapped_column(primary_key=True)
    integer: Mapped[int | None]
    small: Mapped[int | None] = mapped_column(SmallInteger)
    big: Mapped[int | None] = mapped_column(BigInteger)
    string: Mapped[str | None] = mapped_column(String(10))
    text: Mapped[str | None] = mapped_column(Text)
    real: Mapped[float | None] = mapped_column(Float)
    decimal: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    boolean: Mapped[bool | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    instant: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clock: Mapped[time | None] = mapped_column(Time)
    span: Mapped[timedelta | None] = mapped_column(Interval)
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    uuid: Mapped[UUID | None]
    colour: Mapped[Colour | None]
    size: Mapped[str | None] = mapped_column(EnumType("small", "large", name="sizes"))
    document: Mapped[Any | None] = mapped_column(JSON)
    lowered: Mapped[str | None] = mapped_column(Lowered)
    cabinet_id: Mapped[int | None] = mapped_column(ForeignKey("cabinets.id"))

    cabinet: Mapped[Cabinet | None] = relationship(back_populates="specimens")


class SpecimenRepository(BaseRepository[Specimen]): ...


class CabinetRepository(BaseRepository[Cabinet]): ...


class DrawerRepository(BaseRepository[Drawer]): ...
