"""Storms in which servers of PostgreSQL are stopped and started: nobody is left in doubt, nothing is lost."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from django_like_repos import Database, Replicas
from tests.database.models import Base, ShelfRepository
from tests.faults.books import CLEAR, Tally
from tests.faults.conftest import POOL, Record, out
from tests.standbys import MakeServers, until


@pytest.mark.long
async def test_a_server_that_is_restarted(make_servers: MakeServers) -> None:
    """A session in use is told, and begins anew after a rollback; who comes later hears nothing."""
    server = make_servers(0).primary
    async with Database(server.url, pool_size=2, max_overflow=0) as database:
        await database.create_all(Base)
        async with database.session() as used, database.session() as idle:
            for session, name in ((used, "lost"), (idle, "kept")):
                await ShelfRepository(session).flush().create(name=name)
            await idle.commit()
            server.stop("fast")
            with pytest.raises(CLEAR):
                await ShelfRepository(used).objects.count()
            await used.rollback()
            # Nobody is there, and the error says so.
            with pytest.raises(CLEAR):
                await ShelfRepository(idle).objects.count()
            server.start()
            await idle.rollback()
            for session in (used, idle):
                assert await ShelfRepository(session).objects.values_list("name", flat=True) == ["kept"]
        assert out(database) == 0


@pytest.mark.long
async def test_writers_while_their_server_is_restarted(
    make_servers: MakeServers, rounds: int, record_figures: Record
) -> None:
    """Stopped at once, as by a crash, and in order: what was answered is there, once."""
    server = make_servers(0).primary
    async with Database(server.url, pool_size=POOL, max_overflow=0) as database:
        await database.create_all(Base)
        tally, numbers = Tally(database), count()
        stopping = asyncio.Event()

        async def work() -> None:
            while not stopping.is_set():
                name = f"{next(numbers)}"
                try:
                    async with database.session() as session:
                        await ShelfRepository(session).objects.count()
                        await ShelfRepository(session).create(name=name)
                        await session.commit()
                except Exception as error:  # noqa: BLE001
                    tally.hear(error)
                    # As one who tries again.
                    await asyncio.sleep(0.01)
                else:
                    tally.stored.add(name)

        tasks = [asyncio.create_task(work()) for _ in range(2 * POOL)]

        async def more(count: Callable[[], int]) -> None:
            goal = count() + 100
            await until(lambda: asyncio.sleep(0, count() >= goal or any(task.done() for task in tasks)))

        for mode in ("immediate", "fast") * rounds:
            await more(lambda: len(tally.stored))
            await asyncio.to_thread(server.stop, mode)
            await more(lambda: tally.told)
            await asyncio.to_thread(server.start)
        await more(lambda: len(tally.stored))
        stopping.set()
        await asyncio.gather(*tasks)
        figures = await tally.figures()
    restarts = 2 * rounds
    record_figures(stored=len(tally.stored), restarts=restarts, told=tally.told, **figures)
    assert tally.unclear == []
    assert not any(figures.values())


@pytest.mark.long
async def test_readers_while_standbys_come_and_go(
    make_servers: MakeServers, record_figures: Record, rounds: int
) -> None:
    """Nobody fails, and everybody reads what he has written."""
    primary, standbys = make_servers(2)
    replicas = Replicas([each.url for each in standbys], check_every=0.05, pool_size=3)
    done = missed = far = 0
    async with Database(primary.url, replicas=replicas, pool_size=10, pool_timeout=120) as database:
        await database.create_all(Base)
        stopping = asyncio.Event()

        async def work(number: int) -> None:
            nonlocal done, missed, far
            turn = 0
            while not stopping.is_set():
                async with database.session() as session:
                    name = f"{number} {turn}"
                    await ShelfRepository(session).commit().create(name=name)
                    found = await ShelfRepository(session).objects.using("replica").filter(name=name).exists()
                    sync: Any = session.sync_session
                    far += sync._reading is not None
                missed += not found
                done += 1
                turn += 1

        tasks = [asyncio.create_task(work(number)) for number in range(8)]

        async def more(count: Callable[[], int]) -> None:
            """Waits until there are fifty more, or somebody has failed."""
            goal = count() + 50
            await until(lambda: asyncio.sleep(0, count() >= goal or any(task.done() for task in tasks)))

        for _ in range(rounds):
            for standby in standbys:
                await asyncio.to_thread(standby.stop)
                await more(lambda: done)
                await asyncio.to_thread(standby.start)
                await more(lambda: far)
        stopping.set()
        await asyncio.gather(*tasks)
        pools: list[Any] = [database.engine.pool, *(each.engine.pool for each in database.replicas)]
        assert [pool.checkedout() for pool in pools] == [0, 0, 0]
        async with database.session() as session:
            assert await ShelfRepository(session).objects.count() == done
    record_figures(
        read_after_a_write=done, on_a_standby=far, stopped=2 * rounds, missed=missed, failed=0, leaked=0
    )
    assert missed == 0
