"""Claimers beside each other, some of whom die: nothing lost, nothing claimed twice while a claim lives."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from django_like_repos import Database, atomic
from django_like_repos.contrib.outbox import Batch, Message, Outbox
from tests.contrib.outbox.conftest import Outgoing
from tests.faults.books import CLEAR

CLAIMERS = 8


class DiedError(Exception):
    """A claimer is no more, in the midst of its batch."""


class Delivery:
    """Claimers at work, and what they were given."""

    def __init__(self, outbox: Outbox, beyond: AsyncEngine, seed: int) -> None:
        self.outbox = outbox
        self.beyond = beyond
        """Where nobody's connection is ended."""
        self.dice = random.Random(seed)
        self.held: dict[int, str] = {}
        """The messages that living claims are on."""
        self.delivered: list[int] = []
        self.claimed_twice = 0
        self.deaths = 0

    async def run(self) -> None:
        while await self.left():
            async with asyncio.TaskGroup() as group:
                for number in range(CLAIMERS):
                    group.create_task(self.live(f"claimer {number}"))
            await self.time_passes()

    async def left(self) -> int:
        async with self.beyond.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(Outgoing)) or 0

    async def live(self, name: str) -> None:
        """Claims until nothing is left, or it dies; what it held is claimed when its leases are over."""
        working = asyncio.create_task(self.work(name))
        if self.dice.random() < 0.4:
            for _ in range(self.dice.randrange(400)):
                await asyncio.sleep(0)
            working.cancel()
        await asyncio.wait([working])
        if working.cancelled():
            self.deaths += 1
        elif error := working.exception():
            assert isinstance(error, (DiedError, *CLEAR)), error
            self.deaths += 1
        for message in [each for each, holder in self.held.items() if holder == name]:
            del self.held[message]

    async def work(self, name: str) -> None:
        async for batch in self.outbox.claim(self.dice.randrange(1, 40), lease=timedelta(hours=1)):
            for message in batch:
                self.claimed_twice += message.id in self.held
                self.held[message.id] = name
            await self.deliver(batch)

    async def deliver(self, batch: Batch) -> None:
        for message in batch:
            if self.dice.random() < 0.001:
                raise DiedError
            self.delivered.append(message.payload)
            if self.dice.random() < 0.02:
                await batch.acknowledge(message)
                self.held.pop(message.id)
            elif self.dice.random() < 0.02:
                await batch.retry(message, "once more")
                self.held.pop(message.id)
        left = [*batch._open]
        await batch.acknowledge()
        for each in left:
            self.held.pop(each, None)

    async def time_passes(self) -> None:
        """The leases of the dead end, and so do pauses; nobody lives now."""
        assert self.held == {}
        past = datetime.now(UTC) - timedelta(hours=1)
        async with self.beyond.begin() as connection:
            await connection.execute(update(Outgoing).values(available_at=past))


async def deliver_all(outbox: Outbox, database: Database, count: int, kill: bool = False) -> Delivery:
    async with atomic(database) as session:
        for number in range(count):
            await outbox.add(session, "mail", number)
    beyond = create_async_engine(database.engine.url, isolation_level="AUTOCOMMIT")
    delivery = Delivery(outbox, beyond, seed=count)
    running = asyncio.create_task(delivery.run())
    while kill and not running.done():
        async with beyond.connect() as connection:
            await connection.execute(text(KILL_ONE))
        for _ in range(200):
            await asyncio.sleep(0)
    await running
    await beyond.dispose()
    pool: Any = database.engine.pool
    assert pool.checkedout() == 0
    return delivery


KILL_ONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid != pg_backend_pid() AND application_name = 'django_like_repos' ORDER BY random() LIMIT 1"
)


async def test_eight_claimers(outbox: Outbox, database: Database) -> None:
    delivery = await deliver_all(outbox, database, 200)
    assert {*delivery.delivered} == {*range(200)}
    assert delivery.claimed_twice == 0
    assert delivery.deaths


@pytest.mark.long
async def test_ten_thousand_messages(outbox: Outbox, database: Database) -> None:
    kill = database.engine.dialect.name == "postgresql"
    delivery = await deliver_all(outbox, database, 10_000, kill)
    assert {*delivery.delivered} == {*range(10_000)}
    assert delivery.claimed_twice == 0
    assert delivery.deaths


async def test_without_deaths_each_is_delivered_once(outbox: Outbox, database: Database) -> None:
    async with atomic(database) as session:
        for number in range(100):
            await outbox.add(session, "mail", number)
    delivered: list[int] = []

    async def work() -> None:
        async for batch in outbox.claim(7):
            delivered.extend(message.payload for message in batch)
            await batch.acknowledge()

    await asyncio.gather(*(work() for _ in range(CLAIMERS)))
    assert sorted(delivered) == [*range(100)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
async def test_whatever_the_isolation_of_the_engine(database: Database, level: str) -> None:
    """Claims that wait for nobody are refused by nobody."""
    async with Database(database.engine.url, isolation_level=level) as strict:
        outbox = Outbox(strict, Outgoing)
        async with atomic(strict) as session:
            for number in range(100):
                await outbox.add(session, "mail", number)
        claimed: list[Message] = []

        async def work() -> None:
            async for batch in outbox.claim(5):
                claimed.extend(batch)
                await batch.acknowledge()

        await asyncio.gather(*(work() for _ in range(CLAIMERS)))
    assert len({message.id for message in claimed}) == len(claimed) == 100
