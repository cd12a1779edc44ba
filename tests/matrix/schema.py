"""What the matrix queries, mapped by SQLAlchemy: a box of specimens, with a column of every type on both.

`django_schema.py` says the same for Django, on tables of its own: SQLite has no type for most of these
columns, and each side stores them in its own way.
"""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    ForeignKey,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Color(StrEnum):
    """What the enum column holds. Names and values agree, so it does not matter which of them is stored."""

    RED = "RED"
    GREEN = "GREEN"
    BLUE = "BLUE"


class Base(DeclarativeBase):
    """The models of the matrix only."""


class Typed:
    """A column of every type; each may be NULL."""

    text = mapped_column(Text)
    char = mapped_column(String(12))
    integer = mapped_column(Integer)
    small = mapped_column(SmallInteger)
    big = mapped_column(BigInteger)
    boolean = mapped_column(Boolean)
    float = mapped_column(Double)
    decimal = mapped_column(Numeric(12, 3))
    date = mapped_column(Date)
    naive = mapped_column(DateTime)
    aware = mapped_column(DateTime(timezone=True))
    time = mapped_column(Time)
    duration = mapped_column(Interval)
    uuid = mapped_column(Uuid)
    binary = mapped_column(LargeBinary)
    json = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    color = mapped_column(Enum(Color, native_enum=False, length=12))


class Box(Typed, Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)

    specimens: Mapped[list["Specimen"]] = relationship(back_populates="box")


class Specimen(Typed, Base):
    __tablename__ = "specimens"

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))

    box: Mapped[Box | None] = relationship(back_populates="specimens")


MODELS: tuple[type[Base], ...] = (Box, Specimen)
COLUMNS = tuple(name for name in vars(Typed) if not name.startswith("_"))
