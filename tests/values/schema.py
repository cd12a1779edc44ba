"""A museum of types: an exhibit with a column of each, and one of those that only PostgreSQL has."""

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
    Unicode,
    Uuid,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Metal(enum.Enum):
    IRON = "fe"
    GOLD = "au"


class Wood(enum.StrEnum):
    OAK = "oak"
    ELM = "elm"


class Grade(enum.IntEnum):
    POOR = 1
    GOOD = 2


class Swapped(enum.Enum):
    """Each name is the other's value."""

    A = "B"
    B = "A"


class Cents(TypeDecorator[Decimal]):
    """Money as a whole number of cents. Whoever wants it to be text is told so."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if isinstance(value, str):
            raise TypeError("money is a number")
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Tenths(TypeDecorator[Decimal]):
    """A number stored ten times as large, with one digit after the point."""

    impl = Numeric(5, 1)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) * 10

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else value / 10


class Digits(TypeDecorator[int]):
    """Integers of any size, as text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(int(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


class Loud(TypeDecorator[str]):
    """Text that comes back in capitals, and is bound as text is."""

    impl = String(12)
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.upper()


class Places(TypeDecorator[list[str]]):
    """A list of words as one text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else value.split(",")


class Base(DeclarativeBase):
    """The types that both databases have."""


class Exhibit(Base):
    __tablename__ = "exhibits"

    id: Mapped[int] = mapped_column(primary_key=True)
    string: Mapped[str | None] = mapped_column(String)
    short: Mapped[str | None] = mapped_column(String(5))
    long: Mapped[str | None] = mapped_column(Text)
    unicode: Mapped[str | None] = mapped_column(Unicode(40))
    metal: Mapped[Metal | None] = mapped_column(Enum(Metal))
    metal_value: Mapped[Metal | None] = mapped_column(
        Enum(Metal, values_callable=lambda metals: [metal.value for metal in metals], name="metal_values")
    )
    wood: Mapped[Wood | None] = mapped_column(Enum(Wood, native_enum=False))
    grade: Mapped[Grade | None] = mapped_column(Enum(Grade))
    swapped: Mapped[Swapped | None] = mapped_column(
        Enum(Swapped, values_callable=lambda letters: [letter.value for letter in letters])
    )
    word: Mapped[str | None] = mapped_column(Enum("low", "high", name="words"))
    integer: Mapped[int | None] = mapped_column(Integer)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    big: Mapped[int | None] = mapped_column(BigInteger)
    truth: Mapped[bool | None] = mapped_column(Boolean)
    exact: Mapped[Decimal | None] = mapped_column(Numeric(10, 3))
    inexact: Mapped[float | None] = mapped_column(Numeric(10, 3, asdecimal=False))
    double: Mapped[float | None] = mapped_column(Double)
    single: Mapped[float | None] = mapped_column(REAL)
    precise: Mapped[float | None] = mapped_column(Float(24))
    day: Mapped[date | None] = mapped_column(Date)
    naive: Mapped[datetime | None] = mapped_column(DateTime)
    aware: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hour: Mapped[time | None] = mapped_column(Time)
    span: Mapped[timedelta | None] = mapped_column(Interval)
    whole_span: Mapped[timedelta | None] = mapped_column(Interval(second_precision=0))
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    uuid: Mapped[UUID | None] = mapped_column(Uuid)
    uuid_text: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    document: Mapped[Any | None] = mapped_column(
        JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    )
    cents: Mapped[Decimal | None] = mapped_column(Cents)
    tenths: Mapped[Decimal | None] = mapped_column(Tenths)
    digits: Mapped[int | None] = mapped_column(Digits)
    loud: Mapped[str | None] = mapped_column(Loud)
    places: Mapped[list[str] | None] = mapped_column(Places)
    varying: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"))


HAS_BITS: Final = hasattr(postgresql, "BitString")
"""Before SQLAlchemy 2.1, bits are what the driver has for them, and no text."""


class PostgresBase(DeclarativeBase):
    """The types that only PostgreSQL has."""


class Treasure(PostgresBase):
    __tablename__ = "treasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    integers: Mapped[list[int] | None] = mapped_column(postgresql.ARRAY(Integer))
    shorts: Mapped[list[str] | None] = mapped_column(postgresql.ARRAY(String(3)))
    fixed_texts: Mapped[list[str] | None] = mapped_column(postgresql.ARRAY(postgresql.CHAR(3)))
    decimals: Mapped[list[Decimal] | None] = mapped_column(postgresql.ARRAY(Numeric(6, 1)))
    metals: Mapped[list[Metal] | None] = mapped_column(postgresql.ARRAY(Enum(Metal)))
    moments: Mapped[list[datetime] | None] = mapped_column(postgresql.ARRAY(DateTime(timezone=True)))
    grid: Mapped[list[list[int]] | None] = mapped_column(postgresql.ARRAY(Integer, dimensions=2))
    int4range: Mapped[Any | None] = mapped_column(postgresql.INT4RANGE)
    int8range: Mapped[Any | None] = mapped_column(postgresql.INT8RANGE)
    numrange: Mapped[Any | None] = mapped_column(postgresql.NUMRANGE)
    daterange: Mapped[Any | None] = mapped_column(postgresql.DATERANGE)
    tsrange: Mapped[Any | None] = mapped_column(postgresql.TSRANGE)
    tstzrange: Mapped[Any | None] = mapped_column(postgresql.TSTZRANGE)
    multirange: Mapped[Any | None] = mapped_column(postgresql.INT4MULTIRANGE)
    inet: Mapped[str | None] = mapped_column(postgresql.INET)
    cidr: Mapped[str | None] = mapped_column(postgresql.CIDR)
    macaddr: Mapped[str | None] = mapped_column(postgresql.MACADDR)
    macaddr8: Mapped[str | None] = mapped_column(postgresql.MACADDR8)
    interval: Mapped[timedelta | None] = mapped_column(postgresql.INTERVAL(precision=0))
    seconds: Mapped[datetime | None] = mapped_column(postgresql.TIMESTAMP(precision=0))
    time_zoned: Mapped[time | None] = mapped_column(Time(timezone=True))
    fixed: Mapped[str | None] = mapped_column(postgresql.CHAR(3))
    oid: Mapped[int | None] = mapped_column(postgresql.OID)
    document: Mapped[Any | None] = mapped_column(postgresql.JSONB(none_as_null=True))
    if HAS_BITS:
        bits: Mapped[Any | None] = mapped_column(postgresql.BIT(3))
        bits_varying: Mapped[Any | None] = mapped_column(postgresql.BIT(5, varying=True))
