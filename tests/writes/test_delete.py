"""`delete()`: which rows, what comes back, what the database and the session have left."""

from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QuerySet, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Queue
from tests.writes.repositories import (
    JobRepository,
    QueueRepository,
    SeatRepository,
    StepRepository,
    TicketRepository,
)
from tests.writes.results import tuples
from tests.writes.rows import PRINT


@pytest.fixture
async def all_jobs(jobs: AsyncSession) -> QuerySet[Job]:
    """Without the parents that would keep rows from being deleted."""
    await JobRepository(jobs).objects.update(parent_id=None)
    return JobRepository(jobs).objects


async def test_the_statement(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    sql.clear()
    result = await all_jobs.filter(state="pending", steps__name="read").delete()

    same_sql(
        sql.last.replace("RETURNING jobs.id", "RETURNING id"),
        "DELETE FROM jobs WHERE jobs.state = ? AND jobs.id IN ("
        "SELECT DISTINCT jobs.id FROM jobs JOIN steps AS steps_1 ON jobs.id = steps_1.job_id"
        " WHERE jobs.state = ? AND steps_1.name = ?) RETURNING id",
    )
    assert (sorted(result.all()), result.rowcount, len(sql)) == ([(1,), (2,)], 2, 1)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("chain", "left"),
    [
        (lambda jobs: jobs, []),
        (lambda jobs: jobs.filter(queue__region="north"), [3, 4, 5]),
        (lambda jobs: jobs.filter(fallback__region=None), [3, 5]),
        (lambda jobs: jobs.filter(steps__name="read", steps__done=True), [2, 4, 5]),
        (lambda jobs: jobs.exclude(steps__name="read"), [1, 2, 3]),
        (lambda jobs: jobs.filter(labels__name__in=["urgent", "slow"]), [3, 4]),
        (lambda jobs: jobs.outerjoin("steps").filter(steps__id=None), [1, 2, 3]),
        (lambda jobs: jobs.innerjoin("steps"), [4, 5]),
        (lambda jobs: jobs.options("labels"), [3, 4]),
        (lambda jobs: jobs.filter(Q(steps__done=False) | Q(rank=4)), [2, 3, 5]),
        (lambda jobs: jobs.filter(Job.rank >= 3), [1, 2, 5]),
        (lambda jobs: jobs.filter(rank=F("queue_id")), [2, 3, 4, 5]),
        (lambda jobs: jobs.filter(id__in=jobs.filter(rank=None)), [1, 3, 4]),
        (lambda jobs: jobs.filter(id__in=jobs.order_by("-id")[:2]), [1, 2, 3]),
        (lambda jobs: jobs.order_by("-labels__name").distinct().filter(rank=None), [1, 3, 4]),
        (lambda jobs: jobs.filter(id__in=[]), [1, 2, 3, 4, 5]),
        (lambda jobs: jobs.none(), [1, 2, 3, 4, 5]),
    ],
)
async def test_the_rows_of_the_query_and_no_others(
    chain: Any, left: list[int], all_jobs: QuerySet[Job]
) -> None:
    result = await chain(all_jobs).delete()

    assert sorted(result.scalars()) == [id_ for id_ in range(1, 6) if id_ not in left]
    assert result.rowcount == 5 - len(left)
    assert await all_jobs.order_by("id").values_list("id", flat=True) == left


async def test_composite_keys(jobs: AsyncSession) -> None:
    seats, tickets = SeatRepository(jobs).objects, TicketRepository(jobs).objects

    held = await tickets.filter(seat__price=30).delete()
    free = await seats.filter(tickets=None, row="a").delete()
    chosen = await seats.filter(pk=("b", 1)).returning("price").delete()

    assert (tuples(held), sorted(tuples(free)), tuples(chosen)) == ([(1,)], [("a", 1), ("a", 2)], [(30,)])
    assert await seats.values_list("row", "number") == [("b", 2)]


async def test_returning(all_jobs: QuerySet[Job]) -> None:
    fields = await all_jobs.filter(id=4).returning("state", "queue_id").delete()
    models = await all_jobs.filter(id=3).returning(return_model=True).delete()

    assert (fields.rowcount, tuples(fields)) == (1, [("done", PRINT)])
    assert models.rowcount == 1
    [gone] = models.scalars()
    assert (gone.id, gone.code, gone.rank) == (3, "a", 3)


async def test_what_belongs_to_the_rows_goes_as_the_database_says(
    all_jobs: QuerySet[Job], jobs: AsyncSession
) -> None:
    """ON DELETE CASCADE is the database's; the relationships of the mapping have no say."""
    await all_jobs.filter(id=1).delete()

    assert await StepRepository(jobs).objects.order_by("id").values_list("job_id", flat=True) == [2, 3]
    assert await all_jobs.filter(labels__name="urgent").count() == 1


async def test_deleted_objects_leave_the_session(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    one, two = await all_jobs.filter(id__in=[1, 2]).order_by("id")

    await all_jobs.filter(id=1).delete()

    assert (one in jobs, two in jobs) == (False, True)
    assert (one.id, one.state) == (1, "pending")
    assert inspect(one).was_deleted or inspect(one).detached or inspect(one).deleted
    assert await JobRepository(jobs).get_by_pk(1) is None
    await jobs.flush()


async def test_changes_of_objects_are_written_first(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    job = await all_jobs.get(id=1)
    job.state = "done"

    assert sorted((await all_jobs.filter(state="done").delete()).scalars()) == [1, 4]


async def test_rows_that_are_referred_to(jobs: AsyncSession) -> None:
    async def behead() -> None:
        async with jobs.begin_nested():
            await QueueRepository(jobs).objects.filter(name="mail").delete()

    with pytest.raises(IntegrityError):
        await behead()
    assert await QueueRepository(jobs).objects.count() == 3


async def test_the_same_chain_with_other_values(all_jobs: QuerySet[Job]) -> None:
    for id_ in (1, 3):
        assert (await all_jobs.filter(id=id_).delete()).all() == [(id_,)]

    assert await all_jobs.order_by("id").values_list("id", flat=True) == [2, 4, 5]


async def test_distinct_of_fields_is_refused(all_jobs: QuerySet[Job], sql: RecordedSQL) -> None:
    """Which rows it has is decided by their order, that of pk__in too."""
    first = all_jobs.order_by("queue_id", "-id").distinct("queue_id")
    wanted = await first.values_list("id", flat=True)
    sql.clear()
    for write in (first.delete,):
        with pytest.raises(UnsupportedOperationError, match=r"distinct\(\) of fields: filter\(pk__in"):
            await write()
    assert sql.statements == []
    result = await first.update(rank=77)
    assert result.rowcount == len(wanted)
    assert sorted(await all_jobs.filter(rank=77).values_list("id", flat=True)) == sorted(wanted)


async def test_what_was_deleted_is_gone_from_what_is_loaded(jobs: AsyncSession) -> None:
    await JobRepository(jobs).objects.update(parent_id=None)
    queue = await QuerySet(Queue, jobs).outerjoin("jobs").options("jobs").get(name="mail")
    first, second = sorted(queue.jobs, key=lambda job: job.id)
    new = Job(state="new", queue=queue)
    jobs.add(new)
    steps = await StepRepository(jobs).objects.select_related("job").order_by("id")

    with jobs.no_autoflush:
        await JobRepository(jobs).objects.filter(id=1).delete()
    assert (first in jobs, queue.jobs) == (False, [second, new])
    # The database has deleted them with it.
    assert [step in jobs for step in steps] == [False, False, True, True]
    assert steps[2].job is second
    await jobs.flush()
    assert new.id is not None
    await JobRepository(jobs).delete(second)
    assert queue.jobs == [new]
    assert steps[2] not in jobs
