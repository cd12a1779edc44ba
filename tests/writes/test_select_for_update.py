"""`select_for_update()`: its statements, what it reads and refuses; two sessions are in `test_locks.py`."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    Database,
    Exists,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    UnknownFieldError,
    UnsupportedOperationError,
    Window,
)
from django_like_repos.functions import RowNumber
from tests.recording import RecordedSQL
from tests.sqltext import BOUND_VALUE, fold
from tests.writes.models import Job
from tests.writes.repositories import JobRepository, LabelRepository, QueueRepository
from tests.writes.rows import MAIL

on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], scope="session")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], scope="session")

Chain = Callable[[QuerySet[Job]], QuerySet[Any]]

WHOLE = "SELECT jobs.id"

# What follows the columns, and the keys of the rows.
FORMS: dict[str, tuple[Chain, str, list[Any]]] = {
    "plain": (
        lambda jobs: jobs.filter(state="pending").order_by("id").select_for_update(),
        "FROM jobs WHERE jobs.state = $1::VARCHAR ORDER BY jobs.id ASC FOR UPDATE OF jobs",
        [1, 2, 5],
    ),
    "joined": (
        lambda jobs: jobs.filter(queue__name="mail").order_by("-id")[:1].select_for_update(skip_locked=True),
        "FROM jobs JOIN queues AS queues_1 ON queues_1.id = jobs.queue_id WHERE queues_1.name = $1::VARCHAR"
        " ORDER BY jobs.id DESC LIMIT $2::BIGINT OFFSET $3::BIGINT FOR UPDATE OF jobs SKIP LOCKED",
        [2],
    ),
    "no key": (
        lambda jobs: jobs.filter(id=4).select_for_update(no_key=True, nowait=True),
        "FROM jobs WHERE jobs.id = $1::INTEGER FOR NO KEY UPDATE OF jobs NOWAIT",
        [4],
    ),
    "values": (
        lambda jobs: jobs.filter(state="done").select_for_update().values_list("id", flat=True),
        "FROM jobs WHERE jobs.state = $1::VARCHAR FOR UPDATE OF jobs",
        [4],
    ),
    "related": (
        lambda jobs: (
            jobs.filter(id=1).select_for_update(of=("self", "queue")).select_related("queue", "fallback")
        ),
        "FROM jobs JOIN queues AS queues_1 ON queues_1.id = jobs.queue_id"
        " LEFT OUTER JOIN queues AS queues_2 ON queues_2.id = jobs.fallback_id"
        " WHERE jobs.id = $1::INTEGER FOR UPDATE OF jobs, queues_1",
        [1],
    ),
    "what may be missing, wanted": (
        lambda jobs: (
            jobs.filter(id=1)
            .innerjoin("fallback")
            .select_related("fallback")
            .select_for_update(of=("fallback",))
        ),
        "FROM jobs JOIN queues AS queues_1 ON queues_1.id = jobs.fallback_id"
        " WHERE jobs.id = $1::INTEGER FOR UPDATE OF queues_1",
        [1],
    ),
    "filtered across many": (
        lambda jobs: jobs.filter(state="pending", steps__name="read").order_by("id").select_for_update()[:1],
        "FROM jobs JOIN (SELECT DISTINCT jobs.id AS id"
        " FROM jobs JOIN steps AS steps_1 ON jobs.id = steps_1.job_id"
        " WHERE jobs.state = $1::VARCHAR AND steps_1.name = $2::VARCHAR) AS keys ON keys.id = jobs.id"
        " WHERE jobs.state = $1::VARCHAR ORDER BY jobs.id ASC LIMIT $3::BIGINT OFFSET $4::BIGINT"
        " FOR UPDATE OF jobs",
        [1],
    ),
    "ordered across many": (
        lambda jobs: jobs.filter(queue__name="mail").order_by("-steps__name", "id").select_for_update()[:2],
        "FROM jobs JOIN (SELECT ranked.id AS id, ranked.k0 AS k0"
        " FROM (SELECT jobs.id AS id, steps_1.name AS k0,"
        " row_number() OVER (PARTITION BY jobs.id ORDER BY steps_1.name DESC, jobs.id ASC) AS rank FROM jobs"
        " JOIN queues AS queues_1 ON queues_1.id = jobs.queue_id"
        " LEFT OUTER JOIN steps AS steps_1 ON jobs.id = steps_1.job_id WHERE queues_1.name = $1::VARCHAR)"
        " AS ranked WHERE ranked.rank = $2::INTEGER) AS keys ON keys.id = jobs.id"
        " WHERE EXISTS (SELECT 1 FROM queues AS queues_2"
        " WHERE queues_2.id = jobs.queue_id AND queues_2.name = $1::VARCHAR)"
        " ORDER BY keys.k0 DESC, jobs.id ASC LIMIT $3::BIGINT OFFSET $4::BIGINT FOR UPDATE OF jobs",
        [1, 2],
    ),
    "a page with children": (
        lambda jobs: (
            jobs.outerjoin("steps").options("steps").filter(state="pending").order_by("-id")[1:3]
        ).select_for_update(),
        "FROM jobs JOIN page ON page.id = jobs.id"
        " LEFT OUTER JOIN steps AS steps_1 ON jobs.id = steps_1.job_id"
        " WHERE jobs.state = $1::VARCHAR ORDER BY jobs.id DESC FOR UPDATE OF jobs",
        [2, 1],
    ),
}


@on_postgresql
@pytest.mark.parametrize(("chain", "expected", "keys"), FORMS.values(), ids=FORMS)
async def test_the_statement_and_its_rows(
    chain: Chain, expected: str, keys: list[Any], jobs: AsyncSession, sql: RecordedSQL
) -> None:
    rows = await chain(JobRepository(jobs).objects)

    ran, wanted = (BOUND_VALUE.sub("?", fold(each)) for each in (sql.last, expected))
    assert ran.endswith(wanted), ran
    assert [getattr(row, "id", row) for row in rows] == keys


@on_postgresql
async def test_a_page_with_children_is_locked_before_and_again(jobs: AsyncSession, sql: RecordedSQL) -> None:
    page = JobRepository(jobs).objects.outerjoin("steps").options("steps").order_by("id")[:2]
    first, second = await page.select_for_update(skip_locked=True)

    assert sql.last.startswith(
        "WITH page AS (SELECT jobs.id AS id FROM jobs JOIN (SELECT DISTINCT jobs.id AS id FROM jobs"
        " LEFT OUTER JOIN steps AS steps_2 ON jobs.id = steps_2.job_id) AS keys ON keys.id = jobs.id"
        " ORDER BY jobs.id ASC LIMIT $1::BIGINT OFFSET $2::BIGINT FOR UPDATE OF jobs SKIP LOCKED) SELECT"
    )
    assert ([step.name for step in first.steps], [step.name for step in second.steps]) == (
        ["read", "write"],
        ["read"],
    )


@on_sqlite
@pytest.mark.parametrize(("chain", "expected", "keys"), FORMS.values(), ids=FORMS)
async def test_sqlite_is_told_nothing_of_it(
    chain: Chain, expected: str, keys: list[Any], jobs: AsyncSession, sql: RecordedSQL
) -> None:
    if "LOCKED" in expected or "NOWAIT" in expected:
        with pytest.raises(UnsupportedOperationError, match=r"SQLite locks no rows.*leave \w+ out"):
            chain(JobRepository(jobs).objects)
        with pytest.raises(UnsupportedOperationError, match="SQLite locks no rows"):
            await chain(QuerySet(Job)).in_session(jobs)
        assert not sql.statements
        return
    rows = await chain(JobRepository(jobs).objects)

    assert "FOR" not in sql.last.replace("FORM", "")
    assert [getattr(row, "id", row) for row in rows] == keys


async def test_on_sqlite_it_begins_to_write(sqlite_shared_jobs: Database) -> None:
    async def in_transaction(session: AsyncSession) -> bool:
        raw = await (await session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
        return bool(driver.in_transaction)

    async with sqlite_shared_jobs.session() as session:
        await JobRepository(session).objects.filter(id=1)
        assert not await in_transaction(session)
        await JobRepository(session).objects.select_for_update()
        assert await in_transaction(session)


async def test_what_is_locked_is_read_anew(jobs: AsyncSession) -> None:
    job = await JobRepository(jobs).objects.select_related("queue").get(id=1)
    await jobs.execute(
        Job.__table__.update().where(Job.__table__.c.id == 1).values(state="done")  # type: ignore[attr-defined]
    )
    await JobRepository(jobs).objects.get(id=1)
    assert job.state == "pending"

    assert await JobRepository(jobs).objects.select_for_update().get(id=1) is job
    assert (job.state, job.queue.name) == ("done", "mail")


async def test_changes_are_written_before_it(jobs: AsyncSession) -> None:
    job = await JobRepository(jobs).objects.get(id=1)
    with jobs.no_autoflush:
        job.state = "mine"
        await JobRepository(jobs).objects.select_for_update().get(id=1)

    assert job.state == "mine"


async def test_numbers_of_rows_lock_none(jobs: AsyncSession, sql: RecordedSQL) -> None:
    locked = JobRepository(jobs).objects.filter(state="pending").select_for_update()

    assert await locked.count() == 3
    assert await locked.exists()
    assert await locked.aggregate(n=Count("id")) == {"n": 3}
    assert await locked.order_by("id")[:2].count() == 2
    assert not any("FOR UPDATE" in statement for statement, _ in sql.statements)


async def test_update_and_delete_lock_by_themselves(jobs: AsyncSession) -> None:
    pending = JobRepository(jobs).objects.filter(state="pending")

    assert await pending.select_for_update().update(rank=7) == 3
    assert await pending.filter(id=5).select_for_update().delete() == 1


@on_postgresql
async def test_update_and_delete_would_wait(jobs: AsyncSession) -> None:
    skipping = JobRepository(jobs).objects.select_for_update(skip_locked=True)

    for write in (skipping.update(rank=1), skipping.delete()):
        with pytest.raises(UnsupportedOperationError, match=r"waits for rows.*filter\(pk__in=\[…\]\)"):
            await write


async def test_prefetched_rows_are_locked(jobs: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    pending = JobRepository(jobs).objects.filter(state="pending").select_for_update()
    queue = await QueueRepository(jobs).objects.prefetch_related(Prefetch("jobs", pending)).get(id=MAIL)

    assert sorted(job.id for job in queue.jobs) == [1, 2]
    assert ("FOR UPDATE OF jobs" in sql.last) is (backend == "postgresql")
    with pytest.raises(UnsupportedOperationError, match="a slice of each model"):
        QueueRepository(jobs).objects.prefetch_related(Prefetch("jobs", pending[:1]))


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "both": (lambda jobs: jobs.select_for_update(nowait=True, skip_locked=True), "one of them"),
    "distinct before": (lambda jobs: jobs.distinct().select_for_update(), r"cannot follow distinct\(\)"),
    "distinct after": (lambda jobs: jobs.select_for_update().distinct(), r"distinct\(\) cannot follow"),
    "distinct of fields": (lambda jobs: jobs.select_for_update().distinct("state"), "cannot follow"),
    "dates": (lambda jobs: jobs.select_for_update().dates("due", "year"), "cannot follow"),
    "aggregate before": (lambda jobs: jobs.annotate(n=Count("steps")).select_for_update(), "an aggregate"),
    "aggregate after": (lambda jobs: jobs.select_for_update().annotate(n=Count("steps")), "an aggregate"),
    "groups": (lambda jobs: jobs.select_for_update().values("state").annotate(n=Count("id")), "an aggregate"),
    "window": (lambda jobs: jobs.select_for_update().alias(n=Window(RowNumber())), "a window"),
    "union before": (lambda jobs: jobs.union(jobs).select_for_update(), r"after union\(\)"),
    "union after": (lambda jobs: jobs.select_for_update().union(jobs), r"union\(\) cannot follow"),
    "union of": (lambda jobs: jobs.union(jobs.select_for_update()), r"union\(\) cannot follow"),
    "in": (lambda jobs: jobs.filter(id__in=jobs.select_for_update()), "a subquery cannot follow"),
    "Subquery": (
        lambda jobs: jobs.annotate(x=Subquery(jobs.select_for_update()[:1])),
        "a subquery cannot follow",
    ),
    "Exists": (
        lambda jobs: jobs.filter(Exists(jobs.select_for_update().filter(id=OuterRef("id")))),
        "a subquery cannot follow",
    ),
    "one text": (lambda jobs: jobs.select_for_update(of="self"), "takes a tuple"),
    "a number": (lambda jobs: jobs.select_for_update(of=3), "takes a tuple"),
    "no tuple": (lambda jobs: jobs.select_for_update(of=None), "takes a tuple"),
    "nowait": (lambda jobs: jobs.select_for_update(nowait="yes"), "'nowait' takes True or False, not 'yes'"),
    "skip_locked": (lambda jobs: jobs.select_for_update(skip_locked=1), "'skip_locked' takes True or False"),
    "no_key": (lambda jobs: jobs.select_for_update(no_key=None), "'no_key' takes True or False, not None"),
    "to many": (lambda jobs: jobs.select_for_update(of=("steps",)), "may be several rows"),
    "no relation": (lambda jobs: jobs.select_for_update(of=("state",)), "state"),
}


@pytest.mark.parametrize(("chain", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_on_its_line(chain: Callable[[QuerySet[Any]], object], why: str) -> None:
    with pytest.raises((UnsupportedOperationError, UnknownFieldError), match=why):
        chain(QuerySet(Job))


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (lambda jobs: jobs.select_for_update(of=("queue",)), "'queue'.*can be locked: self"),
        (
            lambda jobs: jobs.select_related("fallback").select_for_update(of=("fallback",)),
            r"fallback may be missing.*innerjoin\('fallback'\)",
        ),
        (
            lambda jobs: jobs.order_by(Window(RowNumber(), order_by="id")).select_for_update(),
            "beside windows",
        ),
    ],
)
async def test_what_only_the_whole_chain_tells(
    chain: Chain, why: str, jobs: AsyncSession, sql: RecordedSQL
) -> None:
    with pytest.raises(UnsupportedOperationError, match=why):
        await chain(JobRepository(jobs).objects)
    assert not sql.statements


async def test_without_a_transaction(shared_database: Database) -> None:
    engine = shared_database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with shared_database.session_factory(bind=engine) as session:
        with pytest.raises(UnsupportedOperationError, match="AUTOCOMMIT"):
            await JobRepository(session).objects.select_for_update()
    async with shared_database.session() as session:
        with pytest.raises(UnsupportedOperationError, match=r"commit\(\) ends it at once"):
            await JobRepository(session).commit().objects.select_for_update()


def test_repr_shows_it() -> None:
    shown = repr(QuerySet(Job).select_for_update(skip_locked=True, of=("self",)))

    assert "select_for_update" in shown
    assert repr(QuerySet(Job).select_for_update()).endswith(".select_for_update()>")


async def test_names_that_are_allowed(jobs: AsyncSession) -> None:
    allowed = JobRepository(jobs).strict_names(["state"]).objects
    with pytest.raises(LookupError, match="not allowed"):
        allowed.select_for_update(of=("queue",))
    allowed.select_for_update(of=("self",))


async def test_no_rows_are_asked_for(jobs: AsyncSession, sql: RecordedSQL) -> None:
    assert await LabelRepository(jobs).objects.none().select_for_update() == []
    assert not sql.statements


async def test_conditions_between_fields(jobs: AsyncSession) -> None:
    both = JobRepository(jobs).objects.filter(rank=F("queue_id"), steps__done=True).select_for_update()

    assert [job.id for job in await both] == [1]
