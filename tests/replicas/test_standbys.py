"""A primary and standbys that stream from it, servers of their own: behind, stopped, promoted."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, Replicas
from tests.database.models import Base, ShelfRepository
from tests.postgres import PORT
from tests.standbys import MakeServers, caught_up, reader, run, scalar


async def write(session: AsyncSession, name: str) -> None:
    await ShelfRepository(session).commit().create(name=name)


async def is_read(database: Database, name: str, after: str | None = None) -> bool:
    async with database.session(reads="replica", after=after) as session:
        return await ShelfRepository(session).objects.filter(name=name).exists()


async def test_one_standby(make_servers: MakeServers) -> None:
    """What is written is read, by whoever is told the position; and a standby that is stopped comes back."""
    primary, (standby,) = make_servers(1)
    replicas = Replicas([standby.url], wait=30, check_every=0)
    async with Database(primary.url, replicas=replicas) as database:
        await database.create_all(Base)
        async with database.session() as session:
            await write(session, "first")
            position = await database.position(session)
            assert await ShelfRepository(session).objects.using("replica").filter(name="first").exists()
        assert await is_read(database, "first", after=position)
        assert await reader(database) == "standby1"
        standby.stop()
        assert await reader(database) == "primary"
        assert not database.replicas[0].is_fit
        standby.start()
        assert await reader(database) == "standby1"


@pytest.mark.long
async def test_a_standby_that_replays_nothing(make_servers: MakeServers) -> None:
    """It is waited for, not for ever; left out when it lags; and read from again."""
    primary, (standby,) = make_servers(1)
    replicas = Replicas([standby.url], wait=0.05, max_lag=3600, check_every=0)
    async with Database(primary.url, replicas=replicas) as database:
        await database.create_all(Base)
        await caught_up(primary, standby)
        clock = 0.0
        fleet = database._fleet
        assert fleet is not None
        fleet.clock = lambda: clock
        assert await reader(database) == "standby1"
        await scalar(standby.url, "SELECT pg_wal_replay_pause()")
        async with database.session() as session:
            await write(session, "late")
            position = await database.position(session)
            assert await ShelfRepository(session).objects.using("replica").filter(name="late").exists()
        assert not await is_read(database, "late")
        assert await is_read(database, "late", after=position)
        # The clock goes on for an hour after somebody has looked.
        clock = 1.0
        await database.check_replicas()
        clock = 3602.0
        assert await reader(database) == "primary"
        assert "it lags behind by more than 3600 s" in str(database.replicas[0].trouble)
        await scalar(standby.url, "SELECT pg_wal_replay_resume()")
        await caught_up(primary, standby)
        assert await reader(database) == "standby1"
        assert await is_read(database, "late", after=position)


@pytest.mark.long
async def test_one_of_two_standbys_is_promoted(make_servers: MakeServers) -> None:
    """The primary is lost, a standby takes its place, the other follows it: whoever may be read from is."""
    primary, (heir, other) = make_servers(2)
    servers = [primary, heir, other]
    hosts = [str(each.directory) for each in servers]
    anywhere = {"host": hosts, "port": [PORT] * 3, "target_session_attrs": "read-write"}
    url = primary.url.set(query={})
    replicas = Replicas(
        [each.url for each in servers], wait=30, check_every=0, connect_args={"target_session_attrs": "any"}
    )
    async with Database(url, replicas=replicas, connect_args=anywhere) as database:
        await database.create_all(Base)
        async with database.session() as session:
            await write(session, "before")
        for standby in (heir, other):
            await caught_up(primary, standby)
        assert {await reader(database) for _ in range(4)} == {"standby1", "standby2"}
        # The primary follows nobody, so that it may stand in the list.
        assert [replica.is_fit for replica in database.replicas] == [False, True, True]
        primary.stop()
        # Reads go on without a primary.
        assert await is_read(database, "before")
        heir.promote()
        async with database.session() as session:
            await write(session, "after")
            position = await database.position(session)
        assert [replica.is_fit for replica in await database.check_replicas()] == [False, False, True]
        conninfo = f"host={heir.directory} port={PORT} user=postgres"
        await run(other.url, f"ALTER SYSTEM SET primary_conninfo = '{conninfo}'")
        await scalar(other.url, "SELECT pg_reload_conf()")
        await caught_up(heir, other)
        assert await is_read(database, "before")
        assert await is_read(database, "after", after=position)
        assert await reader(database) == "standby2"
