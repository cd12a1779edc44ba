"""Transactions at once: each row is written only while it still meets the whole condition.

On PostgreSQL a first transaction changes rows, a second one meets its locks and waits, and then the first
commits: the second must look at what the rows have become. SQLite has one writer at a time: who would be the
second waits before he writes at all.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Database, F, Q, QuerySet
from django_like_repos.execution.sessions import WRITES
from django_like_repos.query.writes import FORMS
from tests.recording import RecordedSQL
from tests.writes.models import Job
from tests.writes.racing import started, two_sessions
from tests.writes.repositories import JobRepository, LabelRepository, SeatRepository, TicketRepository
from tests.writes.results import tuples
from tests.writes.rows import IDLE, MAIL

Chain = Callable[[QuerySet[Any]], QuerySet[Any]]

on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], scope="session")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], scope="session")
in_both_forms = pytest.mark.usefixtures("form")


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """The form in which sessions of the shared database say UPDATE and DELETE."""
    monkeypatch.setitem(shared_database.session_factory.kw["info"], WRITES, request.param)
    return str(request.param)


PENDING = {1, 2, 5}

CLAIMS: dict[str, Chain] = {
    "own column": lambda jobs: jobs.filter(state="pending"),
    "excluded": lambda jobs: jobs.exclude(state__in=["taken", "done"]),
    "negated": lambda jobs: jobs.filter(~Q(state="taken"), ~Q(state="done")),
    "expression": lambda jobs: jobs.filter(Job.state == "pending"),
    "two calls": lambda jobs: jobs.filter(id__gt=0).filter(state="pending"),
    "joined to one": lambda jobs: jobs.filter(state="pending", queue__name__in=["mail", "idle"]),
    "joined to many": lambda jobs: jobs.filter(Q(state="pending") & (Q(steps=None) | Q(steps__id__gt=0))),
    "declared": lambda jobs: jobs.outerjoin("steps").filter(state="pending"),
    "ordered": lambda jobs: jobs.filter(state="pending").order_by("queue__name", "-id"),
    "or": lambda jobs: jobs.filter(Q(state="pending") | Q(queue__name="nowhere")),
}


@pytest.mark.sampled
@on_postgresql
@in_both_forms
@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
async def test_no_row_is_claimed_twice(claim: Chain, shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        mine = await claim(JobRepository(first).objects).update(state="taken", touched=F("touched") + 1)
        waiting = await started(
            shared_database,
            claim(JobRepository(second).objects).update(state="taken", touched=F("touched") + 1),
        )
        await first.commit()
        theirs = await waiting
        await second.commit()

    assert (set(mine.scalars()), theirs.rowcount, theirs.all()) == (PENDING, 0, [])
    async with shared_database.session() as session:
        claimed = JobRepository(session).objects.filter(touched__gt=0).values_list("id", "touched")
        assert set(await claimed) == {(id, 1) for id in PENDING}


@on_postgresql
@in_both_forms
async def test_what_a_rolled_back_claim_let_go_is_claimed(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(state="pending").update(state="taken")
        waiting = await started(
            shared_database, JobRepository(second).objects.filter(state="pending").update(state="taken")
        )
        await first.rollback()
        theirs = await waiting

        assert set(theirs.scalars()) == PENDING


@on_postgresql
@in_both_forms
async def test_a_claim_of_composite_keys(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        mine = await SeatRepository(first).objects.filter(state="free", row="a").update(state="sold")
        waiting = await started(
            shared_database, SeatRepository(second).objects.filter(state="free").update(state="sold")
        )
        await first.commit()
        theirs = await waiting

        assert (set(tuples(mine)), set(tuples(theirs))) == ({("a", 1), ("a", 2)}, {("b", 2)})


@on_postgresql
@in_both_forms
async def test_a_claim_fills_only_what_it_claimed(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        seen = await JobRepository(second).objects.order_by("id")
        await JobRepository(first).objects.filter(id=1).update(state="taken")
        claim = JobRepository(second).objects.filter(state="pending").returning(return_model=True)
        waiting = await started(shared_database, claim.update(state="mine"))
        await first.commit()
        theirs = await waiting

        assert {job.id for job in theirs.scalars()} == {2, 5}
        assert [job.state for job in seen if job.id in (2, 5)] == ["mine", "mine"]


# Rows of job 1, taken out of a filter by a transaction that commits while the other waits.

RENEWED: dict[str, tuple[Chain, dict[str, Any]]] = {
    "own column": (lambda jobs: jobs.filter(state="pending"), {"state": "taken"}),
    "excluded": (lambda jobs: jobs.exclude(state="taken"), {"state": "taken"}),
    "or, own": (lambda jobs: jobs.filter(Q(code="a") | Q(rank=1)), {"code": "z", "rank": 9}),
    "xor, own": (lambda jobs: jobs.filter(Q(code="a") ^ Q(rank=9)), {"rank": 9}),
    "list": (lambda jobs: jobs.filter(code__in=["a", "c"]), {"code": "z"}),
    "range": (lambda jobs: jobs.filter(rank__range=(0, 2)), {"rank": 9}),
    "absent": (lambda jobs: jobs.filter(due=None), {"due": "2026-11-22"}),
    "fields compared": (lambda jobs: jobs.filter(rank=F("queue_id")), {"rank": 9}),
    "expression": (lambda jobs: jobs.filter(Job.state.like("pend%")), {"state": "taken"}),
    "own and to many": (lambda jobs: jobs.filter(state="pending", steps__done=True), {"state": "taken"}),
    "own and not to many": (lambda jobs: jobs.exclude(steps__name="x").filter(code="a"), {"code": "z"}),
    "or with a relation": (
        lambda jobs: jobs.filter(Q(state="pending") | Q(queue__region="east")),
        {"state": "taken"},
    ),
    "or with two relations": (
        lambda jobs: jobs.filter(Q(state="pending") | Q(queue__region="east") | Q(parent__queue__name="x")),
        {"state": "taken"},
    ),
    "foreign key moved": (lambda jobs: jobs.filter(queue__region="north"), {"queue_id": IDLE}),
    "foreign key compared": (lambda jobs: jobs.filter(queue=MAIL), {"queue_id": IDLE}),
    "nullable foreign key emptied": (lambda jobs: jobs.filter(fallback__name="print"), {"fallback_id": None}),
    "foreign key out of a negation": (lambda jobs: jobs.exclude(queue__region="south"), {"queue_id": IDLE}),
    "foreign key to a nullable key": (
        lambda jobs: jobs.exclude(nickname__region="south"),
        {"queue_nickname": "i"},
    ),
    "foreign key out of nothing": (lambda jobs: jobs.filter(fallback__region=None), {"fallback_id": MAIL}),
    "foreign key, declared join": (
        lambda jobs: jobs.innerjoin("queue").filter(queue__region="north"),
        {"queue_id": IDLE},
    ),
    "foreign key, declared left join": (
        lambda jobs: jobs.outerjoin("fallback").filter(fallback__region=None),
        {"fallback_id": MAIL},
    ),
}


@pytest.mark.sampled
@on_postgresql
@in_both_forms
@pytest.mark.parametrize(("chain", "change"), RENEWED.values(), ids=RENEWED)
async def test_no_row_is_deleted_that_left_the_filter(
    chain: Chain, change: dict[str, Any], shared_database: Database
) -> None:
    async with shared_database.session() as session:
        # Nothing else is to keep job 1 from being deleted, nor to be waited for.
        await JobRepository(session).objects.commit().update(parent_id=None)
    async with two_sessions(shared_database) as (first, second):
        assert await chain(JobRepository(second).objects).filter(id=1).exists()
        await JobRepository(first).objects.filter(id=1).update(change)
        waiting = await started(shared_database, chain(JobRepository(second).objects).delete())
        await first.commit()
        deleted = await waiting
        await second.commit()

    assert 1 not in set(deleted.scalars())
    async with shared_database.session() as session:
        assert await JobRepository(session).objects.filter(id=1).exists()


@on_postgresql
@in_both_forms
@pytest.mark.parametrize(
    "chain",
    [
        lambda tickets: tickets.filter(seat__state="sold"),
        lambda tickets: tickets.exclude(seat__state="free"),
        lambda tickets: tickets.filter(seat__price=30),
        lambda tickets: tickets.filter(~Q(seat__price=10), seat__number=1),
    ],
)
async def test_no_row_is_deleted_whose_composite_foreign_key_moved(
    chain: Chain, shared_database: Database
) -> None:
    async with two_sessions(shared_database) as (first, second):
        await TicketRepository(first).objects.filter(holder="Ann").update(seat=("a", 1))
        waiting = await started(shared_database, chain(TicketRepository(second).objects).delete())
        await first.commit()

        assert 1 not in set((await waiting).scalars())


@on_postgresql
@in_both_forms
async def test_a_row_that_came_into_the_filter_meanwhile_stays(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=4).update(state="pending", touched=1)
        await JobRepository(first).objects.filter(id=5).update(state="pending", touched=1)
        waiting = await started(
            shared_database,
            JobRepository(second).objects.filter(state="pending", id__in=[4, 5]).delete(),
        )
        await first.commit()

        assert list((await waiting).scalars()) == [5]


@on_postgresql
@in_both_forms
async def test_a_row_whose_related_row_is_another_one_of_the_filter(shared_database: Database) -> None:
    """It is looked at beside the row that it was found with."""
    async with shared_database.session() as session:
        await JobRepository(session).objects.commit().update(parent_id=None)
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=1).update(queue_id=IDLE)
        known = JobRepository(second).objects.filter(queue__region__in=["north", "south"])
        waiting = await started(shared_database, known.delete())
        await first.commit()

        assert set((await waiting).scalars()) == {2, 5}


@on_postgresql
async def test_a_row_that_is_compared_with_its_related_row(shared_database: Database) -> None:
    """Which only a join repeats."""
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=3).update(rank=0)
        above = JobRepository(second).objects.filter(rank__gt=F("parent__rank")).writing("direct")
        waiting = await started(shared_database, above.update(touched=1))
        await first.commit()

        assert set((await waiting).scalars()) == {4}


# Two that create the same row.


@on_postgresql
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "rolled back"])
async def test_get_or_create_at_once(committed: bool, shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        mine, created = await LabelRepository(first).objects.get_or_create({"uses": 1}, name="new")
        assert (mine.uses, created) == (1, True)
        unrelated = await LabelRepository(second).create(name="unrelated")
        waiting = await started(
            shared_database, LabelRepository(second).objects.get_or_create({"uses": 2}, name="new")
        )
        await (first.commit() if committed else first.rollback())
        theirs, created = await waiting

        assert (theirs.name, theirs.uses, created) == ("new", 1 if committed else 2, not committed)
        await second.commit()
        assert unrelated.id is not None
    async with shared_database.session() as session:
        found = LabelRepository(session).objects.filter(name__in=["new", "unrelated"])
        assert await found.count() == 2


@on_postgresql
async def test_update_or_create_at_once(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await LabelRepository(first).objects.update_or_create({"uses": 1}, name="new")
        waiting = await started(
            shared_database, LabelRepository(second).objects.update_or_create({"uses": 2}, name="new")
        )
        await first.commit()
        theirs, created = await waiting
        await second.commit()

        assert (theirs.name, theirs.uses, created) == ("new", 2, False)
    async with shared_database.session() as session:
        assert (await LabelRepository(session).objects.get(name="new")).uses == 2


@on_postgresql
async def test_update_or_create_locks_what_it_finds(shared_database: Database) -> None:
    """What Python makes of a value is made of the one that is stored."""
    async with two_sessions(shared_database) as (first, second):
        seen = await LabelRepository(second).objects.get(name="slow")
        mine, _ = await LabelRepository(first).objects.update_or_create({"uses": 1}, name="slow")
        waiting = await started(
            shared_database,
            LabelRepository(second).objects.update_or_create({"uses": lambda: seen.uses + 1}, name="slow"),
        )
        await first.commit()
        theirs, created = await waiting
        await second.commit()

    assert (theirs is seen, theirs.uses, mine.uses, created) == (True, 2, 1, False)


@on_postgresql
async def test_update_or_create_of_what_left_the_lookup(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=1).update(state="taken")
        pending = JobRepository(second).objects.filter(steps__name="write", state="pending")
        waiting = await started(
            shared_database, pending.update_or_create({"rank": 5}, {"queue_id": IDLE}, code="a")
        )
        await first.commit()
        job, created = await waiting

        assert (job.id, created) == (6, True)


@on_postgresql
async def test_update_or_create_of_groups(shared_database: Database) -> None:
    """They cannot be locked as they are read, so the row is, when it is found."""
    async with two_sessions(shared_database) as (first, second):
        busy = JobRepository(second).objects.annotate(n=Count("steps")).filter(n=2)
        await JobRepository(first).objects.filter(id=1).update(rank=8)
        waiting = await started(shared_database, busy.update_or_create({"touched": lambda: 5}, code="a"))
        await first.commit()
        job, created = await waiting

        assert (job.id, job.rank, job.touched, created) == (1, 8, 5, False)


async def test_another_constraint_is_the_callers_error(jobs: AsyncSession, sql: RecordedSQL) -> None:
    """A row is not looked for again where no other row can have been in the way."""
    for defaults in ({"queue_id": 77}, {"queue_id": None}):
        with pytest.raises(IntegrityError):
            await JobRepository(jobs).objects.get_or_create(defaults, code="new")
        assert not sql.last.startswith("SELECT jobs")
        assert jobs.is_active


async def test_another_unique_column_in_the_way_is_an_error(shared_database: Database) -> None:
    async with shared_database.session() as session:
        with pytest.raises(IntegrityError):
            await LabelRepository(session).objects.get_or_create({"name": "urgent"}, uses=77)

        assert await LabelRepository(session).objects.count() == 2
        assert not session.new


# SQLite: one writer at a time.


@in_both_forms
async def test_as_many_claims_at_once_as_there_are_sessions(shared_database: Database) -> None:
    async def claim() -> list[int]:
        async with shared_database.session() as session:
            claimed = JobRepository(session).objects.filter(state="pending").commit()
            return list((await claimed.update(state="taken")).scalars())

    claims = await asyncio.gather(*(claim() for _ in range(4)))

    assert sorted(id for claimed in claims for id in claimed) == [1, 2, 5]


@on_sqlite
@in_both_forms
async def test_a_writer_that_read_what_is_no_longer_so_writes_what_is(shared_database: Database) -> None:
    async with two_sessions(shared_database) as (first, second):
        pending = JobRepository(second).objects.filter(state="pending")
        assert await pending.count() == 3
        await JobRepository(first).objects.filter(state="pending").commit().update(state="taken")

        assert (await pending.update(state="mine")).rowcount == 0
