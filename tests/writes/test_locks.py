"""Locks of two transactions: one holds what the other wants, and the other reads what has become of it.

On PostgreSQL a first session changes or locks rows; a second one, which is known to wait, goes on when the
first has committed. What it then gets is locked by it, is what is stored, and still is what was asked for.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from django_like_repos import Database, F, Q, QuerySet
from tests.writes.models import Job
from tests.writes.racing import started, two_sessions
from tests.writes.repositories import JobRepository, QueueRepository, StepRepository
from tests.writes.rows import IDLE, MAIL

Chain = Callable[[QuerySet[Job]], QuerySet[Any]]

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], scope="session")


async def locked_jobs(database: Database) -> set[int]:
    """The jobs that somebody has locked."""
    async with database.session() as session:
        free = set(
            await JobRepository(session)
            .objects.select_for_update(skip_locked=True)
            .values_list("id", flat=True)
        )
        return set(range(1, 6)) - free


# How the first session changes job 1 so that it is none of the second one's any more.
LEFT: dict[str, tuple[Chain, dict[str, Any]]] = {
    "own column": (lambda jobs: jobs.filter(state="pending"), {"state": "taken"}),
    "a slice": (lambda jobs: jobs.filter(state="pending").order_by("id")[:1], {"state": "taken"}),
    "across one": (lambda jobs: jobs.filter(queue__region="north"), {"queue_id": IDLE}),
    "across many": (lambda jobs: jobs.filter(state="pending", steps__name="read"), {"state": "taken"}),
    "across many and one": (
        lambda jobs: jobs.filter(queue__region="north", labels__name="urgent"),
        {"queue_id": IDLE},
    ),
    "across many, a slice": (
        lambda jobs: jobs.filter(state="pending", steps__name="read").order_by("-steps__name", "id")[:1],
        {"state": "taken"},
    ),
    "not across many": (lambda jobs: jobs.exclude(steps__name="x").filter(rank=1), {"rank": 2}),
    "a page with children": (
        lambda jobs: jobs.outerjoin("steps").options("steps").filter(state="pending").order_by("id")[:1],
        {"state": "taken"},
    ),
    "either": (lambda jobs: jobs.filter(Q(rank=1) | Q(code="a")).filter(id=1), {"rank": 2, "code": "z"}),
    "fields compared": (lambda jobs: jobs.filter(rank=F("queue_id"), steps__done=True), {"rank": 9}),
    "values": (
        lambda jobs: jobs.filter(state="pending").values_list("id", "steps__name"),
        {"state": "taken"},
    ),
}


@pytest.mark.parametrize(("chain", "change"), LEFT.values(), ids=LEFT)
async def test_a_row_that_left_while_it_was_waited_for(
    chain: Chain, change: dict[str, Any], shared_database: Database
) -> None:
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=1).update(change)
        waiting = await started(
            shared_database, _keys(chain(JobRepository(second).objects).select_for_update())
        )
        await first.commit()

        assert 1 not in await waiting


async def _keys(queryset: QuerySet[Any]) -> list[int]:
    return [row.id if isinstance(row, Job) else row[0] for row in await queryset]


@pytest.mark.parametrize(
    "chain",
    [
        lambda jobs: jobs.filter(state="pending", id__lte=2),
        lambda jobs: jobs.filter(steps__name="read", id__lte=2),
        lambda jobs: jobs.outerjoin("steps").options("steps").order_by("id")[:2],
        lambda jobs: jobs.select_related("queue").filter(queue__name="mail").order_by("steps__name")[:2],
    ],
)
async def test_what_was_waited_for_is_read_as_it_is_then(chain: Chain, shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        seen = await JobRepository(second).objects.get(id=1)
        await JobRepository(first).objects.filter(id=1).update(rank=77)
        waiting = await started(
            shared_database, _keys(chain(JobRepository(second).objects).select_for_update())
        )
        await first.commit()

        assert set(await waiting) == {1, 2}
        assert seen.rank == 77
        assert await locked_jobs(shared_database) == {1, 2}


@pytest.mark.parametrize(
    "chain",
    [
        lambda jobs: jobs.filter(state="pending").order_by("id")[:1],
        lambda jobs: jobs.filter(state="pending", labels__name__gt="").order_by("id")[:1],
        lambda jobs: jobs.filter(state="pending").outerjoin("steps").options("steps").order_by("id")[:1],
        lambda jobs: jobs.filter(state="pending").order_by("-labels__name", "id")[:1],
    ],
)
async def test_each_takes_the_next_that_is_free(chain: Chain, shared_database: Database) -> None:
    """A slice is of the rows that can be locked, not of those of which some are taken away."""
    taken: list[int] = []
    async with two_sessions(shared_database) as (first, second), shared_database.session() as third:
        for session in (first, second, third):
            taken += await _keys(chain(JobRepository(session).objects).select_for_update(skip_locked=True))
        async with shared_database.session() as fourth:
            left = await chain(JobRepository(fourth).objects).select_for_update(skip_locked=True)

    assert (sorted(taken), left) == ([1, 2, 5], [])


async def test_only_the_models_own_rows(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        jobs = JobRepository(first).objects.select_related("queue").filter(queue__name="mail")
        await jobs.select_for_update()
        free = QueueRepository(second).objects.select_for_update(nowait=True)
        assert await free.filter(id=MAIL).count() == 1
        assert [queue.id for queue in await free.filter(id=MAIL)] == [MAIL]
    async with two_sessions(shared_database) as (first, second):
        jobs = JobRepository(first).objects.select_related("queue").filter(queue__name="mail")
        await jobs.select_for_update(of=("queue",))
        assert await locked_jobs(shared_database) == set()
        with pytest.raises(DBAPIError, match="could not obtain lock"):
            await QueueRepository(second).objects.select_for_update(nowait=True).get(id=MAIL)


async def test_no_key_lets_others_refer_to_the_row(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await QueueRepository(first).objects.select_for_update(no_key=True).get(id=MAIL)
        await second.execute(text("SET LOCAL lock_timeout = '50ms'"))
        job = await JobRepository(second).flush().create(queue_id=MAIL, code="new")
        assert job.id
    async with two_sessions(shared_database) as (first, second):
        await QueueRepository(first).objects.select_for_update().get(id=MAIL)
        waiting = await started(
            shared_database, JobRepository(second).flush().create(queue_id=MAIL, code="new")
        )
        await first.rollback()
        assert (await waiting).id


async def test_a_lock_ends_with_its_transaction(shared_database: Database) -> None:
    async with shared_database.session() as session:
        await JobRepository(session).objects.filter(id__lt=3).select_for_update()
        assert await locked_jobs(shared_database) == {1, 2}
        await session.commit()
        assert await locked_jobs(shared_database) == set()


async def test_counting_what_is_locked_waits_for_nobody(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.select_for_update()
        assert await JobRepository(second).objects.select_for_update().count() == 5
        assert await JobRepository(second).objects.select_for_update().exists()


async def test_rows_in_several_sessions_of_one_transaction(shared_database: Database) -> None:
    """What the transaction itself has locked, it need not wait for."""
    async with shared_database.session() as session:
        steps = StepRepository(session).objects.select_related("job").select_for_update(of=("self", "job"))
        assert len(await steps.order_by("id")) == 4
        again = JobRepository(session).objects.filter(steps__name="read").select_for_update(nowait=True)
        assert len(await again) == 3
        assert await locked_jobs(shared_database) == {1, 2, 3}
