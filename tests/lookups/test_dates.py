"""Parts of dates and times: the SQL of each form, and what zones make of it."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, F, InvalidLookupValueError, QuerySet, UnknownLookupError
from tests.lookups.models import Guest, Visit
from tests.recording import RecordedSQL

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
