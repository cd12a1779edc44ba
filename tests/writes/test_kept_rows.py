"""Triggers, policies and rules that store something else than was asked, or nothing."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.recording import RecordedSQL
from tests.writes.results import tuples
from tests.writes.stored import (
    POSTGRESQL,
    SQLITE,
    Animal,
    AnimalRepository,
    Base,
    Box,
    BoxRepository,
    Coin,
    CoinRepository,
    Dog,
    DogRepository,
    Ruled,
    RuledRepository,
)


@pytest.fixture
async def session(fresh_database: Database, backend: str, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    tables = [Base.metadata.tables[each.__tablename__] for each in (Box, Coin, Animal, Dog, Ruled)]
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all, tables=tables)
        for statement in POSTGRESQL if backend == "postgresql" else SQLITE:
            await connection.execute(text(statement))
    async with fresh_database.session() as session:
        yield session


async def test_what_is_loaded_is_what_a_trigger_stored(session: AsyncSession, sql: RecordedSQL) -> None:
    coins = CoinRepository(session).flush()
    one, two = await coins.bulk_create([{"holes": 1}, {"holes": 2}])
    sql.clear()

    assert (await coins.objects.filter(holes=1).update(holes=7)).rowcount == 1
    assert (one.holes, one.name, two.holes) == (5, "by trigger", 2)
    # One SELECT for all that is loaded of the rows.
    assert len(sql) == 2


async def test_changes_that_are_not_flushed_stay(session: AsyncSession) -> None:
    coins = CoinRepository(session).flush()
    coin = await coins.create(holes=1, name="a")
    with session.no_autoflush:
        coin.name = "mine"
        await CoinRepository(session).objects.update(holes=2)
        assert (coin.holes, coin.name, coin in session.dirty) == (2, "mine", True)


@pytest.mark.parametrize("returning", [(), ("name",), None])
async def test_kept_rows_are_not_counted(returning: tuple[str, ...] | None, session: AsyncSession) -> None:
    made = await CoinRepository(session).flush().bulk_create([{"name": "kept"}, {"name": "a"}])
    coins = CoinRepository(session).objects
    if returning is not None:
        coins = coins.returning(*returning) if returning else coins
    else:
        coins = coins.returning(return_model=True)

    updated = await coins.update(holes=3)
    assert (updated.rowcount, len(updated.all()), [coin.holes for coin in made]) == (1, 1, [None, 3])
    deleted = await coins.delete()
    assert (deleted.rowcount, len(deleted.all())) == (1, 1)
    assert [coin in session for coin in made] == [True, False]


async def test_what_is_kept_in_one_table_is_kept_in_all(session: AsyncSession) -> None:
    """Of a row in two tables no half is written."""
    dogs = DogRepository(session)
    made = [await dogs.flush().create(name=name, rank=1) for name in ("a", "kept", "c")]
    keys = [dog.id for dog in made]

    updated = await dogs.objects.update(name="z", rank=2, seen="yes")
    assert (updated.rowcount, sorted(tuples(updated))) == (2, [(keys[0],), (keys[2],)])
    assert [(dog.name, dog.rank) for dog in made] == [("z", 2), ("kept", 1), ("z", 2)]

    # The part that the trigger does not look at.
    updated = await dogs.objects.update(rank=3)
    assert (updated.rowcount, [dog.rank for dog in made]) == (3, [3, 3, 3])

    deleted = await dogs.objects.returning("name", "rank").delete()
    assert (deleted.rowcount, tuples(deleted)) == (2, [("z", 3), ("z", 3)])
    assert [dog in session for dog in made] == [False, True, False]
    assert await dogs.objects.values_list("name", "rank") == [("kept", 3)]


async def test_the_base_keeps_rows_of_its_subclasses(session: AsyncSession) -> None:
    dog = await DogRepository(session).flush().create(name="kept", rank=1)
    animals = AnimalRepository(session)
    await animals.flush().bulk_create([{"name": "kept"}, {"name": "b"}])

    assert (await animals.objects.update(name="c")).rowcount == 1
    deleted = await animals.objects.returning("name").delete()
    assert (deleted.rowcount, tuples(deleted)) == (1, [("c",)])
    assert (dog in session, dog.rank, await DogRepository(session).objects.count()) == (True, 1, 1)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_policy_keeps_rows(session: AsyncSession) -> None:
    made = await CoinRepository(session).flush().bulk_create([{"holes": 1}, {"holes": 2}])
    for statement in (
        "ALTER TABLE coins ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY seen ON coins FOR SELECT USING (true)",
        "CREATE POLICY high ON coins FOR UPDATE USING (holes > 1)",
        "CREATE POLICY low ON coins FOR DELETE USING (holes < 2)",
        "CREATE ROLE keeper",
        "GRANT SELECT, UPDATE, DELETE ON coins TO keeper",
        "SET LOCAL ROLE keeper",
    ):
        await session.execute(text(statement))
    coins = CoinRepository(session).objects

    assert (await coins.update(name="x")).rowcount == 1
    assert [coin.name for coin in made] == [None, "x"]
    assert (await coins.delete()).rowcount == 1
    assert [coin in session for coin in made] == [False, True]
    await session.rollback()
    async with session.begin():
        await session.execute(text("DROP ROLE IF EXISTS keeper"))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_rule_forbids_returning(session: AsyncSession, sql: RecordedSQL) -> None:
    ruled = RuledRepository(session)
    made = [await ruled.flush().create(id=number, name="a") for number in (1, 2)]
    sql.clear()

    updated = await ruled.objects.filter(id=1).update(name=5)
    assert (updated.rowcount, tuples(updated), made[0].name) == (1, [(1,)], "5")
    deleted = await ruled.objects.filter(name="a").delete()
    # It is hidden, and there still.
    assert (deleted.rowcount, tuples(deleted)) == (0, [])
    assert (made[1] in session, made[1].gone) == (True, True)
    assert not any("RETURNING" in statement for statement, _ in sql.statements)

    await BoxRepository(session).flush().create()
    with pytest.raises(DBAPIError, match="RETURNING") as error:
        await BoxRepository(session).objects.delete()
    assert "implicit_returning" in error.value.__notes__[0]
