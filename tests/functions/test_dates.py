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
    Max,
    Q,
    RawSQL,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
)
from django_like_repos.query.functions.dates import (
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
    TruncTime,
    TruncYear,
)
from tests.functions.shifts import BERLIN, Shift, ShiftRepository, values
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

INDIA = timezone(timedelta(hours=5, minutes=30))
AWARE = DateTime(timezone=True)


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
