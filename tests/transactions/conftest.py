"""The shelves of `tests/database`, by a pool of which no connection may be lost."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos import Database
from tests.database.conftest import postgresql_shelves as postgresql_shelves
from tests.database.conftest import shelves as shelves
from tests.database.conftest import shelves_database as shelves_database
from tests.database.conftest import sqlite_shelves as sqlite_shelves
from tests.database.models import ShelfRepository

Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
WERE = ["Проза", "Poésie"]
"""The shelves at the beginning."""


@pytest.fixture
async def database(shelves: Database) -> AsyncIterator[Database]:
    """Shelves 1 and 2; every connection is back at the end."""
    yield shelves
    assert out(shelves) == 0


def out(database: Database) -> int:
    """Connections that were not given back."""
    pool: Any = database.engine.pool
    checked_out: int = pool.checkedout()
    return checked_out


async def stored(database: Database) -> list[str]:
    """The names of the shelves, as another session reads them."""
    async with database.session() as session:
        return await ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)


async def added(database: Database) -> list[str]:
    """Those that were not there at the beginning."""
    return [name for name in await stored(database) if name not in WERE]


@contextmanager
def leaves(error: type[Exception], match: str | None = None) -> Iterator[pytest.ExceptionInfo[Exception]]:
    """A block that an error has to leave."""
    with pytest.raises(error, match=match) as raised:
        yield raised


class BoomError(Exception):
    """What leaves a block."""


@pytest.fixture(params=["of a Database", "of the user's"])
async def sessions(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Sessions]:
    """Sessions as a `Database` makes them, and as SQLAlchemy does on an engine that nobody has set up."""
    if request.param == "of a Database":
        yield database.session
        return
    engine = create_async_engine(database.engine.url)
    maker = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def session() -> AsyncIterator[AsyncSession]:
        async with maker() as made:
            yield made

    yield session
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    await engine.dispose()


async def write(session: AsyncSession, name: str) -> None:
    await ShelfRepository(session).flush().create(name=name)
