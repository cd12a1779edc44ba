"""Replicas that are behind, lost, busy, or none any more: two databases stand for a primary and a replica."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, UnsupportedOperationError
from django_like_repos.replicas import position_of, text_of
from django_like_repos.replicas.positions import Followed
from tests.database.models import ShelfRepository
from tests.replicas.conftest import Pair, Told


async def place(session: AsyncSession, reads: Any = "replica") -> str:
    """Where a read goes to."""
    shelves = ShelfRepository(session).objects.using(reads).filter(id=1)
    return str(await shelves.values_list("name", flat=True).get())


async def write(session: AsyncSession, name: str = "new") -> None:
    await ShelfRepository(session).commit().create(name=name)


def out(database: Database) -> list[int]:
    pools: list[Any] = [database.engine.pool, *(each.engine.pool for each in database.replicas)]
    return [pool.checkedout() for pool in pools]


# Read what was written.


async def test_a_session_reads_what_it_has_committed(pair: Pair, two: Database) -> None:
    async with two.session() as session:
        assert await place(session) == "replica"
        pair.told.primary = 101
        await write(session)
        assert await place(session) == "primary"
        pair.told.replica = 101
        await session.commit()
        assert await place(session) == "replica"
    async with two.session() as another:
        pair.told.replica = 0
        # Who has written nothing waits for nothing.
        assert await place(another) == "replica"


async def test_it_waits_until_the_replica_has_it(pair: Pair) -> None:
    asked = 0

    class Late(Told):
        def followed(self, replica: Connection) -> Followed | None:
            nonlocal asked
            asked += 1
            if asked > 3:
                self.replica = 101
            return super().followed(replica)

    told = Late()
    replicas = pair._replace(told=told).replicas(wait=60)
    async with Database(pair.primary, replicas=replicas) as database, database.session() as session:
        told.primary = 101
        await write(session)
        assert await place(session) == "replica"
        assert asked == 4


async def test_it_waits_no_longer_than_it_is_told(pair: Pair) -> None:
    async with (
        Database(pair.primary, replicas=pair.replicas(wait=0.01)) as database,
        database.session() as session,
    ):
        pair.told.primary = 101
        await write(session)
        assert await place(session) == "primary"


async def test_positions_go_from_session_to_session(pair: Pair, two: Database) -> None:
    async with two.session() as session:
        assert await two.position(session) is None
        pair.told.primary = 101
        await write(session)
        position = await two.position(session)
        assert position == "0/00000065"
        assert await two.position(session) == position
    async with two.session(after=position) as later:
        assert await two.position(later) == position
        assert await place(later) == "primary"
    pair.told.replica = 101
    async with two.session(after=position, reads="replica") as later:
        assert await place(later) == "replica"


async def test_the_position_of_what_is_not_committed(two: Database) -> None:
    async with two.session() as session:
        await ShelfRepository(session).flush().create(name="new")
        with pytest.raises(UnsupportedOperationError, match="commit, then ask for it"):
            await two.position(session)
        await session.rollback()
        await two.position(session)


@pytest.mark.parametrize("said", ["", "x", "0/", "1/2/3", "0/123456789", "0/1a", "0/1 ", " 0/1", "0/1\n", 5])
async def test_positions_that_are_none(two: Database, said: Any) -> None:
    with pytest.raises(ValueError, match=r"a position is what Database\.position\(\) gave"):
        async with two.session(after=said):
            pass


@pytest.mark.parametrize("position", [0, 1, 2**32 - 1, 2**32, 2**64 - 1])
def test_positions_as_text(position: int) -> None:
    assert position_of(text_of(position)) == position


async def test_a_position_is_asked_by_the_connection_that_is_held(pair: Pair) -> None:
    """Another one might never come."""
    options: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}
    async with (
        Database(pair.primary, replicas=pair.replicas(check_every=3600, wait=60), **options) as database,
        database.session() as session,
    ):
        await database.check_replicas()
        pair.told.primary = pair.told.replica = 101
        await write(session)
        assert await place(session, "primary") == "primary"
        assert await place(session) == "replica"


async def test_a_check_does_not_wait_for_a_busy_primary(pair: Pair) -> None:
    async with (
        Database(pair.primary, replicas=pair.replicas(), pool_size=1, max_overflow=0) as database,
        database.session() as session,
    ):
        assert await place(session, "primary") == "primary"
        assert await place(session) == "replica"


# What is left out, and comes back.


async def test_what_follows_nobody_is_left_out(pair: Pair, two: Database) -> None:
    pair.told.replica = None
    async with two.session() as session:
        assert await place(session) == "primary"
    (replica,) = two.replicas
    assert replica.trouble == "it follows nobody: it was promoted, or is no standby"
    pair.told.replica = 100
    (replica,) = await two.check_replicas()
    assert replica.is_fit
    async with two.session() as session:
        assert await place(session) == "replica"


async def test_what_is_far_behind_is_left_out(pair: Pair) -> None:
    clock = 0.0
    async with Database(pair.primary, replicas=pair.replicas(max_lag=10)) as database:
        fleet = database._fleet
        assert fleet is not None
        fleet.clock = lambda: clock
        for clock, primary, replica, fit in (
            (0.0, 100, 100, True),
            (1.0, 200, 100, True),
            (11.0, 300, 150, False),
            (12.0, 300, 200, True),
            (20.0, 300, 200, True),
            (21.0, 300, 200, False),
            (22.0, 300, 300, True),
        ):
            pair.told.primary, pair.told.replica = primary, replica
            (state,) = await database.check_replicas()
            assert state.is_fit is fit, clock
            async with database.session() as session:
                assert await place(session) == ("replica" if fit else "primary")
        pair.told.replica = 100
        clock = 100.0
        assert repr((await database.check_replicas())[0]).endswith(": it lags behind by more than 10 s>")


async def test_what_cannot_be_reached_is_left_out(pair: Pair, tmp_path: Path) -> None:
    nobody = pair.replica.set(query={"host": str(tmp_path)})
    async with Database(pair.primary, replicas=pair._replace(replica=nobody).replicas()) as database:
        async with database.session(reads="replica") as session:
            assert await place(session) == "primary"
        (replica,) = database.replicas
        assert "it does not answer: FileNotFoundError" in str(replica.trouble)


async def test_a_database_that_is_not_there(pair: Pair) -> None:
    """What the driver raises itself counts too."""
    gone = pair._replace(replica=pair.replica.set(database="nobody_made_it"))
    async with Database(pair.primary, replicas=gone.replicas()) as database:
        async with database.session() as session:
            assert await place(session) == "primary"
        assert 'database "nobody_made_it" does not exist' in str(database.replicas[0].trouble)


async def test_one_of_two_is_read_from(pair: Pair, tmp_path: Path) -> None:
    urls: list[URL] = [pair.replica.set(query={"host": str(tmp_path)}), pair.replica]
    replicas = pair.replicas()
    replicas.addresses = [*urls]
    async with Database(pair.primary, replicas=replicas) as database:
        for _ in range(4):
            async with database.session() as session:
                assert await place(session) == "replica"
        assert [replica.is_fit for replica in database.replicas] == [False, True]


async def test_who_reads_takes_turns(pair: Pair) -> None:
    replicas = pair.replicas()
    replicas.addresses = [pair.replica, pair.replica]
    async with Database(pair.primary, replicas=replicas) as database:
        places = []
        for _ in range(4):
            async with database.session() as session:
                await place(session)
                await place(session)
                places.append(out(database)[1:])
    assert places in ([[1, 0], [0, 1]] * 2, [[0, 1], [1, 0]] * 2)


async def test_a_busy_replica_is_not_waited_for(pair: Pair) -> None:
    replicas = pair.replicas(pool_size=1, max_overflow=0, pool_timeout=0.01, check_every=3600)
    async with Database(pair.primary, replicas=replicas) as database:
        async with database.session() as first, database.session() as second:
            assert await place(first) == "replica"
            assert await place(second) == "primary"
            assert database.replicas[0].is_fit
            assert (await database.check_replicas())[0].is_fit
        async with database.session() as third:
            assert await place(third) == "replica"


# Connections that are lost.

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid != pg_backend_pid()"
)


async def kill(database: Database, pair: Pair) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text(KILL.format(pair.replica.database)))


async def test_a_read_that_a_replica_loses_is_answered_by_the_primary(pair: Pair) -> None:
    async with Database(pair.primary, replicas=pair.replicas(check_every=3600)) as database:
        async with database.session() as session:
            assert await place(session) == "replica"
            await kill(database, pair)
            assert await place(session) == "primary"
            assert await place(session) == "primary"
            assert "it was lost" in str(database.replicas[0].trouble)
            # It costs no transaction.
            await ShelfRepository(session).create(name="written after it")
            await session.commit()
        await database.check_replicas()
        async with database.session() as session:
            assert await place(session) == "replica"
            assert await ShelfRepository(session).objects.filter(name="written after it").exists()
        assert out(database) == [0, 0]


async def test_a_lost_replica_costs_no_commit(pair: Pair) -> None:
    async with Database(pair.primary, replicas=pair.replicas(check_every=3600)) as database:
        async with database.session() as session:
            assert await place(session) == "replica"
            await ShelfRepository(session).flush().create(name="kept")
            await kill(database, pair)
            await session.commit()
            assert await ShelfRepository(session).objects.filter(name="kept").exists()
        assert out(database) == [0, 0]


async def test_the_sessions_own_statement_is_told_of_it(pair: Pair) -> None:
    async with Database(pair.primary, replicas=pair.replicas(check_every=3600)) as database:
        async with database.session(reads="replica") as session:
            statement = ShelfRepository(session).objects.filter(id=1).values_list("name").as_select()
            assert await session.scalar(statement) == "replica"
            await kill(database, pair)
            with pytest.raises(DBAPIError):
                await session.scalar(statement)
            assert await session.scalar(statement) == "primary"
        assert out(database) == [0, 0]


# Nothing leaks.


async def test_connections_are_given_back(pair: Pair, two: Database) -> None:
    async def read(name: str) -> None:
        async with two.session() as session:
            await place(session)
            await place(session, "primary")
            await write(session, name)
            await place(session)

    tasks = [asyncio.create_task(read(f"{number}")) for number in range(20)]
    for number, task in enumerate(tasks):
        for _ in range(number):
            await asyncio.sleep(0)
        if number % 2:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
    assert out(two) == [0, 0]


async def test_the_end_of_a_transaction_gives_it_back(two: Database) -> None:
    async with two.session() as session:
        for end in (session.commit, session.rollback, session.reset):
            await place(session)
            assert out(two) == [0, 1]
            await end()
            assert out(two) == [0, 0]
        await place(session)
        await session.invalidate()
    assert out(two) == [0, 0]


async def test_close_closes_them_all(pair: Pair) -> None:
    database = Database(pair.primary, replicas=pair.replicas(check_every=0.0001))
    async with database.session() as session:
        await place(session)
    assert database._fleet is not None
    database._fleet.check.start()
    await database.close()
    pool: Any = database.replicas[0].engine.pool
    assert pool.checkedin() == 0
    async with database.session() as session:
        assert await place(session) == "replica"
    await database.close()


def test_in_one_event_loop_after_another(pair: Pair) -> None:
    database = Database(pair.primary, replicas=pair.replicas(check_every=3600))

    async def read() -> str:
        async with database.session() as session:
            found = await place(session)
        await database.close()
        return found

    for _ in range(2):
        with asyncio.Runner() as runner:
            assert runner.run(read()) == "replica"
