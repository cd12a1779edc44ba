"""Parts of dates and times: the SQL of each form, and what zones make of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, F, InvalidLookupValueError, QuerySet, UnknownLookupError
from tests.lookups.models import Guest, Visit
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

BERLIN = "Europe/Berlin"


def where(sql: RecordedSQL) -> str:
    return sql.last.partition(" WHERE ")[2]


YEARS = {
    "exact": ({"day__year": 2024}, [1], "BETWEEN"),
    "gte": ({"day__year__gte": 2025}, [2], ">="),
    "gt": ({"day__year__gt": 2024}, [2], ">"),
    "lt": ({"noted__year__lt": 2025}, [1], "<"),
    "lte": ({"noted__year__lte": 2024}, [1], "<="),
    "range": ({"day__year__range": (2025, 2030)}, [2], "BETWEEN"),
    "range beyond": ({"day__year__range": (-5, 10**6)}, [1, 2], "BETWEEN"),
    "ISO": ({"day__iso_year": 2025}, [1, 2], "BETWEEN"),
    "ISO, before": ({"day__iso_year__lt": 2026}, [1, 2], "<"),
    "aware": ({"came__year": 2024}, [1], "BETWEEN"),
    "spelled": ({"day__year_ge": 2025}, [2], ">="),
}


@pytest.mark.parametrize(("lookups", "found", "operator"), YEARS.values(), ids=YEARS)
async def test_a_year_is_a_range_of_the_column(
    session: AsyncSession, sql: RecordedSQL, lookups: dict[str, Any], found: list[int], operator: str
) -> None:
    assert (
        await QuerySet(Visit, session).filter(**lookups).order_by("id").values_list("id", flat=True) == found
    )
    (column,) = {name.partition("__")[0] for name in lookups}
    assert where(sql).startswith(f"visits.{column} {operator} ")


DAYS = {
    "exact": ({"noted__date": date(2024, 12, 30)}, [1], "BETWEEN"),
    "gte": ({"noted__date__gte": date(2024, 12, 30)}, [1, 2], ">="),
    "gt": ({"noted__date__gt": date(2024, 12, 30)}, [2], ">"),
    "lt": ({"noted__date__lt": date(2024, 12, 31)}, [1], "<"),
    "lte": ({"noted__date__lte": date(2024, 12, 30)}, [1], "<="),
    "range": ({"noted__date__range": (date(2024, 1, 1), date(2024, 12, 30))}, [1], "BETWEEN"),
    "aware": ({"came__date__lt": date(2025, 1, 1)}, [1], "<"),
    "spelled": ({"noted__date_ge": date(2025, 1, 1)}, [2], ">="),
}


@pytest.mark.parametrize(("lookups", "found", "operator"), DAYS.values(), ids=DAYS)
async def test_a_day_is_a_range_of_the_column(
    session: AsyncSession, sql: RecordedSQL, lookups: dict[str, Any], found: list[int], operator: str
) -> None:
    await test_a_year_is_a_range_of_the_column(session, sql, lookups, found, operator)


# Clocks that go forward, and back, at midnight; a day that there was not; one that was there twice.
CHANGES = {
    "America/Sao_Paulo": (datetime(2017, 10, 15, 3, tzinfo=UTC), datetime(2018, 2, 18, 2, tzinfo=UTC)),
    "Asia/Amman": (datetime(2021, 10, 28, 22, tzinfo=UTC),),
    "Pacific/Apia": (datetime(2011, 12, 30, 10, tzinfo=UTC),),
    "Pacific/Kwajalein": (datetime(1993, 8, 21, 12, tzinfo=UTC),),
    "Europe/Berlin": (datetime(2024, 12, 31, 23, tzinfo=UTC),),
}


@pytest.mark.parametrize("zone", CHANGES)
async def test_days_where_clocks_change(session: AsyncSession, zone: str) -> None:
    around = [
        change + timedelta(minutes=30 * step, microseconds=off)
        for change in CHANGES[zone]
        for step in range(-60, 61, 5)
        for off in (-1, 0)
    ]
    session.add_all([Visit(id=n, day=date(2000, 1, 1), came=each) for n, each in enumerate(around, 1_000)])
    visits: Any = QuerySet(Visit, session, time_zone=zone).filter(day=date(2000, 1, 1))
    local = [moment.astimezone(ZoneInfo(zone)).date() for moment in around]
    middle = around[len(around) // 2].astimezone(ZoneInfo(zone)).date()
    for day in [middle + timedelta(days=step) for step in (-1, 0, 1)]:
        assert await visits.filter(came__date=day).count() == sum(each == day for each in local)
        assert await visits.filter(came__date__gt=day).count() == sum(each > day for each in local)
        assert await visits.filter(came__date__lt=day).count() == sum(each < day for each in local)
        assert await visits.exclude(came__date__gte=day).count() == sum(each < day for each in local)


EXTRACTED = {
    "in": ({"day__year__in": [2024, 2026]}, [1]),
    "ne": ({"day__year_ne": 2024}, [2]),
    "of a column": ({"day__year": F("noted__year")}, [1, 2]),
    "as text": ({"day__year__startswith": "202"}, [1, 2]),
    "none": ({"day__year__isnull": True}, [3, 4]),
    "month": ({"day__month": 12}, [1]),
    "month, spelled": ({"day__month_lt": 12}, [2]),
    "week": ({"day__week": 1}, [1, 2]),
    "week day": ({"day__week_day": 2}, [1]),
    "ISO week day": ({"day__iso_week_day__gt": 2}, [2]),
    "quarter": ({"day__quarter__range": (2, 4)}, [1]),
    "hour": ({"opens__hour__gte": 20}, [2]),
    "second": ({"noted__second": 59}, [1]),
    "date": ({"noted__date": "2024-12-30"}, [1]),
    "date's year": ({"noted__date__year": 2025}, [2]),
    "time": ({"noted__time__lt": time(12)}, [2]),
    "time's hour": ({"noted__time__hour": 23}, [1]),
}


@pytest.mark.parametrize(("lookups", "found"), EXTRACTED.values(), ids=EXTRACTED)
async def test_parts(session: AsyncSession, lookups: dict[str, Any], found: list[int]) -> None:
    visits = QuerySet(Visit, session)
    assert await visits.filter(**lookups).order_by("id").values_list("id", flat=True) == found
    assert await visits.filter(**lookups).count() == len(found)
    guests = [visit for visit in found if visit != 4]
    through = {f"visits__{name}": value for name, value in lookups.items() if not isinstance(value, F)}
    if through and not any(name.endswith("isnull") for name in through):
        wanted = sorted({1 if visit < 3 else 2 for visit in guests})
        assert (
            await QuerySet(Guest, session).filter(**through).order_by("id").values_list("id", flat=True)
            == wanted
        )


@pytest.mark.parametrize("year", [0, -1, 10_000, 2**70])
@pytest.mark.parametrize("column", ["day", "noted", "came"])
async def test_a_year_that_no_date_has(
    session: AsyncSession, sql: RecordedSQL, column: str, year: int
) -> None:
    visits = QuerySet(Visit, session).order_by("id")

    async def found(lookup: str) -> list[int]:
        return await visits.filter(**{f"{column}__year{lookup}": year}).values_list("id", flat=True)

    assert await found("") == []
    assert len(sql) == 0
    assert await found("__lt") == await found("__lte") == ([1, 2] if year > 9999 else [])
    assert await found("__gt") == await found("__gte") == ([1, 2] if year < 1 else [])


async def test_parts_are_read_in_the_zone_of_the_queryset(session: AsyncSession) -> None:
    in_utc = QuerySet(Visit, session).filter(came__isnull=False).order_by("id")
    in_berlin = QuerySet(Visit, session, time_zone=BERLIN).filter(came__isnull=False).order_by("id")

    parts = ("came__year", "came__date", "came__hour")
    assert await in_utc.values_list(*parts) == [
        (2024, date(2024, 12, 31), 23),
        (2025, date(2025, 7, 1), 21),
    ]
    assert await in_berlin.values_list(*parts) == [
        (2025, date(2025, 1, 1), 0),
        (2025, date(2025, 7, 1), 23),
    ]
    assert await in_utc.filter(came__year=2024).count() == 1
    assert await in_berlin.filter(came__year=2024).count() == 0
    assert await in_berlin.filter(came__date=date(2025, 1, 1), came__time=time(0, 30)).count() == 1


async def test_a_nested_queryset_has_a_zone_of_its_own(session: AsyncSession) -> None:
    here = QuerySet(Visit, session, time_zone=BERLIN).filter(came__year=2025)
    there = QuerySet(Visit, session).filter(came__hour=23)
    assert await here.filter(id__in=there).values_list("id", flat=True) == [1]


async def test_the_zone_of_a_repository(session: AsyncSession) -> None:
    class Visits(BaseRepository[Visit]):
        time_zone = BERLIN

    assert await Visits(session).objects.filter(came__hour=0).values_list("id", flat=True) == [1]


def test_a_zone_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="Middle-earth/Shire"):
        QuerySet(Visit, time_zone="Middle-earth/Shire")


async def test_order_and_distinct_values(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session).filter(day__isnull=False)
    assert await visits.order_by("-day__month", "id").values_list("id", flat=True) == [1, 2]
    assert await visits.order_by("day__iso_year").values_list("day__iso_year", flat=True).distinct() == [2025]


async def test_a_page_with_children_in_the_order_of_a_part(session: AsyncSession) -> None:
    guests = QuerySet(Guest, session).outerjoin("visits").options("visits")
    page = await guests.order_by("born__year")[:2]
    assert [(guest.name, len(guest.visits)) for guest in page] == [("Bob", 1), ("Ann", 2)]
    assert [guest.name for guest in await guests.order_by("-born__month").distinct()] == ["Bob", "Ann"]


WRONG = {
    "a word": ({"day__year": "last"}, InvalidLookupValueError),
    "None": ({"day__month__gt": None}, InvalidLookupValueError),
    "no date": ({"noted__date": "tomorrow"}, InvalidLookupValueError),
    "the hour of a day": ({"day__hour": 3}, UnknownLookupError),
    "the day of a time": ({"opens__day": 3}, UnknownLookupError),
    "the year of a name": ({"guest__name__year": 3}, UnknownLookupError),
    "the year of a year": ({"day__year__year": 3}, UnknownLookupError),
    "the year of a relation": ({"guest__year": 3}, LookupError),
}


@pytest.mark.parametrize(("lookups", "error"), WRONG.values(), ids=WRONG)
def test_what_is_refused(lookups: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        QuerySet(Visit).filter(**lookups)
