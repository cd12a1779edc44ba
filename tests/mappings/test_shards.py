"""Over SQLAlchemy's `ShardedSession`: what is counted is added up, and choosers choose."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Count, Database, F, Sum, UnsupportedOperationError
from tests.postgres import new_database


class Base(DeclarativeBase):
    """The models of this module only."""


class City(Base):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    side: Mapped[str]
    size: Mapped[int] = mapped_column(default=1)


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Mayor(Person):
    __tablename__ = "mayors"

    id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    since: Mapped[int | None]


class CityRepository(BaseRepository[City]): ...


class MayorRepository(BaseRepository[Mayor]): ...


def shard_of(mapper: Any, instance: Any, clause: Any = None) -> str:
    # As SQLAlchemy's own example has it: it wants an object.
    side: str = instance.side
    return side


def every(*_: Any, **__: Any) -> list[str]:
    return ["east", "west"]


@pytest.fixture
async def session(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncSession]:
    async with AsyncExitStack() as stack:
        shards = {}
        for name in every():
            url: Any = URL.create("sqlite+aiosqlite", database=str(tmp_path / name))
            if backend == "postgresql":
                url = await stack.enter_async_context(new_database(request.getfixturevalue("postgres")))
            database = await stack.enter_async_context(Database(url))
            await database.create_all(Base.metadata)
            shards[name] = database.engine.sync_engine
        session = AsyncSession(
            sync_session_class=ShardedSession,
            expire_on_commit=False,
            shards=shards,
            shard_chooser=shard_of,
            identity_chooser=every,
            execute_chooser=every,
        )
        async with session:
            await (
                CityRepository(session)
                .flush()
                .bulk_create(
                    [
                        {"id": 1, "name": "Ost", "side": "east", "size": 2},
                        {"id": 2, "name": "Osten", "side": "east", "size": 3},
                        {"id": 1, "name": "Wesel", "side": "west", "size": 4},
                    ]
                )
            )
            yield session


async def test_reading_is_added_up(session: AsyncSession) -> None:
    cities = CityRepository(session).objects

    assert len(await cities) == await cities.count() == 3
    assert await cities.filter(name__startswith="Os").count() == 2
    assert await cities.filter(name="Wesel").exists()
    assert (await cities.get(name="Wesel")).size == 4
    assert await cities.filter(name="Bonn").count() == 0
    with pytest.raises(UnsupportedOperationError, match="set_shard_id"):
        await cities.aggregate(Sum("size"))


async def test_an_option_chooses_one(session: AsyncSession) -> None:
    west = CityRepository(session).objects.options(set_shard_id("west"))

    assert (await west.count(), [city.name for city in await west]) == (1, ["Wesel"])
    assert await west.aggregate(Sum("size"), n=Count("id")) == {"size__sum": 4, "n": 1}
    assert not await west.filter(name="Ost").exists()
    assert (await west.update(size=9)).rowcount == 1
    east = CityRepository(session).objects.options(set_shard_id("east"))
    assert sorted(await east.values_list("size", flat=True)) == [2, 3]
    assert (await west.delete()).rowcount == 1
    assert await CityRepository(session).objects.count() == 2


async def test_writing_is_added_up(session: AsyncSession) -> None:
    cities = CityRepository(session).objects
    loaded = {city.name: city for city in await cities}

    updated = await cities.filter(size__gt=2).update(size=F("size") + 1)
    assert (updated.rowcount, sorted(updated.all())) == (2, [(1,), (2,)])
    assert {name: city.size for name, city in loaded.items()} == {"Ost": 2, "Osten": 4, "Wesel": 5}
    updated = await cities.returning("name").update(size="7")
    assert (updated.rowcount, len(updated.all()), {city.size for city in loaded.values()}) == (3, 3, {7})
    deleted = await cities.filter(id=1).delete()
    assert (deleted.rowcount, loaded["Osten"] in session, loaded["Wesel"] in session) == (2, True, False)


async def test_creating_goes_where_the_chooser_says(session: AsyncSession) -> None:
    cities = CityRepository(session).objects

    made, created = await cities.get_or_create(name="Bonn", defaults={"side": "west", "id": 7})
    assert created
    assert await cities.options(set_shard_id("west")).filter(name="Bonn").exists()
    found, created = await cities.update_or_create({"size": "8"}, name="Bonn")
    assert (found is made, created, found.size) == (True, False, 8)
    session.expunge_all()
    size = await session.scalar(select(City.size).where(City.name == "Bonn").options(set_shard_id("west")))
    assert size == 8


async def test_several_tables_are_refused(session: AsyncSession) -> None:
    with pytest.raises(UnsupportedOperationError, match="several shards"):
        await MayorRepository(session).objects.update(since=1)


async def test_a_bare_number_is_refused(session: AsyncSession) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"returning\(None\) .* several shards"):
        await CityRepository(session).objects.returning(None).update(size=1)


async def test_both_forms_of_writing(session: AsyncSession) -> None:
    cities = CityRepository(session).writing("direct").objects
    updated = await cities.filter(size__gt=2).update(size=F("size") + 1)
    assert (updated.rowcount, sorted(updated.all())) == (2, [(1,), (2,)])
