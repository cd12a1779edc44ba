"""The bare driver, asyncpg or aiosqlite: constant SQL, rows as the driver gives them. The least it can cost.

Connections come from a pool that asks nothing when one is given back.
"""

# Rows of drivers have no types.
# mypy: disable-error-code="no-any-return"

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from operator import getitem
from typing import Any, Final

import aiosqlite
import asyncpg
from sqlalchemy import URL

from benchmarks.suite.entrant import POOL, Entrant, Mode
from benchmarks.suite.workloads import ways_of

NAME: Final = "driver"

_NUMBERED: Final = re.compile(r"\$(\d+)")

CITY: Final = "SELECT id, name, people, country_id FROM cities"
OF_COUNTRY: Final = "FROM cities JOIN countries ON countries.id = country_id WHERE countries.name = $1"
UPDATE: Final = f"UPDATE cities SET people = people + 1 WHERE id IN (SELECT cities.id {OF_COUNTRY})"


async def by_key(driver: Any, number: int) -> Any:
    return (await driver.rows(f"{CITY} WHERE id = $1", number))[0]


async def by_text(driver: Any, text: str) -> Any:
    return (await driver.rows(f"{CITY} WHERE name = $1", text))[0]


async def related(driver: Any) -> Sequence[Any]:
    columns = "SELECT cities.id, cities.name, people, country_id"
    return await driver.rows(f"{columns} {OF_COUNTRY} ORDER BY cities.name LIMIT 20", "country 7")


async def exists(driver: Any) -> bool:
    return bool((await driver.rows(f"SELECT EXISTS (SELECT 1 {OF_COUNTRY})", "country 7"))[0][0])


async def count(driver: Any) -> int:
    return int((await driver.rows(f"SELECT count(*) {OF_COUNTRY}", "country 7"))[0][0])


async def page(driver: Any) -> tuple[Sequence[Any], int]:
    found = await driver.rows(f"{CITY} WHERE people >= $1 ORDER BY id LIMIT 20 OFFSET 40", 1_000)
    return found, (await driver.rows("SELECT count(*) FROM cities WHERE people >= $1", 1_000))[0][0]


async def values(driver: Any) -> Sequence[Any]:
    return await driver.rows("SELECT id, name FROM cities ORDER BY id")


async def entities(driver: Any) -> Sequence[Any]:
    return await driver.rows(CITY)


async def children(driver: Any) -> list[tuple[Any, Sequence[Any]]]:
    countries = await driver.rows("SELECT id, name FROM countries")
    found = defaultdict(list)
    for city in await driver.listed(f"{CITY} WHERE country_id", [country["id"] for country in countries]):
        found[city["country_id"]].append(city)
    return [(country, found[country["id"]]) for country in countries]


async def groups(driver: Any) -> Sequence[Any]:
    return await driver.rows(
        "SELECT countries.name, count(cities.id) FROM countries JOIN cities ON countries.id = country_id "
        "GROUP BY countries.id, countries.name ORDER BY countries.name"
    )


async def contains(driver: Any) -> Sequence[Any]:
    return await driver.rows(f"{CITY} WHERE lower(name) LIKE $1 ORDER BY id LIMIT 20", "%ty 12%")


async def listed(driver: Any, ids: list[int]) -> Sequence[Any]:
    return await driver.listed(f"{CITY} WHERE id", ids)


async def update_related(driver: Any) -> int:
    return await driver.changed(UPDATE, "country 7")


async def delete_listed(driver: Any, ids: list[int]) -> int:
    return len(await driver.listed("DELETE FROM cities WHERE id", ids, " RETURNING id"))


async def get_or_create(driver: Any, text: str) -> tuple[Any, bool]:
    if found := await driver.rows(f"{CITY} WHERE name = $1", text):
        return found[0], False
    new = "INSERT INTO cities (name, people, country_id) VALUES ($1, 1, 1) RETURNING *"
    return (await driver.rows(new, text))[0], True


async def create(driver: Any, text: str) -> None:
    await driver.changed("INSERT INTO remarks (text) VALUES ($1)", text)


WAYS: Final = ways_of(__name__)


class Postgres:
    """asyncpg's connection."""

    def __init__(self, connection: Any) -> None:
        self.rows = connection.fetch
        self._connection = connection

    async def listed(self, sql: str, ids: list[int], after: str = "") -> Any:
        return await self.rows(f"{sql} = ANY($1::int[]){after}", ids)

    async def changed(self, sql: str, *values: object) -> int:
        return int((await self._connection.execute(sql, *values)).split()[-1])


def for_sqlite(sql: str, values: Sequence[object]) -> tuple[str, Any]:
    """A statement whose parameters are ``$1``, ``$2`` …, and their values, as sqlite3 has them by name."""
    if "$" not in sql:
        return sql, values
    return _NUMBERED.sub(r":p\1", sql), {f"p{at}": value for at, value in enumerate(values, 1)}


class SQLite:
    """aiosqlite's connection."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: object) -> Any:
        return await self._connection.execute_fetchall(*for_sqlite(sql, values))

    async def listed(self, sql: str, ids: list[int], after: str = "") -> Any:
        return await self.rows(f"{sql} IN ({', '.join('?' * len(ids))}){after}", *ids)

    async def changed(self, sql: str, *values: object) -> int:
        cursor = await self._connection.execute(*for_sqlite(sql, values))
        try:
            return cursor.rowcount
        finally:
            await cursor.close()


async def _nothing(connection: Any) -> None:
    """What is done with a connection that is given back."""


@asynccontextmanager
async def _postgresql(url: URL) -> AsyncIterator[Entrant]:
    arguments: Any = url.get_dialect()().create_connect_args(url)[1]
    async with asyncpg.create_pool(**arguments, min_size=1, max_size=POOL, reset=_nothing) as pool:

        @asynccontextmanager
        async def scope(mode: Mode) -> AsyncIterator[Postgres]:
            async with pool.acquire() as connection:
                if mode == "autocommit":
                    yield Postgres(connection)
                    return
                transaction = connection.transaction()
                await transaction.start()
                yield Postgres(connection)
                await (transaction.commit() if mode == "commit" else transaction.rollback())

        yield Entrant(NAME, WAYS, scope, getitem)


@asynccontextmanager
async def _sqlite(url: URL) -> AsyncIterator[Entrant]:
    idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
    async with AsyncExitStack() as stack:
        for _ in range(POOL):
            connection = await stack.enter_async_context(
                aiosqlite.connect(url.database or "", isolation_level=None)
            )
            connection.row_factory = aiosqlite.Row
            idle.put_nowait(connection)

        @asynccontextmanager
        async def scope(mode: Mode) -> AsyncIterator[SQLite]:
            connection = await idle.get()
            driver = SQLite(connection)
            try:
                if mode != "autocommit":
                    await driver.changed("BEGIN")
                yield driver
                if mode != "autocommit":
                    await driver.changed("COMMIT" if mode == "commit" else "ROLLBACK")
            finally:
                idle.put_nowait(connection)

        yield Entrant(NAME, WAYS, scope, getitem)


def entrant(url: URL) -> AbstractAsyncContextManager[Entrant]:
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
