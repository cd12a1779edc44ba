"""What can be said of replicas, what cannot, and replicas on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from django_like_repos import Database, Replicas
from tests.database.models import Base, Shelf, ShelfRepository
from tests.replicas.conftest import Pair

PRIMARY = "postgresql+asyncpg://localhost/shop"
STANDBY = "postgresql+asyncpg://standby/shop"


class Awaited:
    """Positions as nobody can use them."""

    async def written(self, _: object) -> int:
        return 1

    async def followed(self, _: object) -> None:
        return None


def test_what_cannot_be_said() -> None:
    with pytest.raises(TypeError, match="replicas are a list"):
        Database(PRIMARY, replicas=STANDBY)
    bounds: list[dict[str, Any]] = [
        {"wait": -1},
        {"wait": None},
        {"check_every": None},
        {"check_every": "1"},
        {"max_lag": float("nan")},
    ]
    for bound in bounds:
        with pytest.raises(ValueError, match="are seconds, from 0 on"):
            Replicas([STANDBY], **bound)
    Replicas([STANDBY], max_lag=None)
    unfit: list[Any] = [object(), Awaited()]
    for positions in unfit:
        with pytest.raises(TypeError, match=r"has a plain method written\(connection\)"):
            Replicas([STANDBY], positions=positions)
    with pytest.raises(ValueError, match="replicas have no isolation_level"):
        Replicas([STANDBY], isolation_level="REPEATABLE READ")
    with pytest.raises(TypeError, match="engine options go with URLs"):
        Replicas([create_async_engine(STANDBY)], pool_size=3)
    with pytest.raises(ValueError, match="a replica of postgresql is none of sqlite"):
        Database(PRIMARY, replicas=["sqlite+aiosqlite:///file.db"])
    for level in ("SERIALIZABLE", "REPEATABLE READ"):
        with pytest.raises(ValueError, match=f"with {level} for every transaction nothing can be read"):
            Database(PRIMARY, isolation_level=level, replicas=[STANDBY])
    Database(PRIMARY, isolation_level="READ COMMITTED", replicas=[STANDBY])


def test_they_have_the_options_of_the_database() -> None:
    database = Database(PRIMARY, pool_size=3, max_overflow=4, replicas=Replicas([STANDBY], pool_size=7))
    (replica,) = database.replicas
    pool: Any = replica.engine.pool
    assert (pool.size(), pool._max_overflow, pool._timeout) == (7, 4, 1.0)
    assert repr(replica) == "<Replica postgresql+asyncpg://standby/shop: it was not asked yet>"


def test_a_password_is_not_told() -> None:
    database = Database(PRIMARY, replicas=["postgresql+asyncpg://me:secret@standby/shop"])
    assert "secret" not in repr(database.replicas)


async def test_an_engine_of_the_users(pair: Pair) -> None:
    engine = create_async_engine(pair.replica)
    replicas = Replicas([engine], positions=pair.told)
    async with Database(pair.primary, replicas=replicas) as database, database.session() as session:
        shelves = ShelfRepository(session).objects.using("replica")
        assert await shelves.values_list("name", flat=True) == ["replica"]
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError, match="read-only transaction"):
                await connection.execute(text("DELETE FROM shelves"))


async def test_behind_a_pooler_no_setting_is_sent(pair: Pair) -> None:
    replicas = pair.replicas(pooler="session")
    async with (
        Database(pair.primary, replicas=replicas) as database,
        database.replicas[0].engine.connect() as connection,
    ):
        assert await connection.scalar(text("SHOW default_transaction_read_only")) == "off"


# SQLite.


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Database]:
    """A file, and as its replica the same file, by connections that only read."""
    path = tmp_path / "shelves.db"
    replica = f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true"
    async with Database(URL.create("sqlite+aiosqlite", database=str(path)), replicas=[replica]) as database:
        await database.create_all(Base)
        yield database


async def test_a_file_is_its_own_replica(file: Database) -> None:
    async with file.session(reads="replica") as session:
        shelves = ShelfRepository(session).objects.values_list("name", flat=True)
        assert await shelves == []
        await ShelfRepository(session).create(name="new")
        assert await shelves == ["new"]
        pool: Any = file.replicas[0].engine.pool
        assert pool.checkedout() == 1
        await session.commit()
        assert pool.checkedout() == 0
        assert await shelves == ["new"]
        assert pool.checkedout() == 1
        assert await file.position(session) == "0/00000000"


async def test_who_reads_sees_what_is_committed_beside_a_writer(file: Database) -> None:
    async with file.session() as writer, file.session(reads="replica") as reader:
        await ShelfRepository(writer).flush().create(name="new")
        assert await ShelfRepository(reader).objects.count() == 0
        await writer.commit()
        assert await ShelfRepository(reader).objects.count() == 1


async def test_nothing_is_written_to_the_replica_of_a_file(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'shelves.db'}"
    async with Database(url, replicas=[url]) as database:
        await database.create_all(Base)
        async with database.replicas[0].engine.connect() as connection:
            with pytest.raises(DBAPIError, match="attempt to write a readonly database"):
                await connection.execute(text("INSERT INTO shelves (name) VALUES ('x')"))
        async with database.session(reads="replica") as session:
            assert (await session.scalars(select(Shelf))).all() == []


@pytest.mark.parametrize(
    ("primary", "replica", "error"),
    [
        ("a.db", "b.db", "on SQLite a replica is the file of the primary"),
        ("a.db", "file:b.db?mode=ro&uri=true", "another file than"),
        (":memory:", ":memory:", "in memory has no replicas"),
        ("", "", "in memory has no replicas"),
        ("file:x?mode=memory&uri=true", "file:x?mode=memory&uri=true", "in memory has no replicas"),
    ],
)
def test_what_is_no_replica_of_a_file(primary: str, replica: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        Database(f"sqlite+aiosqlite:///{primary}", replicas=[f"sqlite+aiosqlite:///{replica}"])
