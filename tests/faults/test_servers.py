"""Storms in which servers of PostgreSQL are stopped and started: nobody is left in doubt, nothing is lost."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from django_like_repos import Database, Replicas
from tests.database.models import Base, ShelfRepository
from tests.faults.conftest import Record
from tests.standbys import MakeServers, until


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
