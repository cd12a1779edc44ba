"""UPDATE and DELETE in the form of ``writing("direct")``: what is said, and that the rows are the same."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_loader_criteria

from django_like_repos import BaseRepository, Count, Database, F, FilteredRelation, Q, QuerySet
from django_like_repos.errors import UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Queue
from tests.writes.repositories import JobRepository

Chain = Callable[[QuerySet[Any]], QuerySet[Any]]


async def rows_of(session: AsyncSession, chain: Chain, form: Any) -> tuple[set[int], set[int]]:
    """The keys that an UPDATE and a DELETE have written, of rows to which nothing else refers."""
    jobs = chain(JobRepository(session).writing(form).objects)
    updated = set((await jobs.update(touched=F("touched") + 1)).scalars())
    nested = await session.begin_nested()
    deleted = set((await jobs.filter(children=None).delete()).scalars())
    await nested.rollback()
    return updated, deleted


async def told(session: AsyncSession, sql: RecordedSQL, chain: Chain) -> tuple[str, ...]:
    """The UPDATE and the DELETE after what they write, of rows that are not there."""
    jobs = chain(JobRepository(session).writing("direct").objects.filter(id__lt=0))
    await jobs.update(touched=1)
    update = sql.last
    await jobs.delete()
    return tuple([said.replace("RETURNING jobs.id", "RETURNING id") for said in (update, sql.last)])


# Own columns, and what foreign keys say: the same on both databases.

OWN: list[tuple[Chain, str]] = [
    (lambda jobs: jobs, ""),
    (lambda jobs: jobs.filter(state="a"), " AND jobs.state = ?"),
    (
        lambda jobs: jobs.filter(state="a").exclude(code="b"),
        " AND jobs.state = ? AND NOT (jobs.code = ? AND jobs.code IS NOT NULL)",
    ),
    (lambda jobs: jobs.filter(Q(state="a") | Q(rank=1)), " AND (jobs.state = ? OR jobs.rank = ?)"),
    (lambda jobs: jobs.filter(queue=1), " AND jobs.queue_id = ?"),
    (lambda jobs: jobs.filter(fallback__isnull=True), " AND jobs.fallback_id IS NULL"),
    (lambda jobs: jobs.filter(rank=F("queue_id") + 1), " AND jobs.rank = jobs.queue_id + ?"),
    (lambda jobs: jobs.filter(Job.rank > 1), " AND jobs.rank > ?"),
    # An order chooses no rows.
    (lambda jobs: jobs.filter(state="a").order_by("queue__name", "fallback__name"), " AND jobs.state = ?"),
]


@pytest.mark.parametrize(("chain", "condition"), OWN)
async def test_own_columns(chain: Chain, condition: str, jobs: AsyncSession, sql: RecordedSQL) -> None:
    update, delete = await told(jobs, sql, chain)

    same_sql(update, f"UPDATE jobs SET touched=? WHERE jobs.id < ?{condition} RETURNING id")
    same_sql(delete, f"DELETE FROM jobs WHERE jobs.id < ?{condition} RETURNING id")
    assert await rows_of(jobs, chain, "direct") == await rows_of(jobs, chain, "keys")


# To-one relations: what stands after the tables' names.

_QUEUE = "queues AS queues_1 WHERE queues_1.id = jobs.queue_id AND "
_KEYS = "jobs.id IN (SELECT jobs.id FROM jobs "
_JOIN = "JOIN queues AS queues_1 ON queues_1.id = jobs.queue_id "

TO_ONE: dict[str, tuple[Chain, str, str]] = {
    "a relation": (
        lambda jobs: jobs.filter(state="a", queue__name="m"),
        f"{_QUEUE}jobs.id < ? AND queues_1.name = ? AND jobs.state = ?",
        f"{_JOIN}WHERE jobs.id < ? AND queues_1.name = ? AND jobs.state = ?",
    ),
    "two columns of it, and what it must not be": (
        lambda jobs: jobs.filter(queue__name="m", queue__region="n").exclude(queue__nickname="x"),
        f"{_QUEUE}jobs.id < ? AND queues_1.name = ? AND queues_1.region = ? AND "
        "NOT (queues_1.nickname = ? AND queues_1.nickname IS NOT NULL)",
        f"{_JOIN}WHERE jobs.id < ? AND queues_1.name = ? AND queues_1.region = ? AND "
        "NOT (queues_1.nickname = ? AND queues_1.nickname IS NOT NULL)",
    ),
    "two steps": (
        lambda jobs: jobs.filter(parent__queue__name="m"),
        "jobs AS jobs_1, queues AS queues_1 WHERE jobs_1.id = jobs.parent_id AND "
        "queues_1.id = jobs_1.queue_id AND jobs.id < ? AND queues_1.name = ?",
        "JOIN jobs AS jobs_1 ON jobs_1.id = jobs.parent_id "
        "JOIN queues AS queues_1 ON queues_1.id = jobs_1.queue_id WHERE jobs.id < ? AND queues_1.name = ?",
    ),
    "compared": (
        lambda jobs: jobs.filter(rank__gt=F("parent__rank")),
        "jobs AS jobs_1 WHERE jobs_1.id = jobs.parent_id AND jobs.id < ? AND jobs.rank > jobs_1.rank",
        "JOIN jobs AS jobs_1 ON jobs_1.id = jobs.parent_id WHERE jobs.id < ? AND jobs.rank > jobs_1.rank",
    ),
}


@pytest.mark.parametrize(("chain", "joined", "chosen"), TO_ONE.values(), ids=TO_ONE)
async def test_joined(
    chain: Chain, joined: str, chosen: str, backend: str, jobs: AsyncSession, sql: RecordedSQL
) -> None:
    update, delete = await told(jobs, sql, chain)

    same_sql(update, f"UPDATE jobs SET touched=? FROM {joined} RETURNING id")
    if backend == "postgresql":
        same_sql(delete, f"DELETE FROM jobs USING {joined} RETURNING id")
    else:
        same_sql(delete, f"DELETE FROM jobs WHERE {_KEYS}{chosen}) RETURNING id")
    assert await rows_of(jobs, chain, "direct") == await rows_of(jobs, chain, "keys")


_FALLBACK = "EXISTS (SELECT 1 FROM queues AS queues_1 WHERE queues_1.id = jobs.fallback_id AND "
_LEFT = "LEFT OUTER JOIN queues AS queues_1 ON queues_1.id = jobs.fallback_id WHERE jobs.id < ? AND "

APART: dict[str, tuple[Chain, str, str]] = {
    "excluded": (
        lambda jobs: jobs.exclude(fallback__region="n"),
        f"NOT ({_FALLBACK}queues_1.region = ? LIMIT ALL OFFSET 0))",
        f"{_LEFT}NOT (queues_1.region = ? AND queues_1.region IS NOT NULL)",
    ),
    "absent": (
        lambda jobs: jobs.filter(fallback__region=None),
        f"NOT ({_FALLBACK}queues_1.region IS NOT NULL LIMIT ALL OFFSET 0))",
        f"{_LEFT}queues_1.region IS NULL",
    ),
    "or": (
        lambda jobs: jobs.filter(Q(state="a") | Q(fallback__region="n")),
        f"(jobs.state = ? OR ({_FALLBACK}queues_1.region = ?)))",
        f"{_LEFT}(jobs.state = ? OR queues_1.region = ?)",
    ),
}


@pytest.mark.parametrize(("chain", "condition", "chosen"), APART.values(), ids=APART)
async def test_what_need_not_be_there(
    chain: Chain, condition: str, chosen: str, backend: str, jobs: AsyncSession, sql: RecordedSQL
) -> None:
    update, delete = await told(jobs, sql, chain)

    where = f"jobs.id < ? AND {condition}" if backend == "postgresql" else f"{_KEYS}{chosen})"
    same_sql(update, f"UPDATE jobs SET touched=? WHERE {where} RETURNING id")
    same_sql(delete, f"DELETE FROM jobs WHERE {where} RETURNING id")
    assert await rows_of(jobs, chain, "direct") == await rows_of(jobs, chain, "keys")


# The rest is chosen by keys, as ever; none of them needs to be there once only.

BY_KEYS: dict[str, Chain] = {
    "to many": lambda jobs: jobs.filter(state="pending", steps__name="read"),
    "or, to many": lambda jobs: jobs.filter(Q(state="done") | Q(steps__name="read")),
    "not to many": lambda jobs: jobs.exclude(steps__name="write"),
    "declared": lambda jobs: jobs.innerjoin("fallback").filter(state="pending"),
    "declared and read": lambda jobs: jobs.innerjoin("queue").filter(queue__name="mail"),
    "groups": lambda jobs: jobs.annotate(n=Count("steps")).filter(n=2),
    "compared with what may be missing": lambda jobs: jobs.exclude(code=F("parent__code")),
    "narrowed": lambda jobs: jobs.annotate(
        near=FilteredRelation("fallback", condition=Q(fallback__region="north"))
    ).filter(near__name="mail"),
    "not narrowed": lambda jobs: jobs.annotate(
        near=FilteredRelation("fallback", condition=Q(fallback__region="north"))
    ).filter(Q(near__name=None) | Q(state="done")),
}


@pytest.mark.parametrize("chain", BY_KEYS.values(), ids=BY_KEYS)
async def test_chosen_by_keys(chain: Chain, backend: str, jobs: AsyncSession, sql: RecordedSQL) -> None:
    for said in await told(jobs, sql, chain):
        _, _, where = said.partition(" WHERE ")
        assert " IN (SELECT jobs.id " in where
        assert "DISTINCT" not in said
        assert where.startswith("jobs.id IN" if backend == "sqlite" else "jobs.id < ")
    assert await rows_of(jobs, chain, "direct") == await rows_of(jobs, chain, "keys")


async def test_criteria_of_others(jobs: AsyncSession, sql: RecordedSQL) -> None:
    """What a listener hides of related rows, a SELECT hides; own columns are said as ever."""

    def hide(execution: Any) -> None:
        criteria = with_loader_criteria(Queue, Queue.region == "north")
        execution.statement = execution.statement.options(criteria)

    event.listen(jobs.sync_session, "do_orm_execute", hide)
    repo = JobRepository(jobs).writing("direct")

    assert set((await repo.objects.filter(queue__name__in=["mail", "idle"]).update(rank=1)).scalars()) == {
        1,
        2,
    }
    assert " FROM queues" not in sql.last.partition(" WHERE ")[0]
    assert (await repo.objects.filter(state="pending").update(rank=1)).rowcount == 3
    assert "SELECT" not in sql.last


# Where it is said.


class DirectJobs(BaseRepository[Job]):
    writes = "direct"


async def test_where_it_is_said(jobs_database: Database, sql: RecordedSQL) -> None:
    async def is_direct(queryset: QuerySet[Any]) -> bool:
        await queryset.filter(state="x").update(rank=1)
        return "SELECT" not in sql.last

    direct = Database(jobs_database.engine, writes="direct")
    async with jobs_database.session() as session:
        assert not await is_direct(JobRepository(session).objects)
        assert await is_direct(JobRepository(session).objects.writing("direct"))
        assert await is_direct(JobRepository(session).writing("direct").objects)
        assert await is_direct(DirectJobs(session).objects)
        assert not await is_direct(DirectJobs(session).objects.writing("keys"))
        assert not await is_direct(DirectJobs(session).writing("keys").objects)
        assert not await is_direct(JobRepository(session).objects)
    async with direct.session() as session:
        assert await is_direct(JobRepository(session).objects)
        assert not await is_direct(JobRepository(session).objects.writing("keys"))


async def test_what_is_refused(jobs_database: Database) -> None:
    said = "takes 'keys' or 'direct', not 'fast'"
    word: Any = "fast"
    with pytest.raises(UnsupportedOperationError, match=f"writing\\(\\) {said}"):
        QuerySet(Job).writing(word)
    async with jobs_database.session() as session:
        with pytest.raises(UnsupportedOperationError, match=f"writing\\(\\) {said}"):
            JobRepository(session).writing(word)
        with pytest.raises(UnsupportedOperationError, match=f"Fast.writes {said}"):
            type("Fast", (JobRepository,), {"writes": word})(session)
        with pytest.raises(UnsupportedOperationError, match="cannot follow a slice"):
            await JobRepository(session).writing("direct").objects[:2].update(rank=1)
    with pytest.raises(UnsupportedOperationError, match=f"writes=….* {said}"):
        Database(jobs_database.engine, writes=word)


async def test_sets_what_the_row_has(jobs: AsyncSession, sql: RecordedSQL) -> None:
    """Names that the joined tables have too are the target's."""
    repo = JobRepository(jobs).writing("direct")
    loaded = await repo.objects.order_by("id")
    mail = repo.objects.filter(parent__queue__name="mail", parent__rank=1).returning("id", "rank")

    result = await mail.update(rank=F("rank") + F("id"), code="new")

    assert set(result.all()) == {(2, None), (3, 6)}
    assert [(job.rank, job.code) for job in loaded if job.id in (2, 3)] == [(None, "new"), (6, "new")]
    models = await mail.returning(return_model=True).update(rank=9)
    assert sorted(job.id for job in models.scalars()) == [2, 3]
    assert [job.rank for job in loaded[1:3]] == [9, 9]


# returning(None): the number alone.


@pytest.mark.parametrize("form", ["keys", "direct"])
async def test_a_bare_number(form: Any, jobs: AsyncSession, sql: RecordedSQL) -> None:
    pending = JobRepository(jobs).writing(form).objects.filter(state="pending", queue__name="mail")

    done = await pending.returning(None).update(rank=F("id") + 7)
    assert (done.rowcount, done.all(), done == 2) == (2, [], True)
    assert "RETURNING" not in sql.last
    # What the session holds is to know of it.
    loaded = await pending.order_by("id")
    assert [job.rank for job in loaded] == [8, 9]
    done = await pending.returning(None).update(rank=F("rank") * 2)
    assert (done.rowcount, done.all(), [job.rank for job in loaded]) == (2, [], [16, 18])
    done = await pending.filter(id=2).returning(None).delete()
    assert (done.rowcount, done.all(), [job in jobs for job in loaded]) == (1, [], [True, False])
    assert await pending.filter(id=99).returning(None).delete() == 0
    assert await pending.none().returning(None).delete() == 0


async def test_a_bare_number_of_a_repository(jobs: AsyncSession, sql: RecordedSQL) -> None:
    counted: Any = JobRepository(jobs).returning(None)
    done = await counted.objects.filter(state="pending").update(rank=1)
    assert (done.rowcount, done.all()) == (3, [])


async def test_a_bare_number_where_hooks_want_keys(jobs: AsyncSession) -> None:
    seen: list[Any] = []

    class Watched(BaseRepository[Job]):
        def after_update(self, written: Any) -> None:
            seen.append(sorted(written))

        def after_delete(self, keys: Any) -> None:
            seen.append(sorted(keys))

    watched = Watched(jobs).objects.returning(None)
    done = await watched.filter(state="pending").update(rank=1)
    gone = await watched.filter(id=5).delete()
    assert (done.rowcount, done.all(), gone.rowcount, gone.all()) == (3, [], 1, [])
    assert seen == [[1, 2, 5], [5]]
