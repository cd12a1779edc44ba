"""Databases of a test's own on a server."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import URL, NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.testing.memory import Made, made_in_memory, tables_of

_LONGEST: Final = 63
"""Characters of a name on PostgreSQL."""


@asynccontextmanager
async def new_database(url: str | URL, *models: Any, **options: Any) -> AsyncIterator[Database]:
    """A new ``Database`` with the tables of models, on the server of a URL, and dropped after the block.

    On PostgreSQL it is called after the URL's own, ``test_shop_3f9a…``; that one has to be there, is only
    connected to, and its user has to be allowed to create databases. For a URL of SQLite it is one of
    ``memory_database()``, and no file is touched. ``models`` as ``memory_database()`` takes them, ``options``
    as ``Database``. Raises UnsupportedOperationError for other databases, and for what has no table.
    """
    made = await made_on(make_url(url), *models, **options)
    try:
        yield made.database
    finally:
        await made.end()


async def made_on(url: URL, *models: Any, **options: Any) -> Made:
    """What ``new_database()`` gives, for whoever ends it in another event loop."""
    if url.get_backend_name() == "sqlite":
        return await made_in_memory(*models, **options)
    if url.get_backend_name() != "postgresql":
        raise UnsupportedOperationError(
            f"new_database() makes databases of PostgreSQL and SQLite, not of {url.get_backend_name()}"
        )
    metadata, tables = tables_of(models)
    suffix = uuid.uuid4().hex
    name = f"test_{url.database or ''}"[: _LONGEST - len(suffix) - 1] + f"_{suffix}"
    await _say(url, f'CREATE DATABASE "{name}"')
    try:
        database = Database(url.set(database=name), **options)
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, tables=tables)
        # Its connections are of this loop, and its next use may be in another.
        await database.close()
    except BaseException:
        await _drop(url, name)
        raise

    async def end() -> None:
        try:
            await database.close()
        finally:
            await _drop(url, name)

    return Made(database, end)


async def _drop(url: URL, name: str) -> None:
    await _say(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _say(url: URL, statement: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))


_CLOSING: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, AsyncGenerator[None]]]] = (
    WeakKeyDictionary()
)


async def close_with_loop(database: Database) -> None:
    """Has the connections of a database closed when the running event loop is: the next one has its own."""
    waiting = _CLOSING.setdefault(asyncio.get_running_loop(), {})
    if id(database) not in waiting:
        # Whoever closes a loop ends its asynchronous generators first.
        waiting[id(database)] = generator = _closing(database)
        await anext(generator)


async def _closing(database: Database) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await database.engine.dispose()


def close_loops(database: Database) -> None:
    """Closes the connections of a database in every loop that has some still, and that does not run."""
    for loop, waiting in [*_CLOSING.items()]:
        generator = waiting.pop(id(database), None)
        if generator is not None and not loop.is_closed() and not loop.is_running():
            with suppress(RuntimeError):
                loop.run_until_complete(generator.aclose())
