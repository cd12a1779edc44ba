"""Values of every kind as JSON: byte for byte what pydantic writes of what ``into()`` makes of them."""

import json
from collections.abc import Awaitable, Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel, create_model
from sqlalchemy import JSON, DateTime, Double, Float, ForeignKey, Numeric, Uuid, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Database, QuerySet, UnsupportedOperationError
from django_like_repos.execution.dumping import dumped
from tests.mappings.conftest import rolled_back


class Base(DeclarativeBase):
    """The models of this module."""


METADATA = Base.metadata


class Size(Enum):
    SMALL = "s"
    LARGE = 'l"ä'


class Level(Enum):
    LOW = 1
    HIGH = 2


class Value(Base):
    __tablename__ = "json_values"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    whole: Mapped[int | None]
    yes: Mapped[bool | None]
    real: Mapped[float | None] = mapped_column(Double)
    single: Mapped[float | None] = mapped_column(Float(24))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    small: Mapped[Decimal | None] = mapped_column(Numeric(24, 10))
    free: Mapped[Decimal | None] = mapped_column(Numeric)
    day: Mapped[date | None]
    clock: Mapped[time | None]
    naive: Mapped[datetime | None]
    aware: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    uuid: Mapped[UUID | None] = mapped_column(Uuid)
    size: Mapped[Size | None]
    level: Mapped[Level | None]
    document: Mapped[Any] = mapped_column(JSON, nullable=True)
    bare: Mapped[Any] = mapped_column(JSON, nullable=True)
    span: Mapped[timedelta | None]
    raw: Mapped[bytes | None]


class Box(Base):
    __tablename__ = "json_boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    things: Mapped[list["Thing"]] = relationship(order_by="Thing.id")


class Thing(Base):
    """With columns that are called as what stands beside them in statements."""

    __tablename__ = "json_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    dlr_owner0: Mapped[int] = mapped_column(ForeignKey("json_boxes.id"))
    dlr_owner_0: Mapped[int]


INFINITY = float("inf")
FIELDS: dict[str, Any] = {
    "text": str,
    "whole": int,
    "yes": bool,
    "real": float,
    "single": float,
    "price": Decimal,
    "small": Decimal,
    "free": Decimal,
    "day": date,
    "clock": time,
    "naive": datetime,
    "aware": datetime,
    "uuid": UUID,
    "size": Size,
    "level": Level,
    "document": dict[str, Any],
    "bare": Any,
    "span": timedelta,
    "raw": bytes,
    "id": int,
}
BY_PYTHON = ("span", "raw")
NOTED_OTHERWISE = ("real", "single", "document", "bare")
"""What has several texts of one meaning: 1e15, and the spaces of documents."""
_FAR = timezone(timedelta(hours=5, minutes=45))
VALUES: dict[str, list[Any]] = {
    "text": ["", "plain", 'quoted "\\/', "lines\n\r\t\b\f\x01\x1f\x7f", "ünï 😀 \u2028", "{}%s:x'"],
    "whole": [0, 1, -1, 2**31 - 1, -(2**31)],
    "yes": [True, False],
    "real": [0.0, -0.0, 1.0, -2.5, 0.1, 1 / 3, 1e15, 123456789012345678.0, 1e300, 5e-324, 1e-7, INFINITY],
    "single": [0.0, 0.5, 0.1, 16777216.0, 1e30],
    "price": [Decimal(each) for each in ("0", "0.00", "1.5", "-1.50", "9999999999.99", "0.01", "-0.01")],
    "small": [
        Decimal(each)
        for each in ("0", "1", "-1", "0.0000001", "-0.0000123", "0.000001", "0.0000000001", "12.3400000000")
    ],
    "free": [Decimal(each) for each in ("0", "10000", "-12340000", "48485060000", "0.5", "-0.00000012", "1")],
    "day": [date(2026, 1, 2), date.min, date.max, date(999, 1, 1)],
    "clock": [time(), time(10, 5), time(23, 59, 59, 999999), time(1, 2, 3, 120000), time(0, 0, 0, 1)],
    "naive": [
        datetime(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5, 120000),
        datetime(99, 1, 2, 3, 4, 5, 1),
        datetime(2026, 12, 31, 23, 59, 59, 999999),
    ],
    "aware": [
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=_FAR),
    ],
    "uuid": [UUID(int=0), UUID("12345678-9ABC-DEF0-1234-56789abcdef0")],
    "size": [*Size],
    "level": [*Level],
    "document": [{}, {"a": [1, 1.5, None, True, "é\n"]}, {"deep": {"x": {"y": []}}}, {"nAn": "NaN Infinity"}],
    "bare": [
        3.141592653589793,
        0.1234567890123456789,
        2**63,
        12,
        -1e-7,
        1e300,
        "1.10",
        "1e5",
        '"""',
        [1.10],
        None,
    ],
    "span": [timedelta(), timedelta(days=400, seconds=3723, microseconds=5), timedelta(seconds=-1)],
    "raw": [b"", b"text", "ä".encode()],
}


def rows() -> Iterable[list[Any]]:
    most = max(map(len, VALUES.values()))
    found: list[Any] = []
    for place in range(most + 1):
        given: dict[str, Any] = {
            name: values[place] for name, values in VALUES.items() if place < len(values)
        }
        found.append(Value(**given))
    yield found
    yield [Box(id=1, things=[Thing(id=2, dlr_owner_0=3)])]


def _model(*names: str) -> Any:
    fields: Any = {name: (FIELDS[name] | None, ...) for name in names}
    return create_model("Out", **fields)


def _written(made: Iterable[BaseModel]) -> bytes:
    return b"[%b]" % b",".join([each.model_dump_json().encode() for each in made])


STRAY = {"size": "MEDIUM", "level": "MEDIUM"}


@pytest.mark.parametrize("name", STRAY)
async def test_no_members(tables: Database, backend: str, name: str) -> None:
    if backend == "postgresql":
        async with tables.session() as session:
            await session.execute(text(f"ALTER TYPE {name} ADD VALUE '{STRAY[name]}'"))
            await session.commit()
    async with rolled_back(tables) as session:
        await session.execute(text(f"UPDATE json_values SET {name} = '{STRAY[name]}' WHERE id = 1"))
        stray = QuerySet(Value, session).order_by("id").values("id", name)
        with pytest.raises(LookupError, match="'MEDIUM' is not among the defined enum values"):
            await stray.json()
        assert len(json.loads(await stray.filter(id__gt=1).json())) > 5


async def test_floats_whatever_is_set(tables: Database, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no such settings")
    async with tables.session() as session:
        queryset = QuerySet(Value, session).order_by("id")
        expected = await queryset.json(_model("real", "single"))
        for digits in (0, -3, -15, 3, 1):
            await session.execute(text(f"SET LOCAL extra_float_digits = {digits}"))
            found = await queryset.json(_model("real", "single"))
            assert repr(json.loads(found)) == repr(json.loads(expected))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day", "0044-03-15 BC"),
        ("day", "20000-01-01"),
        ("naive", "0044-03-15 12:00 BC"),
        ("naive", "10000-01-01 00:00"),
        ("aware", "9999-12-31 23:59:59 -05"),
        ("aware", "0001-01-01 00:00 +05"),
    ],
)
async def test_days_beyond_those_of_python(tables: Database, backend: str, name: str, value: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has the texts that Python has written")
    async with rolled_back(tables) as session:
        await session.execute(text(f"UPDATE json_values SET {name} = '{value}' WHERE id = 1"))
        far = QuerySet(Value, session).filter(id=1).values(name)
        assert await far.json_way() == "database"
        # Drivers say the nearest day of Python's, or that there is none.
        assert await _outcome(far.json()) == await _outcome(_dumped(far))


async def _dumped(queryset: Any) -> bytes:
    return dumped(await queryset, None)


async def _outcome(call: Awaitable[bytes]) -> Any:
    try:
        return await call
    except (ValueError, OverflowError, DBAPIError) as error:
        return type(error)


class ThingOut(NamedTuple):
    id: int
    dlr_owner0: int
    dlr_owner_0: int


class BoxOut(NamedTuple):
    things: list[ThingOut]


async def test_columns_called_as_ours(tables: Database) -> None:
    async with tables.session() as session:
        assert await QuerySet(Box, session).json(BoxOut) == b"[[[[2,1,3]]]]"
        (box,) = await QuerySet(Box, session).prefetch_related("things")
        assert [each.dlr_owner_0 for each in box.things] == [3]


async def test_numbers_alone_as_documents(tables: Database) -> None:
    async with tables.session() as session:
        bare = QuerySet(Value, session).order_by("id").values_list("bare", flat=True)
        assert await bare.json_way() == "database"
        assert repr(json.loads(await bare.json())) == repr(await bare)


async def test_bytes_that_are_no_text(tables: Database) -> None:
    async with rolled_back(tables) as session:
        values = QuerySet(Value, session).filter(id=1)
        await values.update(raw=b"\xff")
        for asked in (
            values.values("id", "raw"),
            values.values_list("id", "raw"),
            values.values_list("id", "raw", named=True),
            values.values_list("raw", flat=True),
            values.into(_model("id", "raw")),
        ):
            with pytest.raises(UnsupportedOperationError, match="'raw' holds bytes that are no UTF-8"):
                await asked.json()


@pytest.mark.parametrize("name", FIELDS)
async def test_values(tables: Database, name: str) -> None:
    kind = _model(name)
    async with tables.session() as session:
        queryset = QuerySet(Value, session).order_by("id")
        way = await queryset.json_way(kind)
        assert (way == "database") is (name not in BY_PYTHON)
        said, expected = await queryset.json(kind), _written(await queryset.into(kind))
    if name in NOTED_OTHERWISE:
        # Floats are not one another's whole numbers.
        assert repr(json.loads(said)) == repr(json.loads(expected))
    else:
        assert said == expected
