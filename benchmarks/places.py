"""Where it is measured: new databases on SQLite and PostgreSQL, and the help centre on one of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import URL

from django_like_repos import Database
from examples.help_center.models import Base
from tests.data import help_center_rows
from tests.postgres import new_database

MEMORY: Final = Path("/dev/shm")


@asynccontextmanager
async def new(server: URL | None) -> AsyncIterator[URL]:
    """An empty database on a server of PostgreSQL, or else in a file of SQLite, in memory where it can be.

    The server of the tests does not wait for its disk, so SQLite does not either.
    """
    if server is not None:
        async with new_database(server) as url:
            yield url
        return
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
        yield URL.create("sqlite+aiosqlite", database=str(Path(directory) / "benchmark.sqlite3"))


@asynccontextmanager
async def help_center(server: URL | None) -> AsyncIterator[Database]:
    """The help centre of the tests, in a new database."""
    async with new(server) as url, Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all(help_center_rows())
            await session.commit()
        yield database


def reading_in_autocommit(database: Database) -> Database:
    """The same engine, where what is known to read and nothing else begins no transaction."""
    return Database(database.engine, reads="autocommit")
