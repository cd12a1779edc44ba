"""Truncated dates and times: their SQL, and what they give on both databases."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Date, DateTime, Time

from django_like_repos import (
    Count,
    Database,
    F,
    Func,
    Max,
)
from django_like_repos.query.functions.dates import (
    ExtractHour,
    Now,
    Trunc,
    TruncDate,
    TruncDay,
    TruncHour,
    TruncMinute,
    TruncMonth,
    TruncQuarter,
    TruncSecond,
    TruncTime,
    TruncWeek,
    TruncYear,
)
from tests.functions.shifts import BERLIN, Base, ShiftRepository, values
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
HAVANA = ZoneInfo("America/Havana")
INDIA = timezone(timedelta(hours=5, minutes=30))
AWARE = DateTime(timezone=True)


KINDS = {
    TruncYear: (datetime(2026, 1, 1), date(2027, 1, 1)),
    TruncQuarter: (datetime(2026, 10, 1), date(2027, 1, 1)),
    TruncMonth: (datetime(2026, 12, 1), date(2027, 1, 1)),
    TruncWeek: (datetime(2026, 12, 28), date(2026, 12, 28)),
    TruncDay: (datetime(2026, 12, 31), date(2027, 1, 1)),
    TruncHour: (datetime(2026, 12, 31, 23), time(23)),
    TruncMinute: (datetime(2026, 12, 31, 23, 30), time(23, 30)),
    TruncSecond: (datetime(2026, 12, 31, 23, 30, 59), time(23, 30, 59)),
}
"""The noted datetime of the first shift, and its day or its time."""


@pytest.mark.parametrize(("kind", "moment", "other"), [(kind, *found) for kind, found in KINDS.items()])
async def test_kinds(shift: ShiftRepository, kind: Any, moment: datetime, other: Any) -> None:
    name = "clock" if isinstance(other, time) else "day"
    found = (
        shift.objects.filter(id__lte=2)
        .order_by("id")
        .values_list(kind("noted"), kind("at"), kind(name), Trunc("noted", kind.kind), Trunc(name, kind.kind))
    )
    row, nothing = await found
    assert row == (moment, moment.replace(tzinfo=UTC), other, moment, other)
    assert nothing == (None,) * 5
    assert type(row[2]) is type(other)


@pytest.mark.parametrize(
    ("kind", "zone", "wanted"),
    [
        (TruncYear, BERLIN, datetime(2026, 12, 31, 23, tzinfo=UTC)),
        (TruncWeek, BERLIN, datetime(2026, 12, 27, 23, tzinfo=UTC)),
        (TruncDay, BERLIN, datetime(2026, 12, 31, 23, tzinfo=UTC)),
        (TruncHour, INDIA, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
        (TruncDay, INDIA, datetime(2026, 12, 31, 18, 30, tzinfo=UTC)),
        (TruncMonth, SAO_PAULO, datetime(2026, 12, 1, 3, tzinfo=UTC)),
    ],
)
async def test_truncated_in_a_zone(shift: ShiftRepository, kind: Any, zone: tzinfo, wanted: datetime) -> None:
    found = await values(shift, kind("at", tzinfo=zone), 1)
    assert found == wanted
    assert found.tzinfo is UTC


async def test_in_summer_time_and_out_of_it(shift: ShiftRepository) -> None:
    """A day that begins in summer time and ends without it; months, too, begin in the time that is then."""
    assert (
        await values(shift, TruncDay("at", tzinfo=BERLIN), 3, 4)
        == [datetime(2026, 10, 24, 22, tzinfo=UTC)] * 2
    )
    assert await values(shift, TruncMonth("at", tzinfo=BERLIN), 3) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert await values(shift, TruncYear("at", tzinfo=BERLIN), 3) == datetime(2025, 12, 31, 23, tzinfo=UTC)


async def test_an_hour_that_is_there_twice(shift: ShiftRepository) -> None:
    """Of two moments that a zone calls the same the first is given, as Django's make_aware() does."""
    first = datetime(2026, 10, 25, tzinfo=UTC)
    assert await values(shift, TruncHour("at", tzinfo=BERLIN), 3, 4) == [first, first]
    assert await values(shift, TruncHour("at"), 3, 4) == [first, first + timedelta(hours=1)]


async def test_a_midnight_that_is_there_twice(fresh_database: Database) -> None:
    """Havana puts its clocks back from one o'clock to midnight."""
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        shift = ShiftRepository(session)
        for number, hour in enumerate([3, 4, 5, 6, 12], start=1):
            await shift.create(id=number, worker="x", at=datetime(2026, 11, 1, hour, 30, tzinfo=UTC))
        before, midnight = datetime(2026, 10, 31, 4, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)
        days = await values(shift, TruncDay("at", tzinfo=HAVANA), 1, 2, 3, 4, 5)
        assert days == [before, midnight, midnight, midnight, midnight]
        hours = await values(shift, TruncHour("at", tzinfo=HAVANA), 1, 2, 3, 4, 5)
        assert hours == [datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in (3, 4, 4, 6, 12)]
        # The days around it have nothing twice.
        await shift.objects.filter(id=1).update(at=datetime(2026, 11, 2, 5, 30, tzinfo=UTC))
        assert await values(shift, TruncDay("at", tzinfo=HAVANA), 1) == datetime(2026, 11, 2, 5, tzinfo=UTC)


async def test_a_midnight_that_is_not_there(shift: ShiftRepository) -> None:
    """São Paulo went from midnight to one o'clock; midnight is read with the offset before."""
    assert await values(shift, TruncDay("at", tzinfo=SAO_PAULO), 5) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert await values(shift, TruncDate("at", tzinfo=SAO_PAULO), 5) == date(2018, 11, 4)


async def test_the_ends_of_the_calendar(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        shift = ShiftRepository(session)
        last, first = datetime.max.replace(microsecond=0), datetime(1, 1, 1, 0, 0, 1)
        await shift.create(id=1, worker="x", at=last.replace(tzinfo=UTC), noted=last, day=date(9999, 12, 30))
        await shift.create(id=2, worker="x", at=first.replace(tzinfo=UTC), noted=first, day=date(1, 1, 2))
        assert await values(shift, TruncYear("noted"), 1, 2) == [datetime(9999, 1, 1), datetime(1, 1, 1)]
        assert await values(shift, TruncWeek("day"), 1, 2) == [date(9999, 12, 27), date(1, 1, 1)]
        ends = [datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)]
        assert await values(shift, TruncHour("at", tzinfo=timezone(timedelta(hours=9))), 1, 2) == ends


async def test_the_date_and_the_time(shift: ShiftRepository) -> None:
    found = (
        shift.objects.filter(id__lte=2)
        .order_by("id")
        .values_list(
            TruncDate("at"),
            TruncDate("at", tzinfo=BERLIN),
            TruncDate("noted"),
            TruncDate("day"),
            TruncTime("at"),
            TruncTime("at", tzinfo=INDIA),
            TruncTime("noted"),
            TruncTime("clock"),
        )
    )
    row, nothing = await found
    at, ended = time(23, 30, 59, 999999), date(2026, 12, 31)
    assert row == (ended, date(2027, 1, 1), ended, date(2027, 1, 1), at, time(5, 0, 59, 999999), at, at)
    assert type(row[0]) is date
    assert nothing == (None,) * 8


async def test_output_fields(shift: ShiftRepository) -> None:
    found = await shift.objects.filter(id=1).values_list(
        Trunc("at", "month", output_field=Date(), tzinfo=BERLIN),
        TruncWeek("noted", output_field=Date),
        TruncHour("at", output_field=Date(), tzinfo=BERLIN),
        Trunc("at", "minute", output_field=Time(), tzinfo=BERLIN),
        TruncHour("noted", output_field=Time()),
        TruncDay("noted", output_field=Time()),
        Trunc("at", "hour", output_field=DateTime(), tzinfo=BERLIN),
        TruncHour("at", output_field=AWARE, tzinfo=BERLIN),
        TruncYear("day", output_field=Date()),
    )
    assert found == [
        (
            date(2027, 1, 1),
            date(2026, 12, 28),
            date(2027, 1, 1),
            time(0, 30),
            time(23),
            time(0),
            datetime(2027, 1, 1),
            datetime(2026, 12, 31, 23, tzinfo=UTC),
            date(2027, 1, 1),
        )
    ]


async def test_trunc_in_sql(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    await shift.objects.values_list(TruncDay("noted"), TruncMonth("day"), TruncHour("clock"), TruncDay("at"))
    same_sql(
        sql.last,
        {
            "sqlite": "SELECT dlr_trunc('day', shifts.noted) AS truncday1, dlr_trunc('month', shifts.day) "
            "AS truncmonth2, dlr_trunc('hour', shifts.clock) AS trunchour3, "
            "dlr_trunc_in('day', shifts.at, 'UTC') AS truncday4 FROM shifts",
            "postgresql": "SELECT date_trunc('day', shifts.noted) AS truncday1, CAST(date_trunc('month', "
            "CAST(shifts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS truncmonth2, "
            "CAST(date_trunc('hour', shifts.clock) AS TIME WITHOUT TIME ZONE) AS trunchour3, "
            "timezone('UTC', date_trunc('day', timezone('UTC', shifts.at))) AS truncday4 FROM shifts",
        }[backend],
    )


async def test_trunc_where_expressions_may_stand(shift: ShiftRepository) -> None:
    hour = TruncHour("at", tzinfo=BERLIN)
    first = datetime(2026, 10, 25, 2, tzinfo=BERLIN).astimezone(UTC)
    kept = shift.objects.annotate(h=hour).filter(h=first).order_by("id")
    assert await kept.values_list("id", flat=True) == [3, 4]
    counted = shift.objects.values(h=hour).annotate(n=Count("id")).order_by("-n", "h")
    assert (await counted)[0] == {"h": first, "n": 2}
    later = shift.objects.filter(at__gt=hour + timedelta(hours=1)).order_by("id")
    assert await later.values_list("id", flat=True) == [4]
    parts = shift.objects.annotate(m=TruncMonth("at")).filter(m__month=12, m__day=1)
    assert await parts.values_list("id", flat=True) == [1]
    assert await values(shift, ExtractHour(hour, tzinfo=BERLIN), 4) == 2
    assert await shift.objects.aggregate(m=Max(TruncMonth("day"))) == {"m": date(2027, 1, 1)}
    unsaid = Func(F("noted"), F("noted"), function="COALESCE", output_field=DateTime())
    assert await values(shift, TruncDay(unsaid), 1) == datetime(2026, 12, 31)


async def test_whatever_the_session_has_for_a_zone(abroad: ShiftRepository) -> None:
    """A server is free to have another zone than UTC for its sessions."""
    assert await values(abroad, TruncMonth("day"), 3) == date(2024, 12, 1)
    assert await values(abroad, TruncDay("noted"), 5) == datetime(2018, 11, 4)
    assert await values(abroad, TruncDay("at"), 1) == datetime(2026, 12, 31, tzinfo=UTC)
    assert await values(abroad, TruncDay("at", tzinfo=BERLIN), 3) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    now = await values(abroad, Now(output_field=DateTime()), 2)
    assert abs(now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=30)
