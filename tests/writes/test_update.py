"""`update()`: which rows, what they are set to, what comes back, and what the session's objects say after."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import case, func, inspect, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QuerySet, UnsupportedOperationError, Value
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Priority, Queue, Seat, job_labels
from tests.writes.repositories import (
    JobRepository,
    LabelRepository,
    QueueRepository,
    SeatRepository,
    TicketRepository,
)
from tests.writes.results import tuples
from tests.writes.rows import IDLE, MAIL, PRINT


@pytest.fixture
def all_jobs(jobs: AsyncSession) -> QuerySet[Job]:
    return JobRepository(jobs).objects


async def ranks(queryset: QuerySet[Any]) -> dict[int, int | None]:
    return dict(await queryset.order_by("id").values_list("id", "rank"))


# Which rows.


async def test_the_statement(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    result = await all_jobs.filter(state="pending", steps__name="read").update(rank=7)

    same_sql(
        sql.last.replace("jobs.id,", "id,").replace("RETURNING jobs.id", "RETURNING id"),
        "UPDATE jobs SET rank=? WHERE jobs.state = ? AND jobs.id IN ("
        "SELECT DISTINCT jobs.id FROM jobs JOIN steps AS steps_1 ON jobs.id = steps_1.job_id"
        " WHERE jobs.state = ? AND steps_1.name = ?) RETURNING id",
    )
    assert (sorted(result.all()), result.rowcount, len(sql)) == ([(1,), (2,)], 2, 1)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("chain", "keys"),
    [
        (lambda jobs: jobs, [1, 2, 3, 4, 5]),
        (lambda jobs: jobs.filter(queue__region="north"), [1, 2]),
        (lambda jobs: jobs.filter(parent__queue__name="mail"), [2, 3]),
        (lambda jobs: jobs.filter(fallback__region=None), [1, 2, 4]),
        (lambda jobs: jobs.filter(steps__name="read"), [1, 2, 3]),
        (lambda jobs: jobs.filter(steps__name="read", steps__done=True), [1, 3]),
        (lambda jobs: jobs.filter(steps__done=True).filter(steps__done=False), [1]),
        (lambda jobs: jobs.exclude(steps__name="read"), [4, 5]),
        (lambda jobs: jobs.exclude(rank=1), [2, 3, 4, 5]),
        (lambda jobs: jobs.filter(labels__name__in=["urgent", "slow"]), [1, 2, 5]),
        (lambda jobs: jobs.filter(children__rank=3), [1]),
        (lambda jobs: jobs.filter(queue__jobs__code="b"), [1, 2]),
        (lambda jobs: jobs.outerjoin("steps").filter(steps__id=None), [4, 5]),
        (lambda jobs: jobs.innerjoin("labels"), [1, 2, 5]),
        (lambda jobs: jobs.innerjoin("steps").filter(steps__name="write"), [1]),
        (lambda jobs: jobs.options("fallback"), [1, 3, 5]),
        (lambda jobs: jobs.filter(Q(steps__done=False) | Q(rank=4)), [1, 4]),
        (lambda jobs: jobs.filter(Job.rank >= 3), [3, 4]),
        (lambda jobs: jobs.filter(Job.steps.any(name="write")), [1]),
        (lambda jobs: jobs.filter(rank=F("queue_id")), [1]),
        (lambda jobs: jobs.filter(id__in=[1, 2, 77, None]), [1, 2]),
        (lambda jobs: jobs.filter(parent__in=jobs.filter(steps__name="write")), [2, 3]),
        (lambda jobs: jobs.filter(queue__in=jobs.filter(state="done").values_list("queue_id")), [3, 4]),
        (lambda jobs: jobs.order_by("queue__name", "steps__name").distinct(), [1, 2, 3, 4, 5]),
        (lambda jobs: jobs.filter(id=77), []),
        (lambda jobs: jobs.filter(id__in=[]), []),
        (lambda jobs: jobs.none(), []),
    ],
)
async def test_the_rows_of_the_query_and_no_others(
    chain: Any, keys: list[int], all_jobs: QuerySet[Job], sql: RecordedSQL
) -> None:
    result = await chain(all_jobs).update(touched=1)

    assert (result.rowcount, sorted(result.scalars())) == (len(keys), keys)
    assert await all_jobs.filter(touched=1).order_by("id").values_list("id", flat=True) == keys


@pytest.mark.parametrize("chain", [lambda jobs: jobs.none(), lambda jobs: jobs.filter(id__in=[])])
async def test_no_rows_is_no_statement(chain: Any, all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    for queryset in (chain(all_jobs), chain(all_jobs).returning("state", "rank")):
        result = await queryset.update(touched=1)
        assert (result.rowcount, result.all()) == (0, [])
    models = await chain(all_jobs).returning(return_model=True).delete()

    assert (models.rowcount, models.scalars().all(), len(sql)) == (0, [], 0)


async def test_composite_keys(jobs: AsyncSession) -> None:
    seats, tickets = SeatRepository(jobs).objects, TicketRepository(jobs).objects

    free = await seats.filter(state="free").update(price=F("price") + 5)
    sold = await seats.filter(tickets__holder="Ann").update(price=0)
    held = await tickets.filter(seat__state="sold").update(seat=("a", 2))
    chosen = await seats.filter(pk__in=[("a", 1), ("b", 2)]).update(state="held")

    assert (free.rowcount, sorted(tuples(free))) == (3, [("a", 1), ("a", 2), ("b", 2)])
    assert (sold.rowcount, tuples(sold)) == (1, [("b", 1)])
    assert (held.rowcount, chosen.rowcount) == (1, 2)
    assert await seats.order_by("row", "number").values_list() == [
        ("a", 1, "held", 15),
        ("a", 2, "free", None),
        ("b", 1, "sold", 0),
        ("b", 2, "held", 45),
    ]
    assert await tickets.order_by("id").values_list("seat_row", "seat_number") == [("a", 2), (None, None)]


async def test_composite_keys_beside_what_is_related(jobs: AsyncSession, sql: RecordedSQL) -> None:
    """The list of keys stands once or twice in the statement, as the condition can be repeated or not."""
    seats = SeatRepository(jobs).objects
    listed = Q(pk__in=[("a", 1), ("b", 2)])

    either = await seats.filter(listed | Q(tickets__holder="Ann")).update(state="held")
    both = await seats.filter(~listed, Q(tickets__holder="Ann") | Q(pk__in=[("b", 1)])).update(state="sold")
    removed = await seats.filter(listed, state="held").delete()
    twice = Q(tuple_(Seat.row, Seat.number).in_([("a", 2)])) ^ Q(state="lost")

    assert sorted(tuples(either)) == [("a", 1), ("b", 1), ("b", 2)]
    assert tuples(both) == [("b", 1)]
    assert sorted(tuples(removed)) == [("a", 1), ("b", 2)]
    assert tuples(await seats.filter(twice).update(state="sold")) == [("a", 2)]
    assert len(sql) == 4


# What they are set to.


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("values", "field", "stored"),
    [
        ({"rank": "5"}, "rank", 5),
        ({"rank": 5.0}, "rank", 5),
        ({"rank": None}, "rank", None),
        ({"code": 5}, "code", "5"),
        ({"code": ""}, "code", ""),
        ({"due": "2026-11-22"}, "due", date(2026, 11, 22)),
        ({"cost": "1.25"}, "cost", Decimal("1.25")),
        ({"cost": 0.1}, "cost", Decimal("0.10")),
        ({"priority": Priority.HIGH}, "priority", Priority.HIGH),
        ({"priority": "HIGH"}, "priority", Priority.HIGH),
        ({"priority": None}, "priority", None),
        ({"queue": IDLE}, "queue_id", IDLE),
        ({"queue_id": IDLE}, "queue_id", IDLE),
        ({"fallback": None}, "fallback_id", None),
        ({"rank": F("queue_id")}, "rank", MAIL),
        ({"rank": F("rank") + 1}, "rank", 2),
        ({"rank": (F("rank") + F("queue_id")) * 3 - 1}, "rank", 5),
        ({"rank": 10 - F("rank")}, "rank", 9),
        ({"rank": -F("rank")}, "rank", -1),
        ({"rank": (F("rank") + 6) / 2}, "rank", 3),
        ({"rank": (F("rank") + 6) % 4}, "rank", 3),
        ({"rank": Value(8)}, "rank", 8),
        ({"cost": F("cost") * 2}, "cost", Decimal("3.00")),
        ({"cost": F("cost") + Decimal("0.25")}, "cost", Decimal("1.75")),
        ({"code": F("state")}, "code", "pending"),
        ({"rank": F("queue")}, "rank", MAIL),
        ({"rank": F("queue__id")}, "rank", MAIL),
        ({"rank": Job.queue_id + 7}, "rank", 8),
        ({"code": func.upper(Job.state)}, "code", "PENDING"),
        ({"rank": case((Job.state == "pending", 70), else_=80)}, "rank", 70),
        ({"rank": select(func.max(Queue.id)).scalar_subquery()}, "rank", IDLE),
        ({"state": "SELECT 1; --"}, "state", "SELECT 1; --"),
    ],
)
async def test_what_a_column_is_set_to(
    values: dict[str, Any], field: str, stored: Any, all_jobs: QuerySet[Job]
) -> None:
    loaded = await all_jobs.get(id=1)

    await all_jobs.filter(id=1).update(values)

    assert await all_jobs.filter(id=1).values_list(field, flat=True) == [stored]
    assert inspect(loaded).dict[field] == stored
    assert not inspect(loaded).modified


async def test_a_relation_is_set_by_an_instance(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    idle = await QueueRepository(jobs).objects.get(name="idle")
    seat = await SeatRepository(jobs).get_by_pk(("a", 1))

    await all_jobs.filter(id=1).update(queue=idle, fallback=None)
    await TicketRepository(jobs).objects.filter(holder=None).update(seat=seat)

    assert await all_jobs.filter(id=1).values_list("queue_id", "fallback_id") == [(IDLE, None)]
    assert await TicketRepository(jobs).objects.filter(seat=seat).values_list("id", flat=True) == [2]


async def test_dicts_and_keywords(all_jobs: QuerySet[Job]) -> None:
    await all_jobs.filter(id=1).update({"rank": 7}, touched=2)

    assert await all_jobs.filter(id=1).values_list("rank", "touched") == [(7, 2)]


async def test_all_expressions_see_the_row_as_it_was(all_jobs: QuerySet[Job]) -> None:
    await all_jobs.filter(id=3).update(rank=F("queue_id"), touched=F("rank"))

    assert await all_jobs.filter(id=3).values_list("rank", "touched") == [(PRINT, 3)]


async def test_the_same_chain_with_other_values(all_jobs: QuerySet[Job]) -> None:
    """The plan of the condition is kept, so nothing of a SET may be."""
    for id_, rank in [(1, 11), (2, 12), (3, None), (4, F("queue_id"))]:
        await all_jobs.filter(id=id_).update(rank=rank)
    await all_jobs.filter(id=5).update(touched=5)

    assert await ranks(all_jobs) == {1: 11, 2: 12, 3: None, 4: PRINT, 5: None}


async def test_a_primary_key_can_be_set(all_jobs: QuerySet[Job]) -> None:
    await all_jobs.filter(id=4).update(pk=77)

    assert await all_jobs.order_by("id").values_list("id", flat=True) == [1, 2, 3, 5, 77]


# What comes back.


async def test_returning_fields(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    result = await all_jobs.filter(queue_id=PRINT).returning("code", "rank", "id").update(rank=F("rank") + 10)

    assert (sorted(tuples(result), key=str), result.rowcount) == ([("a", 13, 3), (None, 14, 4)], 2)
    assert list(result.keys()) == ["code", "rank", "id"]


async def test_returning_models(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    seen = await all_jobs.get(id=3)
    sql.clear()

    result = await all_jobs.filter(queue_id=PRINT).returning(return_model=True).update(rank=F("rank") + 10)
    models = sorted(result.scalars(), key=lambda job: job.id)

    assert [(job.id, job.rank, job.state) for job in models] == [(3, 13, "taken"), (4, 14, "done")]
    assert models[0] is seen
    assert (result.rowcount, len(sql)) == (2, 1)


async def test_returning_once_more_counts(all_jobs: QuerySet[Job]) -> None:
    both = all_jobs.filter(id=1).returning("code").returning("state")

    assert (await both.update(rank=1)).all() == [("pending",)]
    assert (await both.returning().update(rank=1)).all() == [(1,)]


async def test_returning_a_relations_column(all_jobs: QuerySet[Job]) -> None:
    assert (await all_jobs.filter(id=1).returning("queue_id").update(queue_id=IDLE)).all() == [(IDLE,)]


# What the session's objects say after.


async def test_loaded_objects_say_what_the_rows_say(
    all_jobs: QuerySet[Job], jobs: AsyncSession, sql: RecordedSQL
) -> None:
    loaded = await all_jobs.order_by("id")
    elsewhere = await QueueRepository(jobs).objects

    await all_jobs.filter(queue_id=MAIL).update(rank=F("queue_id") + 20, state="held", due="2026-11-22")
    sql.clear()

    assert [(job.rank, job.state, job.due) for job in loaded] == [
        (21, "held", date(2026, 11, 22)),
        (21, "held", date(2026, 11, 22)),
        (3, "taken", None),
        (4, "done", None),
        (None, "pending", None),
    ]
    assert not any(inspect(each).expired_attributes for each in (*loaded, *elsewhere))
    assert not sql.statements
    assert not jobs.dirty


async def test_what_was_expired_before_stays_so(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    """The user's own `expire()` is left as it is: reloading it is not what was asked."""
    one, two = await all_jobs.filter(id__in=[1, 2]).order_by("id")
    jobs.expire(two, ["state"])

    await all_jobs.filter(id=1).update(rank=F("rank") + 1)

    assert (one.rank, inspect(two).expired_attributes) == (2, {"state"})


async def test_what_the_mapping_sets_on_update(jobs: AsyncSession, sql: RecordedSQL) -> None:
    labels = await LabelRepository(jobs).objects.order_by("id")

    await LabelRepository(jobs).objects.filter(name="slow").update(uses=3)
    sql.clear()

    found = [(label.uses, label.edited, label.edit) for label in labels]
    assert found == [(0, False, None), (3, True, "once")]
    assert not sql.statements


async def test_objects_with_composite_keys(jobs: AsyncSession, sql: RecordedSQL) -> None:
    seats = await SeatRepository(jobs).objects.order_by("row", "number")

    await SeatRepository(jobs).objects.filter(row="b").update(price=F("price") + 1)
    sql.clear()

    assert ([seat.price for seat in seats], len(sql)) == ([10, None, 31, 41], 0)


async def test_a_related_object_is_the_new_one(
    all_jobs: QuerySet[Job], jobs: AsyncSession, sql: RecordedSQL
) -> None:
    """A loaded relation must not go on showing what the foreign key has left."""
    job = await all_jobs.options("queue").get(id=1)
    idle = await QueueRepository(jobs).objects.get(name="idle")
    assert job.queue.name == "mail"

    await all_jobs.filter(id=1).update(queue=idle)

    assert job.queue_id == IDLE
    assert "queue" not in inspect(job).dict or job.queue is idle


async def test_changes_of_objects_are_written_first(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    job = await all_jobs.get(id=1)
    job.state, job.rank = "mine", 50
    jobs.add(Job(code="new", state="mine", queue_id=IDLE))

    result = await all_jobs.filter(state="mine").update(rank=F("rank") + 1)

    assert (result.rowcount, job.rank) == (2, 51)


@pytest.mark.by_turns
async def test_a_deferred_load_in_a_loop(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    """More objects than one statement takes."""
    jobs.add_all([Job(code=f"n{number}", rank=number, queue_id=IDLE) for number in range(1200)])
    await jobs.flush()
    loaded = await all_jobs.filter(code__startswith="n").order_by("rank")

    result = await all_jobs.filter(code__startswith="n").update(rank=F("rank") * 2)

    assert result.rowcount == 1200
    assert [inspect(job).dict["rank"] for job in loaded] == [2 * number for number in range(1200)]


# Errors of the database keep their class; the rest is in `tests/errors`.


async def test_a_unique_violation(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    async def clash() -> None:
        async with jobs.begin_nested():
            await all_jobs.filter(id=2).update(code="a")

    with pytest.raises(IntegrityError):
        await clash()
    assert await all_jobs.filter(id=2).values_list("code", flat=True) == ["b"]


async def test_a_missing_parent(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    async def orphan() -> None:
        async with jobs.begin_nested():
            await all_jobs.filter(id=2).update(queue_id=77)

    with pytest.raises(IntegrityError):
        await orphan()


async def test_nothing_to_set(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    for nothing in (dict[str, Any](), None):
        with pytest.raises(UnsupportedOperationError, match="nothing to set"):
            await all_jobs.filter(id=1).update(nothing)
    assert len(sql) == 0


async def test_an_object_that_never_had_a_value_has_the_new_one(jobs: AsyncSession) -> None:
    """SQLAlchemy takes an attribute that was never set for None, whatever the row has."""
    job = await JobRepository(jobs).flush().create(state="new", queue_id=MAIL)
    assert job.rank is None

    await JobRepository(jobs).objects.filter(id=job.id).update(rank=9)
    assert job.rank == 9


# Primary keys


async def test_an_object_goes_with_its_key(jobs: AsyncSession) -> None:
    seats = SeatRepository(jobs).objects
    one, two = await seats.filter(row="a").order_by("number")
    await TicketRepository(jobs).objects.delete()

    await seats.filter(row="a", number=1).update(number=7, state="moved")
    assert (one.number, one.state, two.number) == (7, "moved", 2)
    assert await SeatRepository(jobs).get_by_pk(("a", 7)) is one
    assert await SeatRepository(jobs).get_by_pk(("a", 1)) is None
    await seats.filter(row="a").update(row="c", number=F("number") + 10)
    assert [(seat.row, seat.number) for seat in (one, two)] == [("c", 17), ("c", 12)]
    one.state = "sold"
    await jobs.flush()
    assert await seats.filter(state="sold", row="c").values_list("number", flat=True) == [17]


async def test_a_key_that_others_have_not(jobs: AsyncSession) -> None:
    labels = LabelRepository(jobs).objects
    await jobs.execute(job_labels.delete())
    urgent, slow = await labels.order_by("id")

    await labels.filter(name="slow").returning(return_model=True).update(id=F("id") * 100)
    assert (urgent.id, slow.id) == (1, 200)
    assert await LabelRepository(jobs).get_by_pk(200) is slow
    await labels.filter(name="nobody").update(id=5)
    assert (urgent.id, slow.id) == (1, 200)
