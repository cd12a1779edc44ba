"""Parts of dates: the SQL on each database, and what it finds in a zone."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, Date, literal, literal_column, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from django_like_repos.constructs import date_of, date_part, time_of, zone_name
from tests.constructs.models import MIDNIGHT, Visit
from tests.recording import RecordedSQL
from tests.sqltext import fold

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

BERLIN = "Europe/Berlin"
FINITE = "CAST(nullif(nullif(EXTRACT({year} FROM {{}}), 'Infinity'), '-Infinity') AS INTEGER)"


async def of_first(connection: AsyncConnection, construct: ColumnElement[Any]) -> Any:
    return await connection.scalar(select(construct).where(Visit.id == 1))


def said(sql: RecordedSQL) -> str:
    return fold(sql.last.removeprefix("SELECT ").partition(" AS ")[0])


@pytest.mark.parametrize(
    ("part", "in_utc", "in_berlin", "on_postgresql"),
    [
        ("year", 2026, 2027, FINITE.format(year="year")),
        ("iso_year", 2026, 2026, FINITE.format(year="isoyear")),
        ("quarter", 4, 1, "CAST(EXTRACT(quarter FROM {}) AS INTEGER)"),
        ("month", 12, 1, "CAST(EXTRACT(month FROM {}) AS INTEGER)"),
        ("week", 53, 53, "CAST(EXTRACT(week FROM {}) AS INTEGER)"),
        ("day", 31, 1, "CAST(EXTRACT(day FROM {}) AS INTEGER)"),
        ("week_day", 5, 6, "CAST(EXTRACT(dow FROM {}) + 1 AS INTEGER)"),
        ("iso_week_day", 4, 5, "CAST(EXTRACT(isodow FROM {}) AS INTEGER)"),
        ("hour", 23, 0, "CAST(EXTRACT(hour FROM {}) AS INTEGER)"),
        ("minute", 30, 30, "CAST(EXTRACT(minute FROM {}) AS INTEGER)"),
        ("second", 59, 59, "CAST(floor(EXTRACT(second FROM {})) AS INTEGER)"),
    ],
)
async def test_parts(
    connection: AsyncConnection,
    sql: RecordedSQL,
    backend: str,
    part: str,
    in_utc: int,
    in_berlin: int,
    on_postgresql: str,
) -> None:
    assert await of_first(connection, date_part(Visit.at, part, "UTC")) == in_utc
    assert await of_first(connection, date_part(Visit.noted, part)) == in_utc
    naive = on_postgresql.format("visits.noted")
    on_sqlite = f"dlr_date_part('{part}', visits.noted, NULL)"
    assert sql.last.startswith(f"SELECT {naive if backend == 'postgresql' else on_sqlite} AS")

    assert await of_first(connection, date_part(Visit.at, part, BERLIN)) == in_berlin
    aware = on_postgresql.format("timezone('Europe/Berlin', visits.at)")
    on_sqlite = f"dlr_date_part('{part}', visits.at, 'Europe/Berlin')"
    assert sql.last.startswith(f"SELECT {aware if backend == 'postgresql' else on_sqlite} AS")


async def test_the_ends_of_the_calendar_have_years(connection: AsyncConnection, backend: str) -> None:
    """PostgreSQL's driver says them as infinity, which has none; `Database` has it say them as they are."""
    years = select(*[date_part(literal(day, Date()), "year") for day in (date.max, date.min)])
    assert tuple((await connection.execute(years)).one()) == (9999, 1)
    if backend == "postgresql":
        infinite = [date_part(literal_column(f"DATE '{sign}infinity'", Date()), "year") for sign in ("", "-")]
        assert tuple((await connection.execute(select(*infinite))).one()) == (None, None)


async def test_dates_and_times(connection: AsyncConnection, sql: RecordedSQL, backend: str) -> None:
    sqlite = backend == "sqlite"

    assert await of_first(connection, date_of(Visit.at, BERLIN)) == date(2027, 1, 1)
    local = "timezone('Europe/Berlin', visits.at)"
    on_sqlite = "dlr_date(visits.at, 'Europe/Berlin')"
    assert sql.last.startswith(f"SELECT {on_sqlite if sqlite else f'CAST({local} AS DATE)'} AS")

    assert await of_first(connection, time_of(Visit.at, BERLIN)) == time(0, 30, 59, 999999)
    on_sqlite = "dlr_time(visits.at, 'Europe/Berlin')"
    wanted = on_sqlite if sqlite else f"CAST({local} AS TIME WITHOUT TIME ZONE)"
    assert sql.last.startswith(f"SELECT {wanted} AS")

    assert await of_first(connection, date_of(Visit.at, "UTC")) == date(2026, 12, 31)
    assert await of_first(connection, date_of(Visit.noted)) == date(2026, 12, 31)
    assert await of_first(connection, time_of(Visit.noted)) == time(23, 30, 59, 999999)


async def test_of_dates_and_times(connection: AsyncConnection) -> None:
    assert await of_first(connection, date_part(Visit.day, "iso_week_day")) == 5
    assert await of_first(connection, date_part(Visit.clock, "second")) == 59
    assert await of_first(connection, date_of(Visit.day)) == date(2027, 1, 1)
    assert await of_first(connection, date_part(date_of(Visit.at, BERLIN), "year")) == 2027


async def test_compared_with_values(connection: AsyncConnection) -> None:
    for condition in (
        date_of(Visit.at, BERLIN) == date(2027, 1, 1),
        date_of(Visit.at, BERLIN).in_([date(2027, 1, 1)]),
        date_of(Visit.at, BERLIN) == Visit.day,
        time_of(Visit.at, "UTC") == Visit.clock,
        time_of(Visit.noted) < time(23, 31),
        date_part(Visit.at, "year", BERLIN) > date_part(Visit.noted, "year"),
    ):
        assert (await connection.scalars(select(Visit.id).where(condition))).all() == [1]


async def test_of_a_value(connection: AsyncConnection) -> None:
    assert await of_first(connection, date_part(literal(datetime(2026, 5, 4)), "month")) == 5
    assert await of_first(connection, date_part(literal(MIDNIGHT, Visit.at.type), "year", BERLIN)) == 2027


async def test_of_null(connection: AsyncConnection) -> None:
    nothing = select(date_part(Visit.at, "year", BERLIN), date_of(Visit.at, BERLIN), time_of(Visit.noted))
    assert (await connection.execute(nothing.where(Visit.id == 2))).one() == (None, None, None)


async def test_a_zone_is_no_sql(connection: AsyncConnection) -> None:
    zone = "UTC') OR 1 = 1 --"
    with pytest.raises(DBAPIError):
        await of_first(connection, date_part(Visit.at, "year", zone))


def test_parts_that_are_none() -> None:
    with pytest.raises(ValueError, match="'century' is no part of a date; the parts are year, iso_year,"):
        date_part(Visit.at, "century")


def test_names_of_zones() -> None:
    assert zone_name(BERLIN) == zone_name(ZoneInfo(BERLIN)) == BERLIN
    assert zone_name("UTC") == "UTC"


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "Europe", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_zones_that_do_not_exist(zone: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        zone_name(zone)


@pytest.mark.parametrize("zone", [None, 1])
def test_what_is_no_zone(zone: Any) -> None:
    with pytest.raises(ValueError, match="is no time zone with a name"):
        zone_name(zone)
