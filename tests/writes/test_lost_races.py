"""Creations that another transaction was faster with: what the session holds is as readable as before."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import delete, event, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from tests.writes.models import Job, Label, Queue
from tests.writes.repositories import JobRepository, LabelRepository
from tests.writes.rows import MAIL, PRINT

FASTER = "INSERT INTO jobs (state, code, touched, queue_id) VALUES ('taken', 'x', 0, {queue})"


@contextmanager
def another_is_faster(session: AsyncSession, queue: int = MAIL) -> Iterator[None]:
    """The row is not there when it is looked for, and is when it is inserted."""
    engine = session.sync_session.get_bind().engine
    armed = [True]

    def insert(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if armed and statement.startswith("SELECT jobs."):
            armed.clear()
            connection.exec_driver_sql(FASTER.format(queue=queue))

    event.listen(engine, "after_cursor_execute", insert)
    yield
    event.remove(engine, "after_cursor_execute", insert)
    assert not armed


@pytest.fixture
async def mail(jobs: AsyncSession) -> Queue:
    """A parent with its collection loaded, and a change of its own that is not flushed yet."""
    queue = await QuerySet(Queue, jobs).outerjoin("jobs").options("jobs").get(id=MAIL)
    queue.region = "west"
    return queue


def loaded(queue: Queue) -> tuple[Any, ...]:
    return queue.id, queue.name, queue.region, queue.nickname, sorted(str(job.code) for job in queue.jobs)


async def test_the_parent_of_a_lost_race_is_readable(jobs: AsyncSession, mail: Queue) -> None:
    other = await QuerySet(Queue, jobs).get(id=PRINT)
    with another_is_faster(jobs):
        job, created = await JobRepository(jobs).objects.get_or_create(
            {"fallback": other}, code="x", queue=mail
        )

    assert (created, job.state, job.queue is mail) == (False, "taken", True)
    assert loaded(mail) == (MAIL, "mail", "west", None, ["a", "b", "x"])
    assert (other.name, other.nickname) == ("print", "p")
    assert not inspect(other).expired_attributes
    assert not jobs.new
    await jobs.flush()
    assert await QuerySet(Queue, jobs).filter(id=MAIL).values_list("region", flat=True) == ["west"]


async def test_the_parent_of_a_lost_update_or_create(jobs: AsyncSession, mail: Queue) -> None:
    with another_is_faster(jobs):
        job, created = await JobRepository(jobs).objects.update_or_create({"rank": 9}, code="x", queue=mail)

    assert (created, job.state, job.rank) == (False, "taken", 9)
    assert loaded(mail) == (MAIL, "mail", "west", None, ["a", "b", "x"])


async def test_the_parent_of_what_was_refused(jobs: AsyncSession, mail: Queue) -> None:
    """The error is the caller's, who goes on with what he has."""
    with pytest.raises(IntegrityError):
        await JobRepository(jobs).objects.get_or_create({"queue": mail, "code": "a"}, rank=77)

    assert loaded(mail) == (MAIL, "mail", "west", None, ["a", "b"])


async def test_the_parent_of_what_failed_in_python(jobs: AsyncSession, mail: Queue) -> None:
    def refuse(job: Job, value: int, *_: Any) -> None:
        raise ValueError("refused")

    event.listen(Job.rank, "set", refuse)
    try:
        with pytest.raises(ValueError, match="refused"):
            await JobRepository(jobs).objects.get_or_create({"rank": 5}, code="x", queue=mail)
    finally:
        event.remove(Job.rank, "set", refuse)

    assert loaded(mail) == (MAIL, "mail", "west", None, ["a", "b"])


async def test_what_was_not_loaded_is_not_loaded(jobs: AsyncSession) -> None:
    queue = await QuerySet(Queue, jobs).get(id=MAIL)
    label = await LabelRepository(jobs).objects.get(name="slow")
    with another_is_faster(jobs):
        await JobRepository(jobs).objects.get_or_create({"labels": [label]}, code="x", queue=queue)

    assert (queue.name, label.name, label.uses) == ("mail", "slow", 0)
    assert "jobs" in inspect(queue).unloaded
    assert "jobs" in inspect(label).unloaded


async def test_a_parent_that_is_new_itself(jobs: AsyncSession) -> None:
    """It is inserted with what it is given to, and is new again where that fails."""
    queue = Queue(name="mail")
    with pytest.raises(IntegrityError):
        await JobRepository(jobs).objects.get_or_create({"queue": queue}, code="unknown")

    assert (queue.name, inspect(queue).transient) == ("mail", True)
    assert await QuerySet(Label, jobs).count() == 2


async def test_what_is_wrong_with_what_was_pending_is_the_callers(jobs: AsyncSession) -> None:
    with jobs.no_autoflush:
        jobs.add(Label(name="slow"))
        with pytest.raises(IntegrityError):
            await LabelRepository(jobs).objects.get_or_create(name="new")


async def test_an_update_that_is_refused_costs_nothing(jobs: AsyncSession, mail: Queue) -> None:
    label = await LabelRepository(jobs).objects.get(name="slow")
    with pytest.raises(IntegrityError):
        await LabelRepository(jobs).objects.update_or_create({"name": "urgent"}, id=label.id)

    assert (label.name, loaded(mail)) == ("slow", (MAIL, "mail", "west", None, ["a", "b"]))
    await jobs.flush()
    assert await QuerySet(Queue, jobs).filter(id=MAIL).values_list("region", flat=True) == ["west"]


async def test_a_parent_that_is_gone_is_what_was_last_known_of_it(jobs: AsyncSession) -> None:
    queue = Queue(name="short", region="east")
    jobs.add(queue)
    await jobs.flush()
    await jobs.execute(
        delete(Queue).where(Queue.id == queue.id), execution_options={"synchronize_session": False}
    )
    with pytest.raises(IntegrityError):
        await JobRepository(jobs).objects.get_or_create({"rank": 1}, code="x", queue=queue)

    assert (queue.name, queue.region) == ("short", "east")


async def test_hooks_of_a_lost_race(jobs: AsyncSession, mail: Queue) -> None:
    """What is not created after all is prepared, and no more."""
    told: list[str] = []

    class Watched(JobRepository):
        def prepare_create(self, values: dict[str, Any]) -> None:
            told.append("prepare_create")

        def prepare_update(self, values: dict[str, Any]) -> None:
            told.append("prepare_update")

        def after_create(self, objs: Sequence[Job]) -> None:
            told.append("after_create")

        def after_update(self, written: Sequence[Any]) -> None:
            told.append("after_update")

    with another_is_faster(jobs):
        job, created = await Watched(jobs).objects.update_or_create({"rank": 9}, code="x", queue=mail)

    assert (created, job.state, job.rank) == (False, "taken", 9)
    assert told == ["prepare_create", "prepare_update", "after_update"]
    assert loaded(mail) == (MAIL, "mail", "west", None, ["a", "b", "x"])
