"""`dates()` and `datetimes()`: the different moments of a field, cut down, in a zone, of the rows chosen."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Q, QuerySet, UnknownFieldError, UnsupportedOperationError
from tests.expressions.asking import Answers, Make, answer_of
from tests.parity.schema import Author, Book, Edition
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

DATES: Answers = {
    "years": (
        lambda q: q(Book).dates("published_on", "year"),
        [date(1999, 1, 1), date(2001, 1, 1), date(2010, 1, 1), date(2020, 1, 1)],
    ),
    "months, the latest first": (
        lambda q: q(Book).dates("published_on", "month", order="DESC")[:2],
        [date(2020, 3, 1), date(2020, 2, 1)],
    ),
    "weeks": (
        lambda q: q(Book).dates("published_on", "week")[:3],
        [date(1999, 12, 27), date(2001, 1, 1), date(2010, 6, 14)],
    ),
    "days": (
        lambda q: q(Book).dates("published_on", "day")[:2],
        [date(1999, 12, 31), date(2001, 1, 1)],
    ),
    "a slice": (lambda q: q(Book).dates("published_on", "year")[1:3], [date(2001, 1, 1), date(2010, 1, 1)]),
    "how many": (lambda q: q(Book).dates("published_on", "year").count(), 4),
    "whether there are any": (lambda q: q(Book).filter(pk=99).dates("published_on", "year").exists(), False),
    "the first": (lambda q: q(Book).dates("published_on", "year").first(), date(1999, 1, 1)),
    "the last": (lambda q: q(Book).dates("published_on", "year").last(), date(2020, 1, 1)),
}


async def _dates_of_others(session: AsyncSession, make: Make, keys: Any) -> tuple[Any, list[date]]:
    """What `dates()` gives, and the same in Python."""
    moments = await QuerySet(Book, session).filter(**keys).values_list("published_on", flat=True)
    return await answer_of(session, make), sorted({day.replace(month=1, day=1) for day in moments if day})


@pytest.mark.by_turns
@pytest.mark.parametrize("name", DATES)
async def test_dates(shelf: AsyncSession, name: str) -> None:
    make, expected = DATES[name]
    assert await answer_of(shelf, make) == expected


async def test_of_rows_that_a_to_many_path_chooses(shelf: AsyncSession) -> None:
    found, expected = await _dates_of_others(
        shelf, lambda q: q(Book).filter(tags__name="war").dates("published_on", "year"), {"tags__name": "war"}
    )
    assert found == expected


async def test_of_related_rows(shelf: AsyncSession) -> None:
    found, expected = await _dates_of_others(
        shelf,
        lambda q: q(Author).filter(pk__lte=3).dates("books__published_on", "year"),
        {"author__pk__lte": 3},
    )
    assert found == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("zone", [None, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York"), UTC])
@pytest.mark.parametrize("kind", ["year", "month", "day", "hour", "minute", "second"])
async def test_moments(shelf: AsyncSession, kind: Any, zone: Any) -> None:
    """Each in the zone that was asked for; the hour that a day has twice is one, as in Django."""
    kinds = ("year", "month", "day", "hour", "minute", "second")
    start = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    cut = {name: first for name, first in start.items() if name not in kinds[: kinds.index(kind) + 1]}
    moments = await QuerySet(Edition, shelf).values_list("released_at", flat=True)
    local = [moment.astimezone(zone or UTC) for moment in moments if moment is not None]
    expected = {moment.replace(fold=0, **cut).astimezone(UTC) for moment in local}

    found = await QuerySet(Edition, shelf).datetimes("released_at", kind, tzinfo=zone)

    assert found == sorted(expected)
    assert all(isinstance(moment, datetime) and moment.tzinfo is not None for moment in found)
    backwards = await QuerySet(Edition, shelf).datetimes("released_at", kind, "DESC", tzinfo=zone)
    assert backwards == found[::-1]


class TokyoRepository(BaseRepository[Edition]):
    """Its day begins nine hours before."""

    time_zone = "Asia/Tokyo"
    ordering = ("-pk",)


async def test_in_the_zone_of_a_repository(shelf: AsyncSession) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    plain = QuerySet(Edition, shelf)
    moments = [moment for moment in await plain.values_list("released_at", flat=True) if moment]

    days = await TokyoRepository(shelf).objects.dates("released_at", "day")
    moved = await TokyoRepository(shelf).objects.datetimes("released_at", "day")

    assert days == sorted({moment.astimezone(tokyo).date() for moment in moments})
    assert moved == await plain.datetimes("released_at", "day", tzinfo=tokyo)


async def test_statement(shelf: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    await QuerySet(Book, shelf).filter(Q(pages__gt=1)).dates("published_on", "year", "DESC")
    cut = (
        "dlr_trunc(?, books.published_on)"
        if shelf.get_bind().dialect.name == "sqlite"
        else "CAST(date_trunc(?, CAST(books.published_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)"
    )
    same_sql(
        sql.last,
        f"SELECT DISTINCT {cut} AS datefield FROM books WHERE books.pages > ? "
        "AND books.published_on IS NOT NULL ORDER BY datefield DESC",
    )


WRONG: Any = "hours"
NONE: Any = None
REFUSED: dict[str, tuple[Make, type[Exception]]] = {
    "no date": (lambda q: q(Book).dates("title", "year"), UnsupportedOperationError),
    "no moment": (lambda q: q(Book).datetimes("published_on", "year"), UnsupportedOperationError),
    "no such kind": (lambda q: q(Book).dates("published_on", WRONG), UnsupportedOperationError),
    "no such kind of moment": (
        lambda q: q(Edition).datetimes("released_at", WRONG),
        UnsupportedOperationError,
    ),
    "no such order": (lambda q: q(Book).dates("published_on", "year", WRONG), UnsupportedOperationError),
    "no such field": (lambda q: q(Book).dates("nothing", "year"), UnknownFieldError),
    "no field": (lambda q: q(Book).dates(NONE, "year"), UnsupportedOperationError),
    "after a union": (
        lambda q: q(Book).union(q(Book).all()).dates("published_on", "year"),
        UnsupportedOperationError,
    ),
    "after a slice": (lambda q: q(Book)[:3].dates("published_on", "year"), UnsupportedOperationError),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shelf: AsyncSession, name: str) -> None:
    make, error = REFUSED[name]
    with pytest.raises(error):
        await answer_of(shelf, make)
