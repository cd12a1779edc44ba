"""Windows: functions of the rows around each row, the same on both databases."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Enum, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    Avg,
    BaseRepository,
    Count,
    Database,
    F,
    Func,
    Max,
    OrderBy,
    Q,
    RowRange,
    StdDev,
    Sum,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    ValueRange,
    Window,
    WindowFrameExclusion,
)
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.dates import ExtractYear, TruncYear
from django_like_repos.query.functions.text import Lower
from django_like_repos.query.functions.windows import (
    CumeDist,
    DenseRank,
    FirstValue,
    Lag,
    LastValue,
    Lead,
    NthValue,
    Ntile,
    PercentRank,
    Rank,
    RowNumber,
)
from tests.functions.shifts import ShiftRepository
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both


async def column(shift: ShiftRepository, window: Any) -> list[Any]:
    """What a window gives for the five shifts, in the order of their ids."""
    rows = shift.objects.annotate(x=window).order_by("id")
    return await rows.values_list("x", flat=True)


# Functions

BY_WORKER: dict[str, Any] = {"order_by": "worker"}
"""Ada, Ada, Bob, Bob, Cy: the shifts 1 and 3, 2 and 4, 5."""


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        (Window(RowNumber(), order_by="-id"), [5, 4, 3, 2, 1]),
        (Window(Rank(), **BY_WORKER), [1, 3, 1, 3, 5]),
        (Window(DenseRank(), **BY_WORKER), [1, 2, 1, 2, 3]),
        (Window(PercentRank(), **BY_WORKER), [0.0, 0.5, 0.0, 0.5, 1.0]),
        (Window(CumeDist(), **BY_WORKER), [0.4, 0.8, 0.4, 0.8, 1.0]),
        (Window(Ntile(), order_by="id"), [1, 1, 1, 1, 1]),
        (Window(Ntile(num_buckets=2), order_by="id"), [1, 1, 1, 2, 2]),
        (Window(Lag("id"), order_by="id"), [None, 1, 2, 3, 4]),
        (Window(Lag("id", 2), order_by="id"), [None, None, 1, 2, 3]),
        (Window(Lag("id", offset=2, default=-1), order_by="id"), [-1, -1, 1, 2, 3]),
        (Window(Lag("id", default="id"), order_by="id"), [1, 1, 2, 3, 4]),
        (Window(Lag("id", default=F("id") * 10), order_by="id"), [10, 1, 2, 3, 4]),
        (Window(Lag("worker", default=Value("-")), order_by="id"), ["-", "Ada", "Bob", "Ada", "Bob"]),
        (
            Window(Lag("day", default=date(2000, 1, 1)), order_by="id"),
            [date(2000, 1, 1), date(2027, 1, 1), None, date(2024, 12, 30), date(2024, 2, 29)],
        ),
        (
            Window(Lead("clock", default=time(1)), order_by="id"),
            [None, time(0), time(12, 5, 6, 7), None, time(1)],
        ),
        (
            Window(Lead("pay", default=Decimal("0.25")), order_by="id"),
            [None, Decimal("3"), None, None, Decimal("0.25")],
        ),
        (
            Window(Lead("length", 3, timedelta(1)), order_by="id"),
            [timedelta(), timedelta(days=-1, microseconds=1), timedelta(1), timedelta(1), timedelta(1)],
        ),
        (Window(Lead("done"), order_by="id"), [None, False, None, None, None]),
        (
            Window(Lead("at"), order_by="-id"),
            [
                None,
                datetime(2026, 12, 31, 23, 30, 59, 999999, tzinfo=UTC),
                None,
                datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            ],
        ),
        (Window(Lead(F("id") + 1), order_by="id"), [3, 4, 5, 6, None]),
        (Window(FirstValue("id"), partition_by="worker", order_by="id"), [1, 2, 1, 2, 5]),
        (Window(LastValue("id"), partition_by="worker", order_by="id"), [1, 2, 3, 4, 5]),
        (Window(LastValue("id"), partition_by="worker", order_by="id", frame=RowRange()), [3, 4, 3, 4, 5]),
        (Window(NthValue("id"), order_by="-id"), [5, 5, 5, 5, 5]),
        (Window(NthValue("id", 2), order_by="id"), [None, 2, 2, 2, 2]),
        (Window(NthValue("day", nth=3), order_by="id", frame=RowRange()), [date(2024, 12, 30)] * 5),
    ],
)
async def test_functions(shift: ShiftRepository, window: Window, wanted: list[Any]) -> None:
    found = await column(shift, window)
    assert found == wanted
    assert [type(each) for each in found] == [type(each) for each in wanted]


async def test_in_sql(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    await shift.objects.values_list(
        Window(RowNumber(), order_by="-id"),
        Window(
            Lag("id", 2, 0), partition_by=["worker", ExtractYear("day")], order_by=[F("pay").desc(), "id"]
        ),
        Window(Sum("pay", filter=Q(done=True)), frame=RowRange(-1, exclusion=WindowFrameExclusion.TIES)),
        Window(Avg("hours"), partition_by="worker", frame=ValueRange(None, 0)),
    )
    total = "dlr_sum_decimals" if backend == "sqlite" else "sum"
    year = {
        "sqlite": "dlr_date_part('year', shifts.day, NULL)",
        "postgresql": "CAST(nullif(nullif(EXTRACT(year FROM shifts.day), "
        "'Infinity'), '-Infinity') AS INTEGER)",
    }[backend]
    same_sql(
        sql.last,
        "SELECT row_number() OVER (ORDER BY shifts.id DESC) AS window1, "
        f"lag(shifts.id, CAST(? AS INTEGER), ?) OVER (PARTITION BY shifts.worker, {year} "
        "ORDER BY shifts.pay DESC, shifts.id ASC) AS window2, "
        f"{total}(shifts.pay) FILTER (WHERE shifts.done = ?) "
        "OVER (ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) AS window3, "
        "avg(shifts.hours) OVER (PARTITION BY shifts.worker "
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS window4 FROM shifts",
    )


# Aggregates


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        (Window(Sum("id")), [15] * 5),
        (Window(Sum("id"), order_by="id"), [1, 3, 6, 10, 15]),
        (Window(Sum("id"), order_by="worker"), [4, 10, 4, 10, 15]),
        (Window(Sum("id"), partition_by="worker"), [4, 6, 4, 6, 5]),
        (Window(Count("*"), partition_by="worker"), [2, 2, 2, 2, 1]),
        (Window(Count("pay"), partition_by="worker"), [2, 0, 2, 0, 0]),
        (Window(Avg("id"), partition_by="worker"), [2.0, 3.0, 2.0, 3.0, 5.0]),
        (Window(Sum("pay"), partition_by="worker"), [Decimal("13.5"), None, Decimal("13.5"), None, None]),
        (
            Window(Sum("pay", default=Decimal(7)), partition_by="worker"),
            [Decimal("13.5"), 7, Decimal("13.5"), 7, 7],
        ),
        (Window(Sum("id", filter=Q(id__lt=4)), partition_by="worker"), [4, 2, 4, 2, None]),
        (Window(Sum("id", filter=Q(id__lt=4), default=0), partition_by="worker"), [4, 2, 4, 2, 0]),
        (
            Window(Max("day"), partition_by="worker"),
            [date(2027, 1, 1), date(2024, 2, 29)] * 2 + [date(2018, 11, 4)],
        ),
        (Window(Max("clock")), [time(23, 30, 59, 999999)] * 5),
        (
            Window(StdDev("id", sample=True), order_by="id", frame=RowRange(-2, 0)),
            [None, 0.5**0.5, 1.0, 1.0, 1.0],
        ),
        (Window(Sum(F("id") * 2), partition_by=[F("worker"), ExtractYear("day")]), [2, 4, 6, 8, 10]),
        (Window(Count("id"), partition_by=F("id") % 2), [3, 2, 3, 2, 3]),
    ],
)
async def test_aggregates(shift: ShiftRepository, window: Window, wanted: list[Any]) -> None:
    found = await column(shift, window)
    assert found == [pytest.approx(each) if isinstance(each, float) else each for each in wanted]
    assert type(found[0]) is type(wanted[0])


# Orders


@pytest.mark.parametrize(
    ("order_by", "wanted"),
    [
        ("id", [1, 2, 3, 4, 5]),
        ("-id", [5, 4, 3, 2, 1]),
        (["worker", "-id"], [2, 4, 1, 3, 5]),
        (("worker", F("id").desc()), [2, 4, 1, 3, 5]),
        (F("id"), [1, 2, 3, 4, 5]),
        (F("day").asc(nulls_first=True), [5, 1, 4, 3, 2]),
        (OrderBy(F("day"), descending=True, nulls_last=True), [1, 5, 2, 3, 4]),
        (Coalesce("day", date(2026, 1, 1)).desc(), [1, 2, 3, 4, 5]),
        (-F("id"), [5, 4, 3, 2, 1]),
    ],
)
async def test_orders(shift: ShiftRepository, order_by: Any, wanted: list[int]) -> None:
    assert await column(shift, Window(RowNumber(), order_by=order_by)) == wanted


# Frames

SUM: dict[str, Any] = {"expression": Sum("id"), "order_by": "id"}
TIES: dict[str, Any] = {"expression": Sum("id"), "order_by": "worker"}
Out = WindowFrameExclusion


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        (Window(**SUM, frame=RowRange()), [15, 15, 15, 15, 15]),
        (Window(**SUM, frame=RowRange(start=None, end=0)), [1, 3, 6, 10, 15]),
        (Window(**SUM, frame=RowRange(start=0, end=None)), [15, 14, 12, 9, 5]),
        (Window(**SUM, frame=RowRange(-1, 1)), [3, 6, 9, 12, 9]),
        (Window(**SUM, frame=RowRange(-2, -1)), [None, 1, 3, 5, 7]),
        (Window(**SUM, frame=RowRange(1, 2)), [5, 7, 9, 5, None]),
        (Window(**SUM, frame=RowRange(0, 0)), [1, 2, 3, 4, 5]),
        (Window(**SUM, frame=RowRange(exclusion=Out.CURRENT_ROW)), [14, 13, 12, 11, 10]),
        (Window(**SUM, frame=RowRange(-1, 1, exclusion=Out.CURRENT_ROW)), [2, 4, 6, 8, 4]),
        (Window(**SUM, frame=RowRange(exclusion=Out.NO_OTHERS)), [15] * 5),
        (Window(**TIES, frame=RowRange(exclusion=Out.GROUP)), [11, 9, 11, 9, 10]),
        (Window(**TIES, frame=RowRange(exclusion=Out.TIES)), [12, 11, 14, 13, 15]),
        (Window(**TIES, frame=ValueRange()), [15] * 5),
        (Window(**TIES, frame=ValueRange(None, 0)), [4, 10, 4, 10, 15]),
        (Window(**TIES, frame=ValueRange(0, None)), [15, 11, 15, 11, 5]),
        (Window(**TIES, frame=ValueRange(0, 0)), [4, 6, 4, 6, 5]),
        (Window(**TIES, frame=ValueRange(exclusion=Out.GROUP)), [11, 9, 11, 9, 10]),
    ],
)
async def test_frames(shift: ShiftRepository, window: Window, wanted: list[Any]) -> None:
    assert await column(shift, window) == wanted


@pytest.mark.parametrize(
    ("order_by", "frame", "wanted"),
    [
        ("id", ValueRange(-1, 1), [3, 6, 9, 12, 9]),
        ("id", ValueRange(start=-2, end=0), [1, 3, 6, 9, 12]),
        (F("id") * 10, ValueRange(-10, None), [15, 15, 14, 12, 9]),
        ("-hours", ValueRange(-1, 0, exclusion=Out.CURRENT_ROW), None),
    ],
)
async def test_ranges_of_values(
    shift: ShiftRepository, backend: str, order_by: Any, frame: ValueRange, wanted: Any
) -> None:
    rows = shift.objects.annotate(x=Window(Sum("id"), order_by=order_by, frame=frame)).order_by("id")
    if backend == "postgresql":
        with pytest.raises(UnsupportedOperationError, match="the bounds of a ValueRange are 0 or None"):
            await rows
    else:
        found = await rows.values_list("x", flat=True)
        assert wanted is None or found == wanted


# Where they may stand


async def test_in_expressions(shift: ShiftRepository) -> None:
    gap = F("id") - Window(Lag("id", default=0), partition_by="worker", order_by="id")
    assert await column(shift, gap) == [1, 2, 2, 2, 5]
    assert await column(shift, Coalesce(Window(Lag("day"), order_by="id"), date(2000, 1, 1))) == [
        date(2000, 1, 1),
        date(2027, 1, 1),
        date(2000, 1, 1),
        date(2024, 12, 30),
        date(2024, 2, 29),
    ]
    assert await column(shift, F("at") - Window(Max("at"))) == [
        timedelta(),
        None,
        datetime(2026, 10, 25, 0, 30) - datetime(2026, 12, 31, 23, 30, 59, 999999),
        datetime(2026, 10, 25, 1, 30) - datetime(2026, 12, 31, 23, 30, 59, 999999),
        datetime(2018, 11, 4, 3, 30) - datetime(2026, 12, 31, 23, 30, 59, 999999),
    ]
    assert await column(shift, TruncYear(Window(Max("day")))) == [date(2027, 1, 1)] * 5


async def test_filtered_and_ordered(shift: ShiftRepository) -> None:
    rows = shift.objects.annotate(n=Window(RowNumber(), partition_by="worker", order_by="-id"))
    assert await rows.filter(n=1).order_by("id").values_list("id", flat=True) == [3, 4, 5]
    assert await rows.filter(n=2).count() == 2
    assert await rows.order_by("n", "id").values_list("id", flat=True) == [3, 4, 5, 1, 2]
    latest = await rows.filter(n=1).order_by("-id").first()
    assert latest is not None
    assert latest.id == 5


async def test_of_groups(shift: ShiftRepository) -> None:
    groups = shift.objects.values("worker").annotate(n=Count("id"), most=Max("id"))
    ranked = groups.annotate(
        rank=Window(Rank(), order_by="-n"), before=Window(Lag("most"), order_by="worker")
    )
    assert await ranked.order_by("worker").values_list("worker", "rank", "before") == [
        ("Ada", 1, None),
        ("Bob", 1, 3),
        ("Cy", 3, 4),
    ]


async def test_one_plan_for_all_values(shift: ShiftRepository, shifts_database: Database) -> None:
    assert (await column(shift, Window(Ntile(2), order_by="id")))[-1] == 2
    before = shifts_database.plans.info()
    assert (await column(shift, Window(Ntile(5), order_by="id")))[-1] == 5
    assert shifts_database.plans.info().hits == before.hits + 1
    assert (await column(shift, Window(Sum("id"), order_by="id", frame=RowRange(-1, 0))))[-1] == 9
    assert (await column(shift, Window(Sum("id"), order_by="id", frame=RowRange(-2, 0))))[-1] == 12


class Median(Func):
    """A function of a user's own that windows take."""

    function = "first_value"
    arity = 1
    window_compatible = True
    output_field = Integer()


async def test_a_function_of_ones_own(shift: ShiftRepository) -> None:
    assert await column(shift, Window(Median("id"), order_by="-id")) == [5] * 5


# Enums


class Base(DeclarativeBase):
    """The model of this test only."""


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Enum("open", "done", name="task_state"))


class TaskRepository(BaseRepository[Task]): ...


async def test_defaults_of_enums(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        task = TaskRepository(session)
        await task.create(id=1, state="open")
        await task.create(id=2, state="open")
        rows = task.objects.annotate(before=Window(Lag("state", default=Value("done")), order_by="id"))
        assert await rows.order_by("id").values_list("before", flat=True) == ["done", "open"]


# What is refused

WRONG: Any = "wrong"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Window(F("id")), "Expression 'F' isn't compatible with OVER clauses."),
        (lambda: Window(Lower("worker")), "Expression 'Lower' isn't compatible with OVER clauses."),
        (lambda: Window(Sum("id") + 1), "Expression 'Combined' isn't compatible with OVER clauses."),
        (lambda: Window(Window(Sum("id"))), "Expression 'Window' isn't compatible with OVER clauses."),
        (lambda: Window(WRONG), "Expression 'str' isn't compatible with OVER clauses."),
        (lambda: Window(Sum("id"), order_by={"id": 1}), "Window.order_by must be either a string reference"),
        (lambda: Window(Sum("id"), order_by=["id", 1]), "Window.order_by must be either a string reference"),
        (lambda: Window(Sum("id"), frame=WRONG), "frame must be a RowRange or a ValueRange, not 'wrong'"),
        (lambda: Ntile(0), "num_buckets must be greater than 0."),
        (lambda: Lag(WRONG, 0), "Lag requires a positive integer for the offset."),
        (lambda: Lead(WRONG, None), "Lead requires a positive integer for the offset."),  # type: ignore[arg-type]
        (lambda: Lag(None), "Lag requires a non-null source expression."),
        (lambda: NthValue("id", 0), "NthValue requires a positive integer as for nth."),
        (lambda: NthValue(None), "NthValue requires a non-null source expression."),
        (lambda: RowRange(1, 0), "start cannot be greater than end."),
        (lambda: RowRange(WRONG), "start argument must be an integer, zero, or None, but got 'wrong'."),
        (lambda: RowRange(0, 1.5), "end argument must be an integer, zero, or None, but got 1.5."),  # type: ignore[arg-type]
        (lambda: ValueRange(1), "start argument must be a negative integer, zero, or None, but got 1."),
        (lambda: ValueRange(-1, -1), "end argument must be a positive integer, zero, or None, but got -1."),
        (lambda: ValueRange(WRONG), "start argument must be an integer, zero, or None"),
    ],
)
def test_refused_at_once(make: Any, why: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        make()
    assert why in str(raised.value)


def test_wrong_exclusions_and_arguments() -> None:
    with pytest.raises(TypeError, match=r"RowRange.exclusion must be a WindowFrameExclusion instance."):
        RowRange(exclusion=WRONG)
    with pytest.raises(TypeError, match="FirstValue takes exactly 1 argument"):
        FirstValue()
    with pytest.raises(TypeError, match="RowNumber takes exactly 0 arguments"):
        RowNumber("id")


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (Window(Sum(Window(Sum("id")))), "an aggregate cannot be computed of a window"),
        (Window(Lag(Window(Sum("id")))), "a window cannot be of a window"),
        (Window(Sum("id"), partition_by=Window(Sum("id"))), "a window cannot be of a window"),
        (Window(Sum("id"), order_by=Window(Sum("id"))), "a window cannot be of a window"),
        (Sum(Window(Sum("id"))), "an aggregate cannot be computed of a window"),
        (Window(Count("id", distinct=True)), "in a window an aggregate takes no distinct and no order_by"),
        (Window(Sum("id"), frame=ValueRange(-1, 0)), "needs an order_by of one number"),
        (
            Window(Sum("id"), order_by=["id", "pay"], frame=ValueRange(-1, 0)),
            "needs an order_by of one number",
        ),
        (Window(Sum("id"), order_by="day", frame=ValueRange(None, 1)), "needs an order_by of one number"),
    ],
)
async def test_refused(shift: ShiftRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        shift.objects.annotate(x=expression)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    "window",
    [
        Window(Sum("nothing")),
        Window(Sum("id"), partition_by="nothing"),
        Window(Sum("id"), order_by="-nothing"),
        Window(Lag("id", default="nothing")),
    ],
)
async def test_wrong_names(shift: ShiftRepository, window: Window) -> None:
    with pytest.raises(UnknownFieldError):
        shift.objects.annotate(x=window)


def test_shown() -> None:
    window = Window(Sum("id"), "worker", ["-id"], RowRange(-1, exclusion=Out.TIES))
    assert repr(window) == (
        "Window(Sum('id'), ('worker',), ('-id',), RowRange(-1, None, WindowFrameExclusion.TIES))"
    )
