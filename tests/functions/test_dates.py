"""Functions of dates and times: their SQL, and what they give on both databases."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Date, DateTime, Integer, String, Time, func, null

from django_like_repos import (
    Count,
    Database,
    F,
    Func,
    Max,
    Q,
    RawSQL,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
)
from django_like_repos.functions import (
    Extract,
    ExtractDay,
    ExtractHour,
    ExtractIsoWeekDay,
    ExtractIsoYear,
    ExtractMinute,
    ExtractMonth,
    ExtractQuarter,
    ExtractSecond,
    ExtractWeek,
    ExtractWeekDay,
    ExtractYear,
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
from tests.functions.shifts import BERLIN, Base, Shift, ShiftRepository
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
HAVANA = ZoneInfo("America/Havana")
INDIA = timezone(timedelta(hours=5, minutes=30))
AWARE = DateTime(timezone=True)


async def values(shift: ShiftRepository, expression: Any, *ids: int) -> Any:
    """What an expression gives: of one row its value, of several a list."""
    rows = shift.objects.filter(id__in=ids).order_by("id").annotate(x=expression)
    found = [row for (row,) in await rows.values_list("x")]
    return found if len(ids) > 1 else found[0]


# Extract

PARTS = {
    ExtractYear: (2026, 2027),
    ExtractIsoYear: (2026, 2026),
    ExtractQuarter: (4, 1),
    ExtractMonth: (12, 1),
    ExtractWeek: (53, 53),
    ExtractDay: (31, 1),
    ExtractWeekDay: (5, 6),
    ExtractIsoWeekDay: (4, 5),
    ExtractHour: (23, 0),
    ExtractMinute: (30, 30),
    ExtractSecond: (59, 59),
}
"""Each part of the first shift, in UTC and in Berlin."""


@pytest.mark.parametrize(("part", "in_utc", "in_berlin"), [(part, *found) for part, found in PARTS.items()])
async def test_parts(shift: ShiftRepository, part: type[Extract], in_utc: int, in_berlin: int) -> None:
    found = (
        shift.objects.filter(id__lte=2)
        .order_by("id")
        .values_list(
            part("at"),
            part("at", tzinfo=BERLIN),
            part("noted"),
            Extract("at", part.lookup_name, tzinfo=BERLIN),
        )
    )
    row, nothing = await found
    assert row == (in_utc, in_berlin, in_utc, in_berlin)
    assert {type(each) for each in row} == {int}
    assert nothing == (None,) * 4


async def test_parts_of_dates_and_times(shift: ShiftRepository) -> None:
    of_dates: tuple[type[Extract], ...] = (
        ExtractYear,
        ExtractIsoYear,
        ExtractQuarter,
        ExtractMonth,
        ExtractWeek,
        ExtractDay,
    )
    of_dates = (*of_dates, ExtractWeekDay, ExtractIsoWeekDay)
    for part in of_dates:
        assert await values(shift, part("day"), 1, 2) == [PARTS[part][1], None]
    for other in (ExtractHour, ExtractMinute, ExtractSecond):
        assert await values(shift, other("clock"), 1, 2) == [PARTS[other][0], None]


async def test_the_year_of_a_week(shift: ShiftRepository) -> None:
    """The thirtieth of December 2024 is a Monday, of the first week of 2025."""
    assert await values(shift, ExtractIsoYear("day"), 3) == 2025
    assert await values(shift, ExtractWeek("day"), 3) == 1
    assert await values(shift, ExtractYear("day"), 3) == 2024


@pytest.mark.parametrize(
    ("zone", "hour", "minute"),
    [
        (UTC, 23, 30),
        (ZoneInfo("UTC"), 23, 30),
        (timezone.utc, 23, 30),  # noqa: UP017
        (INDIA, 5, 0),
        (timezone(timedelta(hours=-3, minutes=-30)), 20, 0),
        (timezone(timedelta(hours=1, seconds=1)), 0, 31),
        (ZoneInfo("Asia/Kathmandu"), 5, 15),
    ],
)
async def test_zones(shift: ShiftRepository, zone: tzinfo, hour: int, minute: int) -> None:
    assert await values(shift, ExtractHour("at", tzinfo=zone), 1) == hour
    assert await values(shift, ExtractMinute("at", tzinfo=zone), 1) == minute


async def test_the_zone_of_the_database(shifts_database: Database) -> None:
    async with (
        Database(shifts_database.engine, time_zone="Europe/Berlin") as database,
        database.session() as session,
    ):
        shift = ShiftRepository(session)
        assert await values(shift, ExtractYear("at"), 1) == 2027
        assert await values(shift, TruncYear("at"), 1) == datetime(2026, 12, 31, 23, tzinfo=UTC)
        assert await values(shift, TruncDate("at"), 1) == date(2027, 1, 1)
        assert await values(shift, ExtractYear("at", tzinfo=UTC), 1) == 2026


async def test_parts_of_spans(shift: ShiftRepository) -> None:
    for part, wanted in {
        ExtractDay: [1, None, -1, 0, -1],
        ExtractHour: [2, None, 23, 0, 0],
        ExtractMinute: [3, None, 0, 0, 0],
        ExtractSecond: [4, None, 0, 0, 0],
    }.items():
        assert await values(shift, part("length"), 1, 2, 3, 4, 5) == wanted


async def test_extract_in_sql(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    await shift.objects.values_list(ExtractYear("at", tzinfo=BERLIN), ExtractSecond("length"))
    same_sql(
        sql.last,
        {
            "sqlite": "SELECT dlr_date_part('year', shifts.at, 'Europe/Berlin') AS extractyear1, "
            "dlr_span_part('second', shifts.length) AS extractsecond2 FROM shifts",
            "postgresql": "SELECT CAST(nullif(nullif(EXTRACT(year FROM "
            "timezone('Europe/Berlin', shifts.at)), 'Infinity'), '-Infinity') AS INTEGER) AS extractyear1, "
            "CAST(trunc(EXTRACT(second FROM shifts.length)) AS INTEGER) AS extractsecond2 FROM shifts",
        }[backend],
    )


async def test_extract_where_expressions_may_stand(shift: ShiftRepository) -> None:
    year = ExtractYear("at", tzinfo=BERLIN)
    assert await shift.objects.filter(Q(day__year=year)).values_list("id", flat=True) == [1, 5]
    assert await shift.objects.annotate(y=year).filter(y__gt=2026).values_list("id", flat=True) == [1]
    assert await shift.objects.order_by(year.desc(nulls_last=True), "id").values_list("id", flat=True) == [
        1, 3, 4, 5, 2,
    ]  # fmt: skip
    counted = shift.objects.values(y=year).annotate(n=Count("id")).order_by("n", "y")
    assert [row for row in await counted if row["y"]] == [
        {"y": 2018, "n": 1},
        {"y": 2027, "n": 1},
        {"y": 2026, "n": 2},
    ]
    assert await values(shift, ExtractYear(F("at") - timedelta(days=365)), 1) == 2025
    assert await shift.objects.aggregate(last=ExtractYear(Max("at"))) == {"last": 2026}
    assert await values(shift, ExtractYear(Shift.noted), 1) == 2026
    assert await values(shift, ExtractYear(Value(datetime(2020, 1, 1))), 2) == 2020
    assert await values(shift, ExtractYear(RawSQL("noted", (), DateTime())), 1) == 2026


# Trunc

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


# Now


async def test_now(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert before < await values(shift, Now(), 2) <= datetime.now(UTC) + timedelta(seconds=1)
    assert await shift.objects.filter(at__gt=Now() - timedelta(days=3650)).count() > 0
    sql.clear()
    assert await shift.objects.filter(at__lt=Now(), id=5).count() == 1
    now = {
        "sqlite": "printf('%s000', strftime('%Y-%m-%d %H:%M:%f', 'now'))",
        "postgresql": "statement_timestamp()",
    }[backend]
    same_sql(sql.last, f"SELECT count(*) AS count_1 FROM shifts WHERE shifts.at < {now} AND shifts.id = ?")


async def test_now_as_something_else(shift: ShiftRepository) -> None:
    naive, day, clock, year = (
        await shift.objects.filter(id=2).values_list(
            Now(output_field=DateTime()),
            Now(output_field=Date()),
            Now(output_field=Time()),
            ExtractYear(Now()),
        )
    )[0]
    assert naive.tzinfo is None
    assert type(day) is date
    assert type(clock) is time
    assert year == naive.year == day.year


# What is refused


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (ExtractHour("day"), "ExtractHour('day'): a date has no hour"),
        (ExtractYear("clock"), "ExtractYear('clock'): a time has no year"),
        (ExtractMonth("length"), "ExtractMonth('length'): an interval has no month"),
        (Extract("length", "week"), "Extract('length', 'week'): an interval has no week"),
        (ExtractYear("worker"), "a date, a time, a datetime or an interval, not text"),
        (ExtractYear("id"), "a date, a time, a datetime or an interval, not integer"),
        (Extract("at", "century"), "Extract('at', 'century'): the parts are year, iso_year, "),
        (ExtractYear("day", tzinfo=BERLIN), "tzinfo can only be used with a datetime that has a time zone"),
        (ExtractYear("noted", tzinfo=BERLIN), "tzinfo can only be used with a datetime that has a time zone"),
        (ExtractHour("clock", tzinfo=UTC), "tzinfo=datetime.timezone.utc): tzinfo can only be used"),
        (Trunc("at", "century"), "Trunc('at', 'century'): the kinds are year, quarter, "),
        (Trunc("at", "date"), "Trunc('at', 'date'): the kinds are year, quarter, "),
        (TruncHour("day"), "TruncHour('day'): a date cannot be truncated to hour"),
        (TruncTime("day"), "TruncTime('day'): a date cannot be truncated to time"),
        (TruncDay("clock"), "TruncDay('clock'): a time cannot be truncated to day"),
        (TruncDate("clock"), "TruncDate('clock'): a time cannot be truncated to date"),
        (TruncYear("day", output_field=DateTime()), "a date cannot be truncated to a datetime"),
        (TruncHour("clock", output_field=DateTime()), "a time cannot be truncated to a datetime"),
        (
            TruncYear("at", output_field=Integer()),
            "output_field must be of a date, a time or a datetime, not",
        ),
        (TruncYear("noted", output_field=AWARE), "output_field has a time zone, and the datetime is without"),
        (TruncYear("worker"), "the expression must be a date, a time or a datetime, not text"),
        (TruncDay("length"), "the expression must be a date, a time or a datetime, not interval"),
        (TruncDay("noted", tzinfo=BERLIN), "tzinfo can only be used with a datetime that has a time zone"),
        (Now(output_field=String()), "output_field must be of a date, a time or a datetime"),
        (TruncYear("at", output_field=1), "is no SQLAlchemy type"),
    ],
)
async def test_refused(shift: ShiftRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        shift.objects.annotate(x=expression)
    assert why in str(raised.value)


class Nameless(tzinfo):
    """A zone that has neither a name nor one offset."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        (Nameless(), "is no time zone with a name"),
        (timezone(timedelta(microseconds=1)), "no database has a zone that is 0:00:00.000001 away from UTC"),
        ("Europe/Atlantis", "there is no time zone 'Europe/Atlantis'"),
        (1, "is no time zone with a name"),
    ],
)
async def test_no_zone(shift: ShiftRepository, zone: Any, why: str) -> None:
    for function in (ExtractYear("at", tzinfo=zone), TruncYear("at", tzinfo=zone)):
        with pytest.raises(UnsupportedOperationError) as raised:
            shift.objects.annotate(x=function)
        assert why in str(raised.value)


async def test_a_wrong_name(shift: ShiftRepository) -> None:
    with pytest.raises(UnknownFieldError):
        shift.objects.annotate(x=ExtractYear("nothing"))


def test_no_part() -> None:
    with pytest.raises(ValueError, match="lookup_name must be provided"):
        Extract("at")


def test_one_expression() -> None:
    function: Any = Now
    with pytest.raises(TypeError, match="Now takes exactly 0 arguments"):
        function("at")


def test_shown() -> None:
    assert repr(ExtractYear("at")) == "ExtractYear('at')"
    assert repr(Trunc("at", "year", tzinfo=UTC)) == "Trunc('at', 'year', tzinfo=datetime.timezone.utc)"
    assert repr(TruncDay(F("at"))) == "TruncDay(F('at'))"


async def test_the_null_of_sqlalchemy(shift: ShiftRepository) -> None:
    """A type that nobody says is SQLAlchemy's to know, also where there is only NULL."""
    assert await values(shift, ExtractYear(func.coalesce(Shift.noted, null())), 1) == 2026
