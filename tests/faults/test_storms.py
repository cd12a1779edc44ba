"""Storms of careless, cancelled and killed work: nothing lost, doubled, leaked or unclear."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from django_like_repos import Database, UnsupportedOperationError, atomic, session_dependency
from tests.database.models import Shelf, ShelfRepository
from tests.faults.books import Tally, others_end
from tests.faults.conftest import POOL, Record

NOTHING = {"lost": 0, "doubled": 0, "kept_against_a_rollback": 0, "leaked": 0, "unclear": 0}
RequestSession = Annotated[AsyncSession, Depends(session_dependency, scope="function")]


# Requests, of which one in twenty is careless.

app = FastAPI()
STRAY: set[asyncio.Task[Any]] = set()


@app.exception_handler(UnsupportedOperationError)
async def _tell(request: Request, error: UnsupportedOperationError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=400)


@app.post("/right")
async def right(name: str, shelves: ShelfRepository = Depends()) -> None:
    await shelves.objects.filter(name=name).exists()
    await shelves.create(name=name)


@app.post("/gathered")
async def gathered(name: str, shelves: ShelfRepository = Depends()) -> None:
    await shelves.flush().create(name=name)
    await asyncio.gather(shelves.objects.count(), shelves.objects.count())


@app.post("/gathered-statements")
async def gathered_statements(name: str, own: RequestSession) -> None:
    await ShelfRepository(own).flush().create(name=name)
    await asyncio.gather(own.scalar(select(func.count(Shelf.id))), own.scalars(select(Shelf)))


@app.post("/stray")
async def stray(name: str, shelves: ShelfRepository = Depends()) -> None:
    STRAY.add(asyncio.create_task(shelves.flush().create(name=name)))
    await asyncio.sleep(0)


@app.post("/raising")
async def raising(name: str, shelves: ShelfRepository = Depends()) -> None:
    await shelves.flush().create(name=name)
    raise HTTPException(400)


@app.post("/committed-within")
async def committed_within(name: str, own: RequestSession) -> None:
    async with own.begin_nested():
        await ShelfRepository(own).create(name=name)
        await own.commit()


@app.post("/later")
async def later(name: str, tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> None:
    async def too_late() -> None:
        with pytest.raises(UnsupportedOperationError, match="this session is closed"):
            await shelves.commit().create(name=name)

    tasks.add_task(too_late)


FAULTS = ("gathered", "gathered-statements", "stray", "raising", "committed-within", "later")
KEPT = ("right", "stray")


async def test_requests(pooled: Database, rounds: int, record_figures: Record) -> None:
    tally, dice = Tally(pooled), random.Random(1)
    app.state.database = pooled
    count = 0

    async def ask(client: AsyncClient, number: int) -> None:
        path = dice.choice(FAULTS) if number % 20 == 0 else "right"
        name = f"{path} {number}"
        response = await client.post(f"/{path}", params={"name": name})
        if path in KEPT:
            assert response.status_code == 200, response.text
            tally.stored.add(name)
        else:
            tally.refused.add(name)
            tally.told += response.status_code == 400 or path == "later"

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        for _ in range(rounds):
            await asyncio.gather(*(ask(client, number) for number in range(count, count + 200)))
            count += 200
    await asyncio.gather(*STRAY)
    STRAY.clear()
    figures = await tally.figures()
    record_figures(requests=count, pool=POOL, faults=count // 20, told=tally.told, **figures)
    assert figures == NOTHING


# Cancelled work.


async def _write(session: AsyncSession, name: str) -> None:
    repo = ShelfRepository(session)
    await repo.objects.count()
    await repo.create(name=name)
    await session.commit()


async def _write_flagged(session: AsyncSession, name: str) -> None:
    await ShelfRepository(session).commit().create(name=name)


async def _write_in_a_block(session: AsyncSession, name: str) -> None:
    async with session.begin():
        await ShelfRepository(session).objects.get_or_create(name=name)


async def _write_in_a_savepoint(session: AsyncSession, name: str) -> None:
    async with session.begin_nested():
        await ShelfRepository(session).create(name=name)
    await session.commit()


async def _write_atomically(session: AsyncSession, name: str) -> None:
    async with atomic(session):
        repo = ShelfRepository(session)
        await repo.objects.count()
        async with atomic(session):
            await repo.create(name=name)


Write = Callable[[AsyncSession, str], Awaitable[None]]
WRITES = [_write, _write_flagged, _write_in_a_block, _write_in_a_savepoint, _write_atomically]


@pytest.mark.parametrize("write", WRITES)
async def test_cancelled(pooled: Database, write: Write, rounds: int, record_figures: Record) -> None:
    """At any step of the work; and the session of some is used on, after a rollback."""
    tally, dice = Tally(pooled), random.Random(2)
    cancelled = 0

    async def work(name: str) -> None:
        async with pooled.session() as session:
            try:
                await write(session, name)
            except asyncio.CancelledError:
                await session.rollback()
                await session.commit()
                raise
        tally.stored.add(name)

    async def cancel(name: str) -> None:
        nonlocal cancelled
        task = asyncio.create_task(work(name))
        for _ in range(dice.randrange(dice.choice((60, 600)))):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if task.cancelled():
            cancelled += 1
        elif error := task.exception():
            tally.hear(error)

    count = 125 * rounds if rounds > 1 else 100
    for first in range(0, count, 50):
        await asyncio.gather(*(cancel(f"{number}") for number in range(first, min(first + 50, count))))
    await others_end()
    figures = await tally.figures()
    record_figures(operations=count, cancelled=cancelled, **figures)
    assert figures == NOTHING
    assert cancelled


# Killed connections.

KILL_ONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid != pg_backend_pid() AND application_name = 'django_like_repos' ORDER BY random() LIMIT 1"
)


@pytest.fixture
async def killer(pooled: Database) -> AsyncIterator[Any]:
    engine = create_async_engine(pooled.engine.url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize(
    "write", [_write, _write_atomically, pytest.param(_write_flagged, marks=pytest.mark.long)]
)
async def test_killed_within_their_work(
    pooled: Database, killer: Any, write: Write, rounds: int, record_figures: Record
) -> None:
    """Whoever was answered has stored his row, once; the others were told by an error of the database's."""
    tally = Tally(pooled)
    count = 200 * rounds
    kills = 0
    names = iter(range(count))

    async def work() -> None:
        for number in names:
            try:
                async with pooled.session() as session:
                    await write(session, f"{number}")
            except Exception as error:  # noqa: BLE001
                tally.hear(error)
            else:
                tally.stored.add(f"{number}")

    tasks = [asyncio.create_task(work()) for _ in range(POOL)]
    while not all(task.done() for task in tasks):
        await killer.execute(text(KILL_ONE))
        kills += 1
        # Some work between two kills.
        for _ in range(20):
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    figures = await tally.figures()
    record_figures(operations=count, kills=kills, told=tally.told, **figures)
    assert tally.unclear == []
    assert figures == NOTHING
    assert len(tally.stored) + tally.told == count


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("write", [_write, pytest.param(_write_flagged, marks=pytest.mark.long)])
async def test_killed_between_their_work(
    pooled: Database, killer: Any, write: Write, rounds: int, record_figures: Record
) -> None:
    """Connections that are closed in the pool fail nobody, but a write alone whose is closed right then."""
    tally = Tally(pooled)
    count = 0

    async def work(number: int) -> None:
        try:
            async with pooled.session() as session:
                await write(session, f"{number}")
        except Exception as error:
            if write is not _write_flagged:
                raise
            tally.hear(error)
        else:
            tally.stored.add(f"{number}")

    for _ in range(20 * rounds):
        await asyncio.gather(*(work(number) for number in range(count, count + POOL)))
        count += POOL
        await killer.execute(text(KILL_ONE.replace("LIMIT 1", "LIMIT 5")))
    figures = await tally.figures()
    record_figures(operations=count, kills=5 * 20 * rounds, failed=count - len(tally.stored), **figures)
    assert figures == NOTHING
    assert len(tally.stored) + tally.told == count
