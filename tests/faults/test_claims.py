"""Many tasks that want one row: it is made once, counted whole, and taken once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F
from tests.faults.claims import Base, Job, JobRepository, KeyRepository
from tests.faults.conftest import Record, out

TASKS = 50
WORKERS = 16


@pytest.fixture
async def claimed(fresh_database: Database) -> AsyncIterator[Database]:
    await fresh_database.create_all(Base.metadata)
    url = fresh_database.engine.url
    async with Database(url, pool_size=WORKERS, max_overflow=0, pool_timeout=600, patience=60) as database:
        yield database


async def keys(database: Database) -> Counter[str]:
    async with database.session() as session:
        return Counter(dict(await KeyRepository(session).objects.values_list("name", "n")))


async def _one_new_key(database: Database, rounds: int) -> tuple[int, int]:
    """How many found the key of a round, and how many made it."""
    made: Counter[bool] = Counter()

    async def ask(name: str) -> None:
        async with database.session() as session:
            key, created = await KeyRepository(session).commit().objects.get_or_create({"n": 1}, name=name)
            assert (key.name, key.n) == (name, 1)
            made[created] += 1

    for number in range(rounds):
        await asyncio.gather(*(ask(f"key {number}") for _ in range(TASKS)))
    assert len(await keys(database)) == rounds
    assert out(database) == 0
    return made[False], made[True]


async def test_one_new_key(claimed: Database, record_figures: Record) -> None:
    found, made = await _one_new_key(claimed, 3)

    record_figures(found=found, made=made)
    assert (found, made) == (3 * (TASKS - 1), 3)


@pytest.mark.long
async def test_one_new_key_a_hundred_times(claimed: Database, record_figures: Record) -> None:
    found, made = await _one_new_key(claimed, 100)

    record_figures(found=found, made=made)
    assert (found, made) == (100 * (TASKS - 1), 100)


Count = Callable[[AsyncSession, str], Awaitable[object]]


async def by_expression(session: AsyncSession, name: str) -> None:
    await KeyRepository(session).objects.update_or_create({"n": F("n") + 1}, {"n": 1}, name=name)


async def by_python(session: AsyncSession, name: str) -> None:
    """What is made of a value is made of the one that is locked."""
    key, created = await KeyRepository(session).objects.get_or_create({"n": 1}, name=name)
    if not created:
        await KeyRepository(session).objects.update_or_create({"n": lambda: key.n + 1}, name=name)


async def by_update(session: AsyncSession, name: str) -> None:
    _, created = await KeyRepository(session).objects.get_or_create({"n": 1}, name=name)
    if not created:
        await KeyRepository(session).writing("direct").objects.filter(name=name).update(n=F("n") + 1)


async def by_lock(session: AsyncSession, name: str) -> None:
    _, created = await KeyRepository(session).objects.get_or_create({"n": 1}, name=name)
    if not created:
        key = await KeyRepository(session).objects.select_for_update().get(name=name)
        key.n += 1


COUNTS: list[Count] = [by_expression, by_python, by_update, by_lock]


async def _counted(database: Database, count: Count, tasks: int) -> Counter[str]:
    async def add(number: int) -> None:
        async with database.session() as session:
            await count(session, f"key {number % 3}")
            await session.commit()

    await asyncio.gather(*(add(number) for number in range(tasks)))
    return await keys(database)


@pytest.mark.parametrize("count", COUNTS)
async def test_counters_lose_nothing(count: Count, claimed: Database, record_figures: Record) -> None:
    counted = await _counted(claimed, count, 60)

    record_figures(**{name.replace(" ", "_"): n for name, n in counted.items()})
    assert counted == {"key 0": 20, "key 1": 20, "key 2": 20}
    assert out(claimed) == 0


@pytest.mark.long
@pytest.mark.parametrize("count", COUNTS)
async def test_counters_lose_nothing_of_much(count: Count, claimed: Database) -> None:
    assert await _counted(claimed, count, 1500) == {"key 0": 500, "key 1": 500, "key 2": 500}


async def _queue(database: Database, jobs: int) -> Counter[int]:
    """How many jobs each worker took, of which each was taken once."""
    async with database.session() as session:
        await session.execute(insert(Job), [{"id": number + 1} for number in range(jobs)])
        await session.commit()
    skip = database.engine.dialect.name == "postgresql"
    took: Counter[int] = Counter()

    async def work(number: int) -> None:
        async with database.session() as session:
            free = JobRepository(session).objects.filter(worker=None).order_by("id")
            while True:
                for job in await free.select_for_update(skip_locked=skip)[:1]:
                    job.worker, job.taken = number, job.taken + 1
                    took[number] += 1
                    await session.commit()
                    session.expunge_all()
                    break
                else:
                    return

    await asyncio.gather(*(work(number) for number in range(WORKERS)))
    async with database.session() as session:
        done = JobRepository(session).objects.filter(taken=1, worker__isnull=False)
        assert (await done.count(), took.total()) == (jobs, jobs)
    assert out(database) == 0
    return took


async def test_a_queue(claimed: Database, record_figures: Record) -> None:
    took = await _queue(claimed, 200)

    record_figures(jobs=took.total(), workers=len(took), fewest=min(took.values()))


@pytest.mark.long
async def test_a_long_queue(claimed: Database, record_figures: Record) -> None:
    took = await _queue(claimed, 5000)

    record_figures(jobs=took.total(), workers=len(took), fewest=min(took.values()))
    assert len(took) == WORKERS
