"""``refresh_from_db()``, and what a query does to objects that the session has."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from django_like_repos import (
    Count,
    Database,
    DoesNotExist,
    NotLoadedError,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
)
from tests.loading.zoo import Animal, AnimalRepository, Dog, Keeper, KeeperRepository, fill
from tests.recording import RecordedSQL


@pytest.fixture
async def zoo(fresh_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    await fill(fresh_database)
    async with fresh_database.session() as session:
        sql.clear()
        yield session


async def elsewhere(zoo: AsyncSession, database: Database, key: int, **values: Any) -> None:
    """Changes an animal in another session; without values its row goes."""
    await zoo.commit()
    async with database.session() as other:
        animals = AnimalRepository(other).commit().objects.filter(id=key)
        await (animals.update(**values) if values else animals.delete())


def texts(sql: RecordedSQL) -> list[str]:
    return [re.sub(r"\$\d::INTEGER", "?", statement) for statement, _ in sql.statements]


async def test_what_the_object_has(zoo: AsyncSession, fresh_database: Database, sql: RecordedSQL) -> None:
    animals = AnimalRepository(zoo)
    animal = await animals.objects.get(id=1)
    await elsewhere(zoo, fresh_database, 1, name="Owlet", notes="sleeps")
    assert animal.name == "Owl"
    sql.clear()
    await animals.refresh_from_db(animal)
    assert texts(sql) == [
        "SELECT animals.kind, animals.name, animals.keeper_id FROM animals WHERE animals.id = ?"
    ]
    assert animal.name == "Owlet"
    # What is deferred stays so until it is named, or once it is there.
    with pytest.raises(NotLoadedError):
        _ = animal.notes
    await animals.refresh_from_db(animal, ["notes"])
    assert animal.notes == "sleeps"
    await elsewhere(zoo, fresh_database, 1, notes="wakes")
    await animals.refresh_from_db(animal)
    assert animal.notes == "wakes"


async def test_named_fields(zoo: AsyncSession, fresh_database: Database, sql: RecordedSQL) -> None:
    animals = AnimalRepository(zoo)
    (animal,) = await animals.objects.options(defer(Animal.kind)).filter(id=1)
    await elsewhere(zoo, fresh_database, 1, name="Owlet", keeper_id=2)
    sql.clear()
    await animals.refresh_from_db(animal, [])
    assert not sql.statements
    await animals.refresh_from_db(animal, ["name", "pk"])
    assert len(sql.statements) == 1
    assert (animal.name, animal.keeper_id) == ("Owlet", 1)


async def test_unsaved_changes_of_what_is_read_are_lost(zoo: AsyncSession, sql: RecordedSQL) -> None:
    animals = AnimalRepository(zoo)
    animal = await animals.objects.get(id=1)
    animal.name, animal.notes = "Emu", "runs"
    await animals.refresh_from_db(animal, ["name"])
    assert (animal.name, animal.notes) == ("Owl", "runs")
    await animals.refresh_from_db(animal, ["notes"])
    assert animal.notes == "runs"  # flushed before, as by any query
    animal.notes = "hoots"
    animal.name = "Emu"
    sql.clear()
    await animals.refresh_from_db(animal)
    assert len(sql.statements) == 1
    await zoo.commit()
    assert await animals.objects.values_list("name", "notes").get(id=1) == ("Owl", "runs")


async def test_an_unsaved_relation_is_lost_with_its_key(zoo: AsyncSession) -> None:
    animals, keepers = AnimalRepository(zoo), KeeperRepository(zoo)
    ann, bob = await keepers.objects.order_by("id")
    (animal,) = await animals.objects.options("keeper").filter(id=1)
    for fields in (None, ["keeper_id"], ["keeper"], ["keeper", "keeper_id"]):
        animal.keeper = bob
        await animals.refresh_from_db(animal, fields)
        await zoo.flush()
        assert animal.keeper is ann, fields
        assert animal.keeper_id == 1
    zoo.expire(animal, ["keeper"])
    animal.keeper = bob
    await animals.refresh_from_db(animal)
    await zoo.commit()
    assert await animals.objects.values_list("keeper_id", flat=True).get(id=1) == 1
    assert animal.keeper is ann


async def test_a_relation_follows_its_key(zoo: AsyncSession, fresh_database: Database) -> None:
    animals = AnimalRepository(zoo)
    (animal,) = await animals.objects.options("keeper").filter(id=1)
    ann = animal.keeper
    await animals.refresh_from_db(animal)
    assert animal.keeper is ann
    await elsewhere(zoo, fresh_database, 1, keeper_id=2)
    await animals.refresh_from_db(animal)
    with pytest.raises(NotLoadedError):
        _ = animal.keeper
    await animals.refresh_from_db(animal, ["keeper"])
    assert animal.keeper is not None
    assert animal.keeper.name == "Bob"


async def test_a_collection(zoo: AsyncSession, fresh_database: Database, sql: RecordedSQL) -> None:
    keepers = KeeperRepository(zoo)
    keeper = await keepers.objects.get(id=1)
    sql.clear()
    await keepers.refresh_from_db(keeper, ["animals"])
    assert len(sql.statements) == 2
    assert [animal.name for animal in keeper.animals] == ["Owl", "Rex"]
    await elsewhere(zoo, fresh_database, 2)
    await keepers.refresh_from_db(keeper)
    assert len(keeper.animals) == 2
    await keepers.refresh_from_db(keeper, ["name", "animals"])
    assert [animal.name for animal in keeper.animals] == ["Owl"]
    # What is pending is flushed first, as by any query.
    zoo.add(Animal(id=7, kind="animal", name="Fox", keeper_id=1))
    await keepers.refresh_from_db(keeper, ["animals"])
    assert [animal.name for animal in keeper.animals] == ["Owl", "Fox"]


async def test_what_has_expired(zoo: AsyncSession, sql: RecordedSQL) -> None:
    animals = AnimalRepository(zoo)
    dog = await animals.objects.get(id=2)
    zoo.expire(dog)
    sql.clear()
    await animals.refresh_from_db(dog)
    assert len(sql.statements) == 1
    assert isinstance(dog, Dog)
    assert (dog.name, dog.breed) == ("Rex", "collie")


@pytest.mark.parametrize("fields", [None, ["name"], ["notes"], ["keeper"], ["name", "keeper"]])
async def test_a_row_that_is_gone(
    zoo: AsyncSession, fresh_database: Database, fields: list[str] | None
) -> None:
    animals = AnimalRepository(zoo)
    (animal,) = await animals.objects.options("keeper").filter(id=1)
    keeper = animal.keeper
    await elsewhere(zoo, fresh_database, 1)
    with zoo.no_autoflush:
        animal.name = "Emu"
        with pytest.raises(DoesNotExist) as raised:
            await animals.refresh_from_db(animal, fields)
        assert str(raised.value) == "refresh_from_db(): Animal 1 has no row any more"
        # The object is what it was.
        assert (animal.id, animal.name, animal.keeper_id, animal.keeper) == (1, "Emu", 1, keeper)
        assert inspect(animal).attrs.name.history.deleted == ["Owl"]


async def test_a_row_that_this_session_has_deleted(zoo: AsyncSession) -> None:
    animals = AnimalRepository(zoo)
    animal = await animals.objects.get(id=1)
    await zoo.delete(animal)
    await zoo.flush()
    with pytest.raises(DoesNotExist):
        await animals.refresh_from_db(animal)


async def test_objects_that_it_is_not_for(zoo: AsyncSession, fresh_database: Database) -> None:
    animals, keepers = AnimalRepository(zoo), KeeperRepository(zoo)
    animal = await animals.objects.get(id=1)
    new = Keeper(id=8, name="Zoe")
    said = {}
    with zoo.no_autoflush:
        for what, wrong in {"other": animal, "none": None, "new": new}.items():
            with pytest.raises(UnsupportedOperationError) as raised:
                await keepers.refresh_from_db(wrong)  # type: ignore[arg-type]
            said[what] = str(raised.value)
        zoo.add(new)
        with pytest.raises(UnsupportedOperationError, match="is new and has no row yet"):
            await keepers.refresh_from_db(new)
    assert said["other"].startswith("refresh_from_db() takes a Keeper here, not <tests.loading.zoo.Animal")
    assert said["none"] == "refresh_from_db() takes a Keeper here, not None"
    assert (
        said["new"] == "refresh_from_db(): this Keeper is new and has no row yet; flush() the session first"
    )
    async with fresh_database.session() as other:
        with pytest.raises(UnsupportedOperationError, match="this Animal is in another session"):
            await AnimalRepository(other).refresh_from_db(animal)
    zoo.expunge(animal)
    with pytest.raises(UnsupportedOperationError) as raised:
        await animals.refresh_from_db(animal)
    assert str(raised.value) == (
        "refresh_from_db(): this Animal is in no session; session.add() it to this one, or ask for it anew"
    )
    zoo.add(animal)
    await animals.refresh_from_db(animal)


async def test_names_that_it_does_not_take(zoo: AsyncSession, sql: RecordedSQL) -> None:
    keepers, animals = KeeperRepository(zoo), AnimalRepository(zoo)
    keeper, animal = await keepers.objects.get(id=1), await animals.objects.get(id=1)
    sql.clear()
    with pytest.raises(UnknownFieldError, match="Keeper has no field 'nam': did you mean 'name'"):
        await keepers.refresh_from_db(keeper, ["nam"])
    for names, text in {
        ("keeper__name",): "'keeper__name' leads to another object",
        (1,): "takes names of fields, not 1",
    }.items():
        with pytest.raises(UnsupportedOperationError, match=text):
            await animals.refresh_from_db(animal, names)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperationError, match="takes a list of names, not 'name'"):
        await animals.refresh_from_db(animal, "name")
    with pytest.raises(UnsupportedOperationError, match=r"Keeper\.written is write_only and never holds"):
        await keepers.refresh_from_db(keeper, ["written"])
    assert not sql.statements


async def test_a_query_leaves_what_the_session_has(zoo: AsyncSession, fresh_database: Database) -> None:
    animals = AnimalRepository(zoo).objects
    animal = await animals.get(id=1)
    await elsewhere(zoo, fresh_database, 1, name="Owlet", notes="sleeps")
    again = await animals.get(name="Owlet")
    assert again is animal
    assert animal.name == "Owl"
    await animals.execution_options(populate_existing=True).get(id=1)
    assert animal.name == "Owlet"


async def test_a_query_fills_what_an_object_lacks(zoo: AsyncSession, fresh_database: Database) -> None:
    animals = AnimalRepository(zoo).objects
    (animal,) = await animals.options(defer(Animal.name)).filter(id=1)
    await elsewhere(zoo, fresh_database, 1, name="Owlet", keeper_id=2)
    await animals.get(id=1)
    assert (animal.name, animal.keeper_id) == ("Owlet", 1)
    zoo.expire(animal)
    await animals.get(id=1)
    assert (animal.name, animal.keeper_id) == ("Owlet", 2)


async def test_populate_existing_overwrites_what_is_unsaved(zoo: AsyncSession) -> None:
    animals = AnimalRepository(zoo).objects
    animal = await animals.get(id=1)
    with zoo.no_autoflush:
        animal.name = "Emu"
        await animals.get(id=1)
        assert animal.name == "Emu"
        await animals.execution_options(populate_existing=True).get(id=1)
    assert animal.name == "Owl"
    assert not zoo.dirty


async def test_the_last_annotation_counts(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo).objects
    first: Any = await keepers.annotate(n=Count("animals")).get(id=1)
    assert first.n == 2
    second: Any = await keepers.annotate(n=Value("other")).get(id=1)
    assert second is first
    assert first.n == "other"
    # It is no part of the mapping: nothing refreshes or expires it.
    await KeeperRepository(zoo).refresh_from_db(first)
    zoo.expire(first)
    await keepers.get(id=1)
    assert first.n == "other"
