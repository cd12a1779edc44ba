"""A row of every kind of column, one of NULLs, and one of what text has to quote."""

import enum
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Float,
    ForeignKey,
    Integer,
    Numeric,
    SmallInteger,
    String,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, OID
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship


class Base(DeclarativeBase):
    """The models of exports."""


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Upper(TypeDecorator[str]):
    """Text that Python sees in capitals."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.upper()


class Maker(Base):
    __tablename__ = "export_makers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    samples: Mapped[list["Sample"]] = relationship(back_populates="maker")


class Sample(Base):
    __tablename__ = "export_samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    big: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    weight: Mapped[float | None]
    ok: Mapped[bool | None]
    day: Mapped[date | None]
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    naive: Mapped[datetime | None]
    clock: Mapped[time | None]
    span: Mapped[timedelta | None]
    key: Mapped[UUID | None]
    color: Mapped[Color | None]
    data: Mapped[bytes | None]
    doc: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), nullable=True)
    shout: Mapped[str | None] = mapped_column(Upper)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey(Maker.id))
    maker: Mapped[Maker | None] = relationship(back_populates="samples")
    both: Mapped[Any] = composite(lambda *values: values, "small", "big")


class Cents(TypeDecorator[Decimal]):
    """An integer, which Python sees with two places."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Amount(Base):
    """Numbers of all kinds."""

    __tablename__ = "export_amounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    cents: Mapped[Decimal | None] = mapped_column(Cents)
    whole: Mapped[Decimal | None] = mapped_column(Numeric(5))
    free: Mapped[Decimal | None] = mapped_column(Numeric)
    single: Mapped[Decimal | None] = mapped_column(Float(asdecimal=True))
    seen: Mapped[float | None] = mapped_column(Numeric(8, 2, asdecimal=False))
    more: Mapped[Decimal | None] = mapped_column(Numeric(8, 2, decimal_return_scale=4))


class OnPostgresql(DeclarativeBase):
    """What SQLite has no columns for."""


class Listed(OnPostgresql):
    __tablename__ = "export_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    numbers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    keys: Mapped[list[UUID | None] | None] = mapped_column(ARRAY(Uuid()))
    grid: Mapped[list[list[str]] | None] = mapped_column(ARRAY(String, dimensions=2))
    host: Mapped[str | None] = mapped_column(INET)
    colors: Mapped[list[Color | None] | None] = mapped_column(ARRAY(Enum(Color, name="export_listed_color")))
    object_id: Mapped[int | None] = mapped_column(OID)


TRICKY: Final = 'a "b", \\c\n\r\n$1 \ufeff %(x)s'
FULL: Final[dict[str, Any]] = {
    "id": 1,
    "small": -3,
    "big": 2**40,
    "name": TRICKY,
    "price": Decimal("12.50"),
    "weight": 0.1,
    "ok": True,
    "day": date(2020, 1, 2),
    "at": datetime(2020, 1, 2, 3, 4, 5, 600_000, tzinfo=timezone(timedelta(hours=2))),
    "naive": datetime(2020, 1, 2, 3, 4, 5),
    "clock": time(1, 2, 3, 40),
    "span": timedelta(days=-2, seconds=3700, microseconds=5),
    "key": UUID(int=5),
    "color": Color.BLUE,
    "data": b"\x00\xff",
    "doc": {"a": [1, None]},
    "shout": "low",
    "maker_id": 1,
}
EMPTY: Final[dict[str, Any]] = {**dict.fromkeys(FULL), "id": 2, "name": "", "doc": JSON.NULL}
NULLS: Final[dict[str, Any]] = {**dict.fromkeys(FULL), "id": 3, "weight": 1e15, "ok": False}
del NULLS["doc"]
EXPORTED: Final[list[dict[str, Any]]] = [
    {
        **FULL,
        "at": FULL["at"].astimezone(UTC),
        "color": "BLUE",
        "doc": '{"a": [1, null]}',
        "shout": "LOW",
    },
    {**EMPTY, "doc": "null"},
    {**NULLS, "doc": None},
]
"""What Arrow has of them."""
