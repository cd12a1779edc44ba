"""Kinds of columns, and values of each that are stored in odd ways; a table of them, and what it holds."""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from ipaddress import ip_interface, ip_network
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Loud(sa.TypeDecorator[str]):
    """Binds something else, for None too."""

    impl = sa.String(20)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str:
        return "NOTHING" if value is None else value.upper()


class Trimmed(sa.TypeDecorator[str]):
    """Binds and reads through SQL."""

    impl = sa.String(20)
    cache_ok = True

    def bind_expression(self, bindparam: sa.BindParameter[str]) -> Any:
        return sa.func.trim(bindparam, type_=self.impl_instance)

    def column_expression(self, column: sa.ColumnElement[str]) -> Any:
        return sa.func.upper(column, type_=self)


class Kind(NamedTuple):
    type: Any
    values: Sequence[Any]


UTC: Final = dt.UTC
EAST: Final = dt.timezone(dt.timedelta(hours=3))
ID: Final = UUID(int=2**100 + 7)

KINDS: Final[Mapping[str, Kind]] = {
    "integer": Kind(sa.Integer, [1, -(2**31), None]),
    "big": Kind(sa.BigInteger, [2**63 - 1, -(2**63)]),
    "small": Kind(sa.SmallInteger, [3]),
    "text": Kind(sa.Text, ["", "ünï😀", "a'\\\"b,{}\n\t%s:x", "\\N"]),
    "string": Kind(sa.String(5), ["abcde", None]),
    "char": Kind(sa.CHAR(5), ["ab"]),
    "boolean": Kind(sa.Boolean, [True, False]),
    "enum": Kind(sa.Enum(Colour, name="bulk_colour"), [Colour.RED, None]),
    "enum of text": Kind(sa.Enum(Colour, native_enum=False), [Colour.BLUE]),
    "json": Kind(sa.JSON, [{"a": [1, None]}, None, sa.null(), sa.JSON.NULL, "s", 1.5]),
    "json without null": Kind(sa.JSON(none_as_null=True), [None, {}]),
    "uuid": Kind(sa.Uuid, [ID]),
    "uuid of text": Kind(sa.Uuid(as_uuid=False), [str(ID)]),
    "uuid in text": Kind(sa.Uuid(native_uuid=False), [ID]),
    "interval": Kind(sa.Interval, [dt.timedelta(days=3, microseconds=5), dt.timedelta(-5)]),
    "numeric": Kind(sa.Numeric(12, 3), [Decimal("1.234"), Decimal("-3")]),
    "numeric of any": Kind(sa.Numeric, [Decimal("1.50")]),
    "numeric of floats": Kind(sa.Numeric(10, 2, asdecimal=False), [1.25]),
    "numeric of any floats": Kind(sa.Numeric(asdecimal=False), [1.25, -0.5]),
    "float": Kind(sa.Float, [1.1, float("inf"), 5e-324, -0.0, 0.1 + 0.2]),
    "real": Kind(sa.REAL, [0.1]),
    "float of decimals": Kind(sa.Float(asdecimal=True), [Decimal("1.1")]),
    "aware": Kind(sa.DateTime(timezone=True), [dt.datetime(2024, 6, 1, 3, 4, 5, 6, EAST)]),
    "naive": Kind(sa.DateTime, [dt.datetime(2, 1, 2, 3)]),
    "date": Kind(sa.Date, [dt.date(9998, 1, 1)]),
    "time": Kind(sa.Time, [dt.time(1, 2, 3, 4)]),
    "bytes": Kind(sa.LargeBinary, [b"\x00\xff\\", b""]),
    "pickle": Kind(sa.PickleType, [{"a": 1}]),
    "decorated": Kind(Loud, ["abc", None]),
    "by expressions": Kind(Trimmed, ["  abc ", None]),
}

OF_POSTGRESQL: Final[dict[str, Kind]] = {
    "jsonb": Kind(pg.JSONB, [{"a": 1}, None, sa.null()]),
    "inet": Kind(pg.INET, [ip_interface("10.0.0.1/8")]),
    "cidr": Kind(pg.CIDR, [ip_network("10.0.0.0/8")]),
    "mac": Kind(pg.MACADDR, ["08:00:2b:01:02:03"]),
    "mac of eight": Kind(pg.MACADDR8, ["08:00:2b:01:02:03:04:05"]),
    "range": Kind(pg.INT4RANGE, [pg.Range(1, 5), pg.Range(empty=True)]),
    "range of numbers": Kind(pg.NUMRANGE, [pg.Range(Decimal("1.5"), None)]),
    "range of moments": Kind(
        pg.TSTZRANGE, [pg.Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None, bounds="(]")]
    ),
    "ranges": Kind(pg.INT4MULTIRANGE, [[pg.Range(1, 5), pg.Range(7, 9)]]),
    "interval of days": Kind(pg.INTERVAL, [dt.timedelta(days=40, seconds=1)]),
    "time of zone": Kind(sa.Time(timezone=True), [dt.time(1, 2, tzinfo=UTC)]),
    "oid": Kind(pg.OID, [5]),
    "array": Kind(pg.ARRAY(sa.Integer), [[1, None], []]),
    "array of two": Kind(pg.ARRAY(sa.Text, dimensions=2), [[["a", "b,"], ["{c}", ""]]]),
    "words": Kind(pg.TSVECTOR, ["'a' 'b'"]),
}


if not sa.__version__.startswith("2.0"):
    # Before, they are what the driver has for them.
    OF_POSTGRESQL["bits"] = Kind(pg.BIT(3), ["101"])


def kinds_of(backend: str) -> dict[str, Kind]:
    return {**KINDS, **(OF_POSTGRESQL if backend == "postgresql" else {})}


def rows_of(kinds: Mapping[str, Kind]) -> list[dict[str, Any]]:
    """As many rows as the kind with the most values has."""
    most = max(len(kind.values) for kind in kinds.values())
    return [{name: kind.values[at % len(kind.values)] for name, kind in kinds.items()} for at in range(most)]


def stored(table: sa.Table, backend: str) -> Any:
    """A query for what a table holds, bit for bit."""
    said = _ON_SQLITE if backend == "sqlite" else _ON_POSTGRESQL
    bits = [sa.literal_column(said.format(f'"{column.name}"'), sa.Text) for column in table.columns]
    return sa.select(*bits).select_from(table).order_by(table.c.id)


_ON_SQLITE: Final = "typeof({0}) || ' ' || coalesce(hex({0}), '')"
_ON_POSTGRESQL: Final = "pg_typeof({0}) || ' ' || coalesce(CAST({0} AS TEXT), 'is NULL')"
