"""A primary with standbys that stream from it, servers of a test's own, and what is asked of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from django_like_repos import Database
from tests.database.models import ShelfRepository
from tests.postgres import Server, programs


class Servers(NamedTuple):
    primary: Server
    standbys: list[Server]


MakeServers = Callable[[int], Servers]


@contextmanager
def servers_made() -> Iterator[MakeServers]:
    """Makes a running primary with so many standbys; they end here."""
    with ExitStack() as stack:

        def make(standbys: int) -> Servers:
            found = stack.enter_context(programs())
            primary = found.server("primary")
            # What is answered survives a crash of the server.
            primary.create(wal_keep_size="64MB", synchronous_commit="local")
            servers = [primary]
            for number in range(standbys + 1):
                if number:
                    servers.append(found.server(f"standby{number}"))
                    servers[-1].follow(primary)
                servers[-1].start()
                stack.callback(_end, servers[-1])
            return Servers(primary, servers[1:])

        yield make


def _end(server: Server) -> None:
    if server.runs():
        server.stop()


async def scalar(url: URL, statement: str) -> Any:
    """What a server answers, by a connection of its own."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        found = await connection.scalar(text(statement))
    await engine.dispose()
    return found


async def run(url: URL, statement: str) -> None:
    """Has a server do something, outside transactions."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what the servers do among themselves, of which nobody tells."""
    async with asyncio.timeout(60):
        while not await true():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


async def caught_up(primary: Server, standby: Server) -> None:
    position = await scalar(primary.url, "SELECT pg_current_wal_insert_lsn()::text")

    async def has() -> bool:
        return bool(await scalar(standby.url, f"SELECT pg_last_wal_replay_lsn() >= '{position}'"))

    await until(has)


async def reader(database: Database) -> str:
    """The folder of the server that is read from."""
    async with database.session(reads="replica") as session:
        folders = ShelfRepository(session).objects.order_by("id").values_list("id", flat=True)[:1].as_select()
        await session.execute(folders)
        sync: Any = session.sync_session
        connection: Any = sync._reading or sync.connection()
        address = str(connection.connection.driver_connection._addr)
        return address.rpartition("/.s.PGSQL")[0].rpartition("/")[2]
