"""Cancelled statements on SQLite: they end in time, are undone, and leave the lock to the next writer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import sqlalchemy
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, Func
from tests.faults.sqlite_counters import CounterRepository, Figures, add, counted, counters, names


class Gate:
    """A function in SQL that says when it is called, and returns when it may."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()
        self.open = threading.Event()
        self.calls = 0

    def __call__(self, value: Any) -> Any:
        self.calls += 1
        self.loop.call_soon_threadsafe(self.reached.set)
        self.open.wait()
        return value


class Held(Func):
    """Its argument, once the gate is open."""

    function = "held"


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
async def database(tmp_path: Path, gate: Gate) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"
    before = threading.enumerate()
    async with counters(url) as database:

        def teach(connection: Any, _record: object) -> None:
            connection.create_function("held", 1, gate)

        event.listen(database.engine.sync_engine, "connect", teach)
        # The connections so far have not learned it.
        await database.close()
        yield database
        gate.open.set()
        if sqlalchemy.__version__ >= "2.1":
            # Before, SQLAlchemy itself loses some whose return was cancelled.
            assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    threads = [each for each in threading.enumerate() if each not in before and "aiosqlite" in _work_of(each)]
    for thread in threads:
        await asyncio.to_thread(thread.join)


def _work_of(thread: threading.Thread) -> str:
    return getattr(getattr(thread, "_target", None), "__module__", "") or ""


async def read(session: AsyncSession) -> None:
    await session.execute(text("SELECT held(name) FROM counters"))


async def update(session: AsyncSession) -> None:
    """One plain update(), whose RETURNING is not read yet."""
    await CounterRepository(session).objects.filter(id=1).update(n=Held(F("n")) + 1)


async def create(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO counters (name, n) VALUES (held('new'), 1)"))


async def delete(session: AsyncSession) -> None:
    await CounterRepository(session).objects.annotate(held=Held(F("id"))).filter(held=1).delete()


WORK = [read, update, create, delete]
Work = Callable[[AsyncSession], Coroutine[Any, Any, None]]


async def asked(database: Database, work: Work) -> None:
    """What a request does."""
    async with database.session() as session:
        await work(session)
        await session.commit()


@pytest.mark.parametrize("work", WORK)
async def test_it_ends_in_time_and_the_next_writer_writes(database: Database, gate: Gate, work: Work) -> None:
    running = asyncio.create_task(asked(database, work))
    await gate.reached.wait()
    running.cancel()
    # Though its statement stands at the gate.
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not gate.open.is_set()
    next_writer = asyncio.create_task(_add(database))
    gate.open.set()
    await next_writer
    assert await names(database) == ["one", "next"]
    assert await counted(database) == 0


async def _add(database: Database) -> None:
    async with database.session() as session:
        await add(session, "next")


async def test_a_timeout(database: Database, gate: Gate) -> None:
    async def request() -> None:
        async with asyncio.timeout(None) as timeout, database.session() as session:
            reached = asyncio.ensure_future(gate.reached.wait())
            reached.add_done_callback(lambda _: timeout.reschedule(asyncio.get_running_loop().time()))
            await update(session)

    with pytest.raises(TimeoutError):
        await request()
    gate.open.set()
    await _add(database)
    assert await counted(database) == 0


@pytest.fixture
def unread(database: Database, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """When a statement has been executed, and nothing of its rows been read; they never are."""
    executed = asyncio.Event()

    async def fetchall(_cursor: aiosqlite.Cursor) -> None:
        executed.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(aiosqlite.Cursor, "fetchall", fetchall)
    return executed


async def test_rows_of_a_write_that_were_not_read(
    database: Database, gate: Gate, unread: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open.set()
    running = asyncio.create_task(asked(database, update))
    await unread.wait()
    running.cancel()
    error: BaseException | None = None
    try:
        await running
    except asyncio.CancelledError as raised:
        # It holds the frames, and they the cursor, as a log of errors does.
        error = raised
    assert error is not None
    monkeypatch.undo()
    await _add(database)
    assert await counted(database) == 0
    del error


async def test_a_long_statement_is_interrupted(database: Database, gate: Gate) -> None:
    gate.open.set()
    numbers = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000)"

    async def run(session: AsyncSession) -> None:
        await session.execute(text(f"{numbers} SELECT sum(held(x)) FROM c"))

    running = asyncio.create_task(asked(database, run))
    await gate.reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # Waits for the thread of the connection.
    await database.close()
    assert gate.calls < 1_000_000
    await _add(database)


@pytest.mark.parametrize("work", WORK)
async def test_that_of_a_stream(database: Database, gate: Gate, work: Work) -> None:
    """An open cursor of the same connection, which SQLAlchemy does not know of where another is cancelled."""
    async with database.session() as session:
        gate.open.set()
        stream = await session.stream(text("SELECT id FROM counters UNION ALL SELECT 2 UNION ALL SELECT 3"))
        assert await stream.fetchone()
        gate.open.clear()
        gate.reached.clear()
        running = asyncio.ensure_future(work(session))
        await gate.reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        gate.open.set()
        await session.rollback()
        await _add(database)
        del stream
    assert await names(database) == ["one", "next"]


async def count(session: AsyncSession) -> None:
    await CounterRepository(session).objects.count()


async def count_up(session: AsyncSession) -> None:
    await CounterRepository(session).objects.filter(id=1).update(n=F("n") + 1)


async def create_twice(session: AsyncSession) -> None:
    async with session.begin_nested():
        await CounterRepository(session).flush().create(name="twice", n=1)
    await CounterRepository(session).objects.get_or_create(name="more")


async def delete_twice(session: AsyncSession) -> None:
    await CounterRepository(session).objects.exclude(id=1).delete()


@pytest.mark.parametrize("work", [count, count_up, create_twice, delete_twice])
@pytest.mark.parametrize("rounds", [50, pytest.param(500, marks=pytest.mark.long)])
async def test_cancelled_anywhere(database: Database, work: Work, rounds: int) -> None:
    """After any number of steps of the loop: what was done is kept, what was not undone; the next writes."""
    figures, done, unknown = Figures(), 0, 0

    async def both(steps: int) -> None:
        nonlocal done, unknown
        committing = False

        async def request() -> None:
            nonlocal committing
            async with database.session() as session:
                await work(session)
                committing = True
                await session.commit()

        running = asyncio.create_task(request())
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        (result,) = await asyncio.gather(running, return_exceptions=True)
        if result is None:
            done += 1
        else:
            assert isinstance(result, asyncio.CancelledError), result
            unknown += committing
        async with database.session() as session:
            await CounterRepository(session).objects.filter(id=1).update(n=F("n") + 1000)
            if work is create_twice:
                await CounterRepository(session).objects.exclude(id=1).delete()
            await session.commit()

    for number in range(rounds):
        # Some in the first steps, and others far into it.
        steps = number * 7 % 40 if number % 2 else number * 61 % 2000
        await figures.run([lambda steps=steps: both(steps)])  # type: ignore[misc]
    figures.show(
        f"{rounds} cancelled, {work.__name__}, {done} done before, {unknown} in their commit; the next"
    )
    assert not figures.errors
    thousands, ones = divmod(await counted(database), 1000)
    assert thousands == rounds
    if work is count_up:
        assert done <= ones <= done + unknown
