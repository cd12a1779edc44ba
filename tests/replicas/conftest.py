"""Two databases of the tests' server, which stand for a primary and its replica."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from django_like_repos import Database, Replicas
from django_like_repos.replicas.positions import Followed
from tests.database.models import Base, Shelf
from tests.postgres import new_database


class Told:
    """Positions that a test says, where two databases of one server stand for a primary and its replica."""

    def __init__(self) -> None:
        self.primary = 100
        self.replica: int | None = 100

    def written(self, primary: Connection) -> int:
        return self.primary

    def followed(self, replica: Connection) -> Followed | None:
        replica.execute(text("SELECT 1"))
        return None if self.replica is None else Followed(self.replica, 0.0)


class Pair(NamedTuple):
    primary: URL
    replica: URL
    told: Told

    def replicas(self, **options: Any) -> Replicas:
        return Replicas([self.replica], positions=self.told, **{"check_every": 0, "wait": 0, **options})


@pytest.fixture(scope="session")
async def urls(postgres: URL) -> AsyncIterator[tuple[URL, URL]]:
    """Two databases whose shelves have names that say where they are."""
    async with new_database(postgres) as primary, new_database(postgres) as replica:
        for url, place in ((primary, "primary"), (replica, "replica")):
            async with Database(url) as database:
                await database.create_all(Base)
                async with database.session() as session:
                    session.add(Shelf(name=place))
                    await session.commit()
        yield primary, replica


@pytest.fixture
async def pair(urls: tuple[URL, URL]) -> AsyncIterator[Pair]:
    yield Pair(*urls, Told())
    engine = create_async_engine(urls[0])
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM books"))
        await connection.execute(text("DELETE FROM shelves WHERE id != 1"))
        await connection.execute(text("UPDATE shelves SET name = 'primary'"))
    await engine.dispose()


@pytest.fixture
async def two(pair: Pair) -> AsyncIterator[Database]:
    """A Database of both, whose replica is asked before each read."""
    async with Database(pair.primary, replicas=pair.replicas()) as database:
        yield database
