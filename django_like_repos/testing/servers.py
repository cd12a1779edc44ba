"""Databases of a test's own on a server."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import URL, NullPool, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.states import state_of
from django_like_repos.testing.memory import Made, made_in_memory, tables_of

_LONGEST: Final = 63
"""Characters of a name on PostgreSQL."""
_NO_DATABASE: Final = "3D000"


@asynccontextmanager
async def new_database(url: str | URL, *models: Any, **options: Any) -> AsyncIterator[Database]:
    """A new ``Database`` with the tables of models, on the server of a URL, and dropped after the block.

    On PostgreSQL it is called after the URL's own, ``test_shop_3f9a…``; that one is only connected to, or
    ``postgres`` where it is not there; the user has to be allowed to create databases. For a URL of SQLite it
    is one of ``memory_database()``, and no file is touched. ``models`` and, there, ``options`` as
    ``memory_database()`` takes them; else ``options`` as ``Database``. Raises UnsupportedOperationError for
    other databases, for what is no URL, and for what has no table.
    """
    made = await made_on(url, *models, **options)
    try:
        yield made.database
    finally:
        await made.end()


async def made_on(given: str | URL, *models: Any, **options: Any) -> Made:
    """What ``new_database()`` gives, for whoever ends it in another event loop."""
    url = _url(given)
    if url.get_backend_name() == "sqlite":
        return await made_in_memory(*models, **options)
    if url.get_backend_name() != "postgresql":
        raise UnsupportedOperationError(
            f"new_database() makes databases of PostgreSQL and SQLite, not of {url.get_backend_name()}"
        )
    metadata, tables = tables_of(models)
    suffix = uuid.uuid4().hex
    name = f"test_{url.database or ''}"[: _LONGEST - len(suffix) - 1] + f"_{suffix}"
    server = await _created(url, name)
    try:
        database = Database(url.set(database=name), **options)
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, tables=tables)
        # Its connections are of this loop, and its next use may be in another.
        await database.close()
    except BaseException:
        await _drop(server, name)
        raise

    async def end() -> None:
        try:
            await database.close()
        finally:
            await _drop(server, name)

    return Made(database, end)


def _url(given: Any) -> URL:
    try:
        return make_url(given)
    except ArgumentError:
        # Without what was given: it may have a password.
        raise UnsupportedOperationError(
            "new_database() takes the URL of a database, postgresql+asyncpg://user:…@host/shop or "
            f"sqlite+aiosqlite://, and this {type(given).__name__} is none"
        ) from None


async def _created(url: URL, name: str) -> URL:
    """Creates a database on the server of a URL; gives the URL of what is there beside it."""
    statement = f'CREATE DATABASE "{name}"'
    try:
        await _say(url, statement)
    except Exception as error:
        # Connecting, 2.0 lets the error of the driver through.
        if state_of(getattr(error, "orig", error)) != _NO_DATABASE:
            raise
        # As where the tests alone have databases: the one that every server has.
        url = url.set(database="postgres")
        await _say(url, statement)
    return url


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
