"""`get_or_create()` and `update_or_create()`; two of them at once are in `test_races.py`."""

from collections.abc import Callable

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import MultipleObjectsReturned, QuerySet, UnknownFieldError, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Label
from tests.writes.repositories import JobRepository, LabelRepository, QueueRepository, SeatRepository
from tests.writes.rows import IDLE, MAIL


@pytest.fixture
def labels(jobs: AsyncSession) -> QuerySet[Label]:
    return LabelRepository(jobs).objects


@pytest.fixture
def all_jobs(jobs: AsyncSession) -> QuerySet[Job]:
    return JobRepository(jobs).objects


def counted() -> tuple[Callable[[], int], list[int]]:
    calls: list[int] = []

    def default() -> int:
        calls.append(1)
        return 40 + len(calls)

    return default, calls


async def test_what_is_there_is_got(labels: QuerySet[Label], sql: RecordedSQL) -> None:
    label, created = await labels.get_or_create({"uses": 9}, name="slow")

    assert (label.id, label.uses, created) == (2, 0, False)
    assert len(sql) == 1
    same_sql(
        sql.last,
        "SELECT labels.id, labels.name, labels.uses, labels.edited, labels.edit FROM labels"
        " WHERE labels.name = ? LIMIT ? OFFSET ?",
    )


async def test_what_is_not_there_is_created(labels: QuerySet[Label], jobs: AsyncSession) -> None:
    label, created = await labels.get_or_create({"uses": 9}, name="new")

    assert (label.name, label.uses, created) == ("new", 9, True)
    assert inspect(label).persistent
    assert await labels.get(name="new") is label
    assert await labels.get_or_create({"uses": 1}, name="new") == (label, False)


async def test_callable_defaults_are_called_where_they_are_wanted(labels: QuerySet[Label]) -> None:
    default, calls = counted()

    got, _ = await labels.get_or_create({"uses": default}, name="slow")
    assert (got.uses, len(calls)) == (0, 0)
    created, _ = await labels.get_or_create({"uses": default}, name="new")
    assert (created.uses, len(calls)) == (41, 1)
    updated, _ = await labels.update_or_create({"uses": default}, name="new")
    assert (updated.uses, len(calls)) == (42, 2)
    fresh, _ = await labels.update_or_create({"uses": 7}, {"uses": default}, name="fresh")
    assert (fresh.uses, len(calls)) == (43, 3)
    await labels.update_or_create({"uses": 7}, {"uses": default}, name="fresh")
    assert (fresh.uses, len(calls)) == (7, 3)


async def test_lookups_find_and_do_not_create(labels: QuerySet[Label]) -> None:
    found, created = await labels.get_or_create({"name": "x"}, name__istartswith="SLO", uses__lt=5)
    assert (found.name, created) == ("slow", False)
    made, created = await labels.get_or_create({"name": "x"}, name__istartswith="new", uses=5)
    assert (made.name, made.uses, created) == ("x", 5, True)


async def test_defaults_win_over_what_was_looked_up(labels: QuerySet[Label]) -> None:
    made, _ = await labels.get_or_create({"uses": 5}, name="new", uses=4)

    assert made.uses == 5


async def test_the_primary_key_by_its_nickname(labels: QuerySet[Label], jobs: AsyncSession) -> None:
    found, created = await labels.get_or_create({"name": "x"}, pk=2)
    assert (found.name, created) == ("slow", False)
    made, created = await labels.get_or_create({"name": "new"}, pk=77)
    assert (made.id, made.name, created) == (77, "new", True)
    seat, created = await SeatRepository(jobs).objects.get_or_create({"price": 1}, pk=("z", 9))
    assert (seat.row, seat.number, seat.price, created) == ("z", 9, 1, True)


async def test_values_are_coerced_as_in_filters(all_jobs: QuerySet[Job]) -> None:
    made, created = await all_jobs.get_or_create(code="n", queue_id="1", due="2026-11-22")
    again, _ = await all_jobs.get_or_create(code="n", queue_id=1, due="2026-11-22")

    assert (created, again) == (True, made)


async def test_a_relation_is_given_by_an_instance(all_jobs: QuerySet[Job], jobs: AsyncSession) -> None:
    idle = await QueueRepository(jobs).objects.get(name="idle")

    made, created = await all_jobs.get_or_create(code="new", queue=idle)

    assert (made.queue_id, made.queue, created) == (IDLE, idle, True)
    assert await all_jobs.get_or_create(code="new", queue=idle) == (made, False)


async def test_none_is_looked_for_and_set(all_jobs: QuerySet[Job]) -> None:
    found, created = await all_jobs.get_or_create(code=None, state="done", queue_id=2)
    assert (found.id, created) == (4, False)
    made, created = await all_jobs.get_or_create(code=None, state="new", queue_id=MAIL)
    assert (made.code, created) == (None, True)


async def test_more_than_one(labels: QuerySet[Label]) -> None:
    for work in (labels.get_or_create, labels.update_or_create):
        with pytest.raises(MultipleObjectsReturned):
            await work({"name": "x"}, uses=0)


async def test_the_chain_narrows_what_is_found(all_jobs: QuerySet[Job]) -> None:
    mail, idle = all_jobs.filter(queue_id=MAIL), all_jobs.filter(queue_id=IDLE)

    assert (await mail.get_or_create({"queue_id": IDLE}, code="a"))[0].id == 1
    made, created = await idle.get_or_create({"queue_id": IDLE}, code="a")
    assert (made.queue_id, created) == (IDLE, True)


async def test_update_or_create_updates(labels: QuerySet[Label], jobs: AsyncSession) -> None:
    label, created = await labels.update_or_create({"uses": 9}, {"uses": 1}, name="slow")

    assert (label.id, label.uses, created) == (2, 9, False)
    assert not jobs.dirty
    assert await labels.filter(name="slow").values_list("uses", "edited") == [(9, True)]


async def test_update_or_create_creates(labels: QuerySet[Label]) -> None:
    one, created = await labels.update_or_create({"uses": 9}, name="one")
    assert (one.name, one.uses, created) == ("one", 9, True)
    two, created = await labels.update_or_create({"uses": 9}, {"uses": 1}, name="two")
    assert (two.name, two.uses, created) == ("two", 1, True)
    three, created = await labels.update_or_create({"uses": 9}, {}, name="three")
    assert (three.name, three.uses, created) == ("three", 0, True)


async def test_update_or_create_without_defaults(labels: QuerySet[Label]) -> None:
    assert (await labels.update_or_create(name="slow"))[1] is False
    assert (await labels.update_or_create(name="new"))[1] is True


async def test_what_cannot_be_created_leaves_the_session_as_it_was(
    labels: QuerySet[Label], jobs: AsyncSession
) -> None:
    loaded = await labels.get(name="slow")
    pending = await LabelRepository(jobs).create(name="pending")

    with pytest.raises(IntegrityError):
        await labels.get_or_create({"name": "slow"}, uses=77)

    assert jobs.is_active
    assert pending in jobs
    assert inspect(loaded).dict["name"] == "slow"
    assert sorted(await labels.values_list("name", flat=True)) == ["pending", "slow", "urgent"]


async def test_wrong_names_come_before_the_database(labels: QuerySet[Label], sql: RecordedSQL) -> None:
    for work in (labels.get_or_create, labels.update_or_create):
        with pytest.raises(UnknownFieldError, match=r"'nme'.*did you mean 'name'"):
            await work({"uses": 1}, nme="slow")
        with pytest.raises(UnknownFieldError, match=r"'user'.*did you mean 'uses'"):
            await work({"user": 1}, name="slow")
        with pytest.raises(UnsupportedOperationError, match="slice"):
            await labels[:1].get_or_create(name="slow")
    with pytest.raises(UnknownFieldError, match=r"'user'.*did you mean 'uses'"):
        await labels.update_or_create({"uses": 1}, {"user": 1}, name="slow")
    assert len(sql) == 0


async def test_none_has_nothing_and_so_creates(labels: QuerySet[Label]) -> None:
    made, created = await labels.none().get_or_create(name="new")

    assert (made.name, created) == ("new", True)
