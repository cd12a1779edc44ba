"""Arithmetic of dates, times, datetimes and spans of time, the same on both databases."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Interval, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    Avg,
    BaseRepository,
    Count,
    Database,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    RowRange,
    StdDev,
    Subquery,
    Sum,
    UnsupportedOperationError,
    Value,
    Variance,
    Window,
)
from django_like_repos.constructs.dates import date_of, truncated
from django_like_repos.constructs.durations import between, moved
from django_like_repos.constructs.moments import alike_moments
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.dates import TruncDay
from tests.functions.shifts import Shift, ShiftRepository, values
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

LENGTH = timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500000)
"""Of the first shift."""


# What is so long before or after


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (F("day") + F("length"), datetime(2027, 1, 2, 2, 3, 4, 500000)),
        (F("length") + F("day"), datetime(2027, 1, 2, 2, 3, 4, 500000)),
        (F("day") - F("length"), datetime(2026, 12, 30, 21, 56, 55, 500000)),
        (F("day") + timedelta(days=-366), datetime(2025, 12, 31)),
        (timedelta(days=1) + F("day"), datetime(2027, 1, 2)),
        (date(2024, 2, 28) + F("length"), datetime(2024, 2, 29, 2, 3, 4, 500000)),
        (F("noted") + F("length"), datetime(2027, 1, 2, 1, 34, 4, 499999)),
        (F("noted") - timedelta(microseconds=1), datetime(2026, 12, 31, 23, 30, 59, 999998)),
        (F("at") + F("length"), datetime(2027, 1, 2, 1, 34, 4, 499999, tzinfo=UTC)),
        (F("at") - timedelta(days=366), datetime(2025, 12, 30, 23, 30, 59, 999999, tzinfo=UTC)),
        (
            Value(datetime(2026, 1, 1, tzinfo=UTC)) + F("length"),
            datetime(2026, 1, 2, 2, 3, 4, 500000, tzinfo=UTC),
        ),
        (F("clock") + F("length"), time(1, 34, 4, 499999)),
        (F("clock") - timedelta(hours=24), time(23, 30, 59, 999999)),
        (F("length") + time(23), time(1, 3, 4, 500000)),
    ],
)
async def test_moved(shift: ShiftRepository, expression: Any, wanted: Any) -> None:
    found, nothing = await values(shift, expression, 1, 2)
    assert found == wanted
    assert type(found) is type(wanted)
    assert getattr(found, "tzinfo", None) is getattr(wanted, "tzinfo", None)
    if "timedelta" not in repr(expression) or "F('length')" in repr(expression):
        assert nothing is None


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (F("day") - date(2024, 2, 29), timedelta(days=1037)),
        (date(2024, 2, 29) - F("day"), timedelta(days=-1037)),
        (F("day") - F("day"), timedelta()),
        (F("noted") - F("noted"), timedelta()),
        (F("noted") - datetime(2027, 1, 1), timedelta(seconds=-1740, microseconds=-1)),
        (
            F("at") - datetime(2026, 12, 30, tzinfo=UTC),
            timedelta(days=1, hours=23, minutes=30, seconds=59.999999),
        ),
        (F("clock") - time(23, 30), timedelta(seconds=59.999999)),
        (time(1) - F("clock"), timedelta(hours=-22, minutes=-30, seconds=-59.999999)),
        (F("day") - F("noted"), timedelta(seconds=1740, microseconds=1)),
        (F("noted") - F("day"), timedelta(seconds=-1740, microseconds=-1)),
        (F("at") - F("noted"), timedelta()),
        (F("day") - F("at"), timedelta(seconds=1740, microseconds=1)),
        (F("length") - timedelta(days=2), LENGTH - timedelta(days=2)),
        (F("length") + F("length"), 2 * LENGTH),
        (timedelta(hours=1) - F("length"), timedelta(hours=1) - LENGTH),
        (F("length") * 2, 2 * LENGTH),
        (3 * F("length"), 3 * LENGTH),
        (F("length") * F("id"), LENGTH),
        (F("length") * F("hours"), 2.5 * LENGTH),
        (F("length") * Decimal("0.5"), LENGTH / 2),
        (F("length") * F("pay"), 10.5 * LENGTH),
        (F("length") / 4, LENGTH / 4),
        (F("length") / 0.25, LENGTH * 4),
        (F("length") / F("pay"), LENGTH / 10.5),
        (-F("length"), -LENGTH),
        ((F("at") - F("noted")) * 2 + (F("day") - F("day")) - F("length"), -LENGTH),
        (F("at") + F("length") - F("at"), LENGTH),
        (ExpressionWrapper(F("day") - date(2024, 2, 29), output_field=Interval()), timedelta(days=1037)),
    ],
)
async def test_spans(shift: ShiftRepository, expression: Any, wanted: timedelta) -> None:
    found, nothing = await values(shift, expression, 1, 2)
    assert found == wanted
    assert type(found) is timedelta
    assert nothing is None


async def test_whatever_the_session_has_for_a_zone(abroad: ShiftRepository) -> None:
    """There the clocks were put back on the fourth of November 2018, and a day had 25 hours."""
    day_later = datetime(2018, 11, 5, 3, 30, tzinfo=UTC)
    assert await values(abroad, F("at") + timedelta(days=1), 5) == day_later
    assert await values(abroad, F("at") + timedelta(days=2) - F("at"), 5) == timedelta(days=2)
    assert await values(abroad, F("at") - F("noted"), 5) == timedelta()
    assert await values(abroad, F("day") - F("at"), 5) == timedelta(hours=-3, minutes=-30)
    assert await values(abroad, F("day") + timedelta(days=1), 5) == datetime(2018, 11, 5)


async def test_in_sql(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    await shift.objects.values_list(
        F("day") + F("length"),
        F("at") - F("length"),
        F("day") - F("day"),
        F("length") - F("length"),
        F("length") / 2,
    )
    same_sql(
        sql.last,
        {
            "sqlite": "SELECT dlr_moved(shifts.day, shifts.length, 1) AS combined1, "
            "dlr_moved(shifts.at, shifts.length, -1) AS combined2, "
            "dlr_between(shifts.day, shifts.day) AS combined3, "
            "dlr_span_sum(shifts.length, shifts.length, -1) AS combined4, "
            "dlr_span_over(shifts.length, ?) AS combined5 FROM shifts",
            "postgresql": "SELECT (shifts.day + shifts.length) AS combined1, "
            "timezone('UTC', timezone('UTC', shifts.at) - shifts.length) AS combined2, "
            "((shifts.day - shifts.day) * INTERVAL '1 day') AS combined3, "
            "(shifts.length - shifts.length) AS combined4, "
            "(shifts.length / $1::BIGINT) AS combined5 FROM shifts",
        }[backend],
    )


# Compared with what is of another type


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Shift.day, moved(Shift.day, literal(timedelta()), "+")),
        (Shift.noted, moved(Shift.noted, literal(timedelta()), "-")),
        (Shift.at, Shift.noted),
        (date_of(Shift.at, "UTC"), truncated(Shift.at, "day", "UTC")),
        (date_of(Shift.noted), truncated(Shift.noted, "day")),
        (Shift.length, between(moved(Shift.at, Shift.length, "+"), Shift.at)),
    ],
)
async def test_alike(shift: ShiftRepository, abroad: ShiftRepository, left: Any, right: Any) -> None:
    for sides in ((left, right), (right, left)):
        one, other = alike_moments(*sides)
        for session in (shift._session, abroad._session):
            found = await session.scalars(select(Shift.id).where(one == other, Shift.id.in_([1, 5])))
            assert found.all() == [1, 5]
            assert (await session.scalars(select(Shift.id).where(one != other, Shift.id == 1))).all() == []


def test_alike_already() -> None:
    assert alike_moments(Shift.day, Shift.day) == (Shift.day, Shift.day)
    assert alike_moments(Shift.day, Shift.worker) == (Shift.day, Shift.worker)


# Where they may stand


async def test_compared_and_ordered(shift: ShiftRepository) -> None:
    def kept(*conditions: Any, **lookups: Any) -> Any:
        annotated = shift.objects.annotate(double=F("length") * 2, lasted=F("at") - F("noted"))
        return annotated.filter(*conditions, **lookups).order_by("double").values_list("id", flat=True)

    assert await kept(double__isnull=False) == [5, 3, 4, 1]
    assert await kept(double__gt=timedelta(hours=-2)) == [4, 1]
    assert await kept(double__lte=timedelta(hours=-2)) == [5, 3]
    assert await kept(double=timedelta(hours=-2)) == [3]
    assert await kept(double__in=[timedelta(), 2 * LENGTH]) == [4, 1]
    assert await kept(double__range=(timedelta(days=-1), timedelta())) == [3, 4]
    assert await kept(lasted__lt=timedelta()) == []
    assert await kept(length__lt=F("double")) == [1]
    assert await kept(lasted__gt=F("length")) == [5, 3, 4]
    assert await kept(at__lt=F("at") + F("length")) == [1]
    assert await kept(clock__gt=F("clock") + timedelta(hours=1)) == [1]
    assert await kept(noted__gte=F("day") + timedelta(hours=3)) == [5, 3, 4]
    assert await kept(day=F("day") + timedelta()) == [5, 3, 4, 1]
    assert await kept(day__range=(F("day") + timedelta(), F("day") + timedelta(hours=1))) == [5, 3, 4, 1]
    assert await kept(day__gte=F("noted")) == [1]
    assert await kept(at=F("noted")) == [5, 1]
    longest = shift.objects.order_by((F("length") + timedelta(days=1)).desc(nulls_last=True), "id")
    assert await longest.values_list("id", flat=True) == [1, 4, 3, 5, 2]


async def test_annotations_of_annotations(shift: ShiftRepository) -> None:
    rows = shift.objects.annotate(end=F("at") + F("length")).annotate(took=F("end") - F("at"))
    assert await rows.filter(took=F("length")).values_list("id", "took").order_by("id") == [
        (1, LENGTH),
        (3, timedelta(hours=-1)),
        (4, timedelta()),
        (5, timedelta(days=-1, microseconds=1)),
    ]
    assert await rows.filter(end__year=2027).values_list("id", flat=True) == [1]
    since_midnight = shift.objects.annotate(x=F("at") - TruncDay("at")).filter(id=1)
    assert await since_midnight.values_list("x", flat=True) == [
        timedelta(hours=23, minutes=30, seconds=59.999999)
    ]


async def test_updated(shift: ShiftRepository) -> None:
    await shift.objects.filter(id=1).update(
        at=F("at") + timedelta(days=1), noted=F("noted") - F("length"), length=F("length") * 2
    )
    assert await shift.objects.filter(id=1).values_list("at", "noted", "length") == [
        (
            datetime(2027, 1, 1, 23, 30, 59, 999999, tzinfo=UTC),
            datetime(2026, 12, 31, 23, 30, 59, 999999) - LENGTH,
            2 * LENGTH,
        )
    ]


async def test_updated_with_another_type(shift: ShiftRepository) -> None:
    await shift.objects.filter(id=1).update(day=F("day") + timedelta(days=1), noted=F("at") + timedelta(1))
    assert await shift.objects.filter(id=1).values_list("day", "noted") == [
        (date(2027, 1, 2), datetime(2027, 1, 1, 23, 30, 59, 999999))
    ]
    await shift.objects.filter(id=1).update(noted=F("day"), at=F("noted"), day=TruncDay("at"))
    assert await shift.objects.filter(id=1).values_list("day", "noted", "at") == [
        (date(2026, 12, 31), datetime(2027, 1, 2), datetime(2027, 1, 1, 23, 30, 59, 999999, tzinfo=UTC))
    ]


async def test_rows_around_and_sqlalchemys_own(shift: ShiftRepository) -> None:
    """Of what type they are is not known before."""
    first = shift.objects.filter(id=1)
    since = ExpressionWrapper(OuterRef("day") - F("day"), output_field=Interval())
    apart = shift.objects.annotate(x=Subquery(first.values(x=since))).filter(id=4)
    assert await apart.values_list("x", flat=True) == [timedelta(days=-1037)]
    assert await values(shift, F("length") + Shift.length, 1) == 2 * LENGTH
    assert await values(shift, TruncDay(Shift.at), 1) == datetime(2026, 12, 31, tzinfo=UTC)


async def test_one_plan_for_all_values(shift: ShiftRepository, shifts_database: Database) -> None:
    assert await values(shift, F("length") + timedelta(1), 4) == timedelta(1)
    before = shifts_database.plans.info()
    assert await values(shift, F("length") + timedelta(2), 4) == timedelta(2)
    assert shifts_database.plans.info().hits == before.hits + 1


# Aggregates


async def test_aggregates(shift: ShiftRepository) -> None:
    total = LENGTH - timedelta(hours=25) + timedelta(microseconds=1)
    found = await shift.objects.aggregate(
        sum=Sum("length"),
        mean=Avg("length"),
        least=Min("length"),
        most=Max("length"),
        of_sums=Sum(F("length") + timedelta(hours=1)),
        of_differences=Max(F("day") - date(2024, 2, 29)),
        filtered=Sum("length", filter=Q(worker="Ada")),
        none=Sum("length", filter=Q(worker="Eve")),
        default=Sum("length", filter=Q(worker="Eve"), default=timedelta(hours=1)),
        distinct=Count("length", distinct=True),
    )
    assert found == {
        "sum": total,
        "mean": total / 4,
        "least": timedelta(days=-1, microseconds=1),
        "most": LENGTH,
        "of_sums": total + timedelta(hours=4),
        "of_differences": timedelta(days=1037),
        "filtered": LENGTH - timedelta(hours=1),
        "none": None,
        "default": timedelta(hours=1),
        "distinct": 4,
    }
    assert await shift.objects.filter(id=2).aggregate(sum=Sum("length"), mean=Avg("length")) == {
        "sum": None,
        "mean": None,
    }


async def test_of_groups(shift: ShiftRepository) -> None:
    groups = (
        shift.objects.values("worker").annotate(total=Sum("length"), mean=Avg("length")).order_by("worker")
    )
    ada = LENGTH - timedelta(hours=1)
    cy = timedelta(days=-1, microseconds=1)
    assert [tuple(row.values()) for row in await groups] == [
        ("Ada", ada, ada / 2),
        ("Bob", timedelta(), timedelta()),
        ("Cy", cy, cy),
    ]
    assert await groups.filter(total__gt=timedelta(hours=1)).values_list("worker", flat=True) == ["Ada"]
    assert await groups.filter(mean__lte=timedelta()).values_list("worker", flat=True) == ["Bob", "Cy"]
    assert await groups.order_by("-total").values_list("worker", flat=True) == ["Ada", "Bob", "Cy"]
    late = shift.objects.values("worker").annotate(x=Sum("length") * 2 - timedelta(1)).order_by("worker")
    assert (await late)[1]["x"] == timedelta(-1)


async def test_distinct_spans(shift: ShiftRepository) -> None:
    await shift.objects.filter(id=2).update(length=LENGTH)
    rows = shift.objects.filter(id__in=[1, 2])
    assert await rows.aggregate(all=Sum("length"), distinct=Sum("length", distinct=True)) == {
        "all": 2 * LENGTH,
        "distinct": LENGTH,
    }


async def test_over_windows(shift: ShiftRepository) -> None:
    """Rows leave a window as they come into it."""
    frame = RowRange(-1, 0)
    rows = shift.objects.annotate(
        running=Window(Sum("length"), order_by="id"),
        two=Window(Sum("length"), order_by="id", frame=frame),
        mean=Window(Avg("length"), order_by="id", frame=frame),
        kept=Window(Sum("length", filter=Q(length__gt=timedelta())), order_by="id", frame=frame),
    )
    hour, day = timedelta(hours=1), timedelta(days=1, microseconds=-1)
    found = await rows.order_by("id").values_list("running", "two", "mean", "kept")
    assert found == [
        (LENGTH, LENGTH, LENGTH, LENGTH),
        (LENGTH, LENGTH, LENGTH, LENGTH),
        (LENGTH - hour, -hour, -hour, None),
        (LENGTH - hour, -hour, -hour / 2, None),
        (LENGTH - hour - day, -day, found[4][2], None),
    ]
    # The databases round the half of a microsecond differently.
    assert abs(found[4][2] + day / 2) <= timedelta(microseconds=1)


# What is refused, and what fails


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (F("day") + F("day"), "the type of date + date is not known"),
        (F("day") + 1, "the type of date + integer is not known"),
        (F("day") * F("length"), "the type of date * interval is not known"),
        (F("length") * F("length"), "the type of interval * interval is not known"),
        (F("length") - F("day"), "the type of interval - date is not known"),
        (2 / F("length"), "the type of integer / interval is not known"),
        (F("clock") - F("day"), "the type of time - date is not known"),
        (F("length") + 1, "the type of interval + integer is not known"),
        (Sum("day"), "Sum('day'): no database adds up what is a date"),
        (Avg("at"), "Avg('at'): no database adds up what is a datetime"),
        (StdDev("clock"), "StdDev('clock'): no database adds up what is a time"),
        (Variance("noted"), "no database adds up what is a datetime"),
        (StdDev("length"), "StdDev('length'): no database has this of an interval"),
        (Variance("length"), "Variance('length'): no database has this of an interval"),
    ],
)
async def test_refused(shift: ShiftRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        shift.objects.annotate(x=expression)
    assert why in str(raised.value)


async def test_nothing_is_divided_by_zero(shift: ShiftRepository) -> None:
    with pytest.raises(DBAPIError):
        await values(shift, F("length") / 0, 1)


async def test_null(shift: ShiftRepository) -> None:
    assert await values(shift, F("length") + Value(None), 1) is None
    assert await values(shift, Value(None, output_field=Interval()) * 2, 1) is None
    assert await values(shift, Coalesce(F("length") + timedelta(1), timedelta(9)), 2, 4) == [
        timedelta(9),
        timedelta(1),
    ]


# Spans that are stored as on other databases


class Base(DeclarativeBase):
    """The model of this test only."""


class Lap(Base):
    __tablename__ = "laps"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    took: Mapped[timedelta] = mapped_column(Interval(native=False))


class LapRepository(BaseRepository[Lap]): ...


async def test_spans_that_are_datetimes(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        lap = LapRepository(session)
        await lap.create(id=1, day=date(2026, 1, 1), took=timedelta(hours=30))
        await lap.create(id=2, day=date(2026, 1, 2), took=timedelta(hours=-1))
        assert await lap.objects.order_by("id").values_list(F("took") * 2, F("day") + F("took"), "took") == [
            (timedelta(hours=60), datetime(2026, 1, 2, 6), timedelta(hours=30)),
            (timedelta(hours=-2), datetime(2026, 1, 1, 23), timedelta(hours=-1)),
        ]
        assert await lap.objects.aggregate(
            sum=Sum("took"), max=Max("took"), x=Avg(F("took") - timedelta(1))
        ) == {
            "sum": timedelta(hours=29),
            "max": timedelta(hours=30),
            "x": timedelta(hours=-9.5),
        }
