"""`create()`, `bulk_create()` and `get_by_pk()`."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import InvalidLookupValueError, UnknownFieldError, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.writes.models import Label, Queue
from tests.writes.repositories import JobRepository, LabelRepository, QueueRepository, SeatRepository


@pytest.fixture
def labels(jobs: AsyncSession) -> LabelRepository:
    return LabelRepository(jobs)


async def test_create(labels: LabelRepository, jobs: AsyncSession, sql: RecordedSQL) -> None:
    label = await labels.create(name="new", uses=3)

    assert (label.name, label.uses, label in jobs.new, len(sql)) == ("new", 3, True, 0)


async def test_create_with_relations(jobs: AsyncSession) -> None:
    queue = await QueueRepository(jobs).objects.get(name="idle")
    labels = await LabelRepository(jobs).objects

    job = await JobRepository(jobs).flush().create(code="new", queue=queue, labels=labels)

    found = JobRepository(jobs).objects.filter(labels__name="slow", queue__name="idle", code="new")
    assert await found.values_list("id", flat=True) == [job.id]


async def test_bulk_create_keeps_the_order(labels: LabelRepository) -> None:
    names = [f"n{number}" for number in (5, 3, 9, 1)]
    made = await labels.flush().bulk_create([{"name": name} for name in names])

    assert [label.name for label in made] == names
    assert [label.id for label in made] == sorted(label.id for label in made)
    assert await labels.objects.filter(id__gt=2).order_by("id").values_list("name", flat=True) == names


async def test_dicts_and_instances(labels: LabelRepository, jobs: AsyncSession) -> None:
    given = Label(name="b")

    made = await labels.bulk_create([{"name": "a", "uses": 1}, given, {"name": "c"}])

    assert [label.name for label in made] == ["a", "b", "c"]
    assert (made[1] is given, set(jobs.new)) == (True, set(made))


@pytest.mark.parametrize("given", [(), [], iter([]), {}.values()])
async def test_nothing(given: Any, labels: LabelRepository, sql: RecordedSQL) -> None:
    assert await labels.bulk_create(given) == []
    assert await labels.commit().bulk_create(given, batch_size=3) == []


async def test_a_generator_is_read_once(labels: LabelRepository) -> None:
    def given() -> Iterator[dict[str, Any]]:
        for number in range(5):
            yield {"name": f"n{number}"}

    made = await labels.flush().bulk_create(given(), batch_size=2)

    assert [label.name for label in made] == ["n0", "n1", "n2", "n3", "n4"]
    assert None not in [label.id for label in made]


async def test_the_flag_applies_to_each_batch(labels: LabelRepository, jobs: AsyncSession) -> None:
    flushed: list[int] = []
    event.listen(jobs.sync_session, "before_flush", lambda session, *_: flushed.append(len(session.new)))

    await labels.bulk_create([{"name": "held back"}], batch_size=2)
    assert flushed == []
    await labels.flush().bulk_create([{"name": f"n{number}"} for number in range(5)], batch_size=2)

    # What was there before is older.
    assert flushed == [1, 2, 2, 1]


async def test_more_than_a_batch_holds(labels: LabelRepository) -> None:
    for size in (1, 4, 5, 6):
        made = await labels.flush().bulk_create([{"name": f"{size}.{n}"} for n in range(5)], batch_size=size)
        assert [label.name for label in made] == [f"{size}.{n}" for n in range(5)]


@pytest.mark.parametrize("size", [0, -1, 1.5, "2", True])
async def test_a_batch_size_is_a_positive_whole_number(size: Any, labels: LabelRepository) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        await labels.bulk_create([{"name": "a"}], batch_size=size)


async def test_nothing_is_added_where_one_is_wrong(labels: LabelRepository, jobs: AsyncSession) -> None:
    with pytest.raises(UnknownFieldError, match=r"'nme'.*did you mean 'name'"):
        await labels.bulk_create([{"name": "a"}, {"nme": "b"}])
    with pytest.raises(UnsupportedOperationError, match="Label"):
        await labels.bulk_create([{"name": "a"}, Queue(name="b")])  # type: ignore[list-item]
    with pytest.raises(UnsupportedOperationError, match="Label"):
        await labels.bulk_create(["ab"])  # type: ignore[list-item]
    with pytest.raises(UnsupportedOperationError, match="Label"):
        await labels.bulk_create({"name": "a"})  # type: ignore[dict-item]
    for wrong in (None, 5):
        with pytest.raises(UnsupportedOperationError, match=rf"takes a list of .* Label, not {wrong}"):
            await labels.bulk_create(wrong)  # type: ignore[arg-type]
    assert not jobs.new


async def test_a_unique_violation(labels: LabelRepository, jobs: AsyncSession) -> None:
    async def clash() -> None:
        async with jobs.begin_nested():
            await labels.flush().bulk_create([{"name": "new"}, {"name": "slow"}])

    with pytest.raises(IntegrityError):
        await clash()
    assert await labels.objects.count() == 2


async def test_get_by_pk(jobs: AsyncSession, labels: LabelRepository, sql: RecordedSQL) -> None:
    label = await labels.get_by_pk(2)
    assert label is not None
    assert (label.name, await labels.get_by_pk("2"), len(sql)) == ("slow", label, 1)
    assert [await labels.get_by_pk(absent) for absent in (77, -1, 2**70, None)] == [None] * 4
    seat = await SeatRepository(jobs).get_by_pk(("b", "1"))
    assert seat is not None
    assert (seat.price, await SeatRepository(jobs).get_by_pk(("b", 7))) == (30, None)


@pytest.mark.parametrize("wrong", ["x", (1, 2), [1, 2], {"id": 1}, object(), Label.id, b"1"])
async def test_get_by_pk_of_what_is_no_key(wrong: Any, labels: LabelRepository) -> None:
    with pytest.raises(InvalidLookupValueError):
        await labels.get_by_pk(wrong)


@pytest.mark.parametrize("wrong", ["a", ("a",), ("a", 1, 2), ("a", None), ("a", "x"), 7])
async def test_get_by_pk_of_what_is_no_composite_key(wrong: Any, jobs: AsyncSession) -> None:
    with pytest.raises(InvalidLookupValueError):
        await SeatRepository(jobs).get_by_pk(wrong)
