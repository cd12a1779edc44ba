"""`in_batches()`: UPDATE and DELETE of so many rows at a time, in the order of their keys."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Count,
    Database,
    F,
    InvalidLookupValueError,
    UnsupportedOperationError,
)
from tests.recording import RecordedSQL
from tests.writes.models import Job
from tests.writes.repositories import JobRepository, SeatRepository, StepRepository


async def test_update(jobs: AsyncSession, sql: RecordedSQL) -> None:
    repo = JobRepository(jobs)
    sql.clear()
    done = await repo.objects.filter(touched=0).in_batches(2).update(touched=F("touched") + 1, state="x")
    assert done == (5, 5, 3)
    assert [statement.split()[0] for statement, _ in sql.statements] == ["SELECT", "UPDATE"] * 3
    assert await repo.objects.values_list("touched", "state").distinct() == [(1, "x")]
    assert await repo.objects.filter(touched=0).in_batches(2).update({"touched": 2}) == (0, None, 0)


async def test_delete(jobs: AsyncSession) -> None:
    steps = StepRepository(jobs)
    held = await steps.objects.all()
    done = await steps.objects.order_by("-name").in_batches(3).delete()
    assert (done.rowcount, done.batches) == (4, 2)
    assert not await steps.objects.exists()
    assert not any(step in jobs for step in held)


async def test_rows_that_relations_find_come_once(jobs: AsyncSession) -> None:
    found = JobRepository(jobs).objects.filter(labels__name__in=["urgent", "slow"])
    assert await found.in_batches(1).update(touched=F("touched") + 1) == (3, 5, 3)
    assert await JobRepository(jobs).objects.filter(touched=1).count() == 3


async def test_composite_keys(jobs: AsyncSession) -> None:
    seats = SeatRepository(jobs)
    assert await seats.objects.all().in_batches(3).update(state="kept") == (4, ("b", 2), 2)
    assert await seats.objects.in_batches(3, after=("a", 2)).update(state="late") == (2, ("b", 2), 1)
    found = await seats.objects.order_by("pk").values_list("state", flat=True)
    assert found == ["kept", "kept", "late", "late"]


async def test_it_goes_on_after_a_key(shared_database: Database) -> None:
    told: list[tuple[int, Any]] = []

    async def tell(rows: int, last: Any) -> None:
        told.append((rows, last))
        if rows == 4:
            raise KeyError

    async with shared_database.session() as session:
        jobs = JobRepository(session).commit().objects
        with pytest.raises(KeyError):
            await jobs.in_batches(2, on_progress=tell).update(touched=F("touched") + 1)
        # Whole batches are kept.
        assert told == [(2, 2), (4, 4)]
        await session.rollback()
        done = await jobs.in_batches(2, after=told[-1][1]).update(touched=F("touched") + 1)
        assert done == (1, 5, 1)
    async with shared_database.session() as session:
        assert await JobRepository(session).objects.filter(touched=1).count() == 5


class HookedRepository(BaseRepository[Job]):
    seen: list[Any]

    def after_update(self, written: Any) -> None:
        self.seen.append(sorted(written))


async def test_hooks(jobs: AsyncSession) -> None:
    repo = HookedRepository(jobs)
    repo.seen = []
    await repo.objects.in_batches(3).update(touched=1)
    assert repo.seen == [[1, 2, 3], [4, 5]]


async def test_what_has_no_keys_is_refused(jobs: AsyncSession) -> None:
    found = JobRepository(jobs).objects
    for wrong, said in [
        (found[:3], "slice"),
        (found.union(found), "union"),
        (found.distinct("state"), "distinct"),
        (found.returning("id"), "returning"),
    ]:
        with pytest.raises(UnsupportedOperationError, match=said):
            wrong.in_batches(2)
    for size in (0, -1, True, "2", None):
        with pytest.raises(UnsupportedOperationError, match="number of rows of a batch"):
            found.in_batches(size)  # type: ignore[arg-type]
    with pytest.raises(InvalidLookupValueError):
        found.in_batches(2, after="x")
    with pytest.raises(UnsupportedOperationError, match=r"update\(id=…\) changes"):
        await found.in_batches(2).update(id=F("id") + 1)
    with pytest.raises(UnsupportedOperationError, match="groups"):
        await found.values("state").annotate(n=Count("id")).in_batches(2).update(state="x")
