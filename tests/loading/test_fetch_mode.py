"""``fetch_mode()``: what reading an attribute does that is not loaded, and for whom it is then loaded."""

import gc
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, selectinload

from django_like_repos import Database, DoesNotExist, NotLoadedError, UnsupportedOperationError, fetch_mode
from django_like_repos.execution.peers import peers_of
from django_like_repos.query.fetch_modes import FetchModeName
from tests.loading.zoo import Animal, AnimalRepository, Keeper, KeeperRepository, fill, is_left_to_sqlalchemy
from tests.recording import RecordedSQL


class PeersRepository(AnimalRepository):
    fetch_mode = "peers"


class OpenRepository(KeeperRepository):
    fetch_mode = "sqlalchemy"


@pytest.fixture
async def zoo(fresh_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    await fill(fresh_database)
    async with fresh_database.session() as session:
        sql.clear()
        yield session


def ids(objects: list[Any]) -> list[int]:
    return [each.id for each in objects]


@pytest.mark.parametrize("way", ["queryset", "option", "repository"])
async def test_sqlalchemy(zoo: AsyncSession, way: str) -> None:
    keepers = (OpenRepository if way == "repository" else KeeperRepository)(zoo).objects
    if way == "queryset":
        keepers = keepers.fetch_mode("sqlalchemy")
    elif way == "option":
        keepers = keepers.options(fetch_mode("sqlalchemy"))
    keeper = await keepers.get(id=1)
    assert is_left_to_sqlalchemy(lambda: keeper.animals)


async def test_the_repository_says_it_for_keys_too(zoo: AsyncSession) -> None:
    keeper = await OpenRepository(zoo).get_by_pk(1)
    assert keeper is not None
    assert is_left_to_sqlalchemy(lambda: keeper.animals)
    again = await OpenRepository(zoo).objects.fetch_mode("raise").get(id=2)
    with pytest.raises(NotLoadedError):
        _ = again.animals


async def test_the_last_one_said_counts(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo).objects.fetch_mode("sqlalchemy").filter(id=1).fetch_mode("raise")
    (keeper,) = await keepers
    with pytest.raises(NotLoadedError):
        _ = keeper.animals
    assert repr(keepers).endswith("Keeper.fetch_mode('sqlalchemy').filter(id=<int>).fetch_mode('raise')>")


async def test_it_goes_with_what_is_made_of_it(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo).objects.fetch_mode("peers")
    for queryset in (
        keepers[:2],
        keepers.union(keepers.filter(id=1)),
        keepers | KeeperRepository(zoo).objects,
    ):
        zoo.expunge_all()
        found = await queryset
        assert ids(peers_of(found[0])) == ids(found)
        assert len(found) == 2
    assert await keepers.count() == 2
    assert await keepers.values_list("id", flat=True).order_by("id") == [1, 2]


@pytest.mark.parametrize("mode", ["lazy", "", None, 1, ["raise"]])
async def test_a_mode_that_does_not_exist(zoo: AsyncSession, mode: Any) -> None:
    text = f"fetch_mode() takes one of 'raise', 'peers', 'sqlalchemy', not {mode!r}"
    for say in (KeeperRepository(zoo).objects.fetch_mode, fetch_mode):
        with pytest.raises(UnsupportedOperationError) as raised:
            say(mode)
        assert str(raised.value) == text
    if mode is not None:
        wrong = type("Wrong", (KeeperRepository,), {"fetch_mode": mode})
        with pytest.raises(UnsupportedOperationError, match="takes one of"):
            wrong(zoo)


async def test_each_mode_has_a_plan_of_its_own(zoo: AsyncSession, fresh_database: Database) -> None:
    before = fresh_database.plans.info().misses
    modes: tuple[FetchModeName, ...] = ("raise", "peers", "sqlalchemy", "raise", "peers")
    for mode in modes:
        await KeeperRepository(zoo).objects.fetch_mode(mode)
    assert fresh_database.plans.info().misses == before + 3


async def test_peers_are_what_a_queryset_gave(zoo: AsyncSession) -> None:
    animals = await PeersRepository(zoo).objects.order_by("-id")
    others = await PeersRepository(zoo).objects.fetch_mode("raise").filter(id=1)
    assert ids(peers_of(animals[1])) == [3, 2, 1]
    # What the session had already is in the company of the last that it came with.
    few = await PeersRepository(zoo).objects.filter(id__in=[1, 2]).order_by("id")
    assert ids(peers_of(few[0])) == [1, 2]
    assert ids(peers_of(animals[0])) == [3, 2, 1]
    assert others[0] is few[0]


async def test_peers_that_are_gone(zoo: AsyncSession) -> None:
    animals = await PeersRepository(zoo).objects.order_by("id")
    first = animals[0]
    zoo.expunge(animals[1])
    del animals
    gc.collect()
    assert ids(peers_of(first)) == [1]
    zoo.expunge(first)
    assert peers_of(first) == [first]


async def test_without_the_mode_there_are_none(zoo: AsyncSession) -> None:
    animals = await AnimalRepository(zoo).objects
    assert peers_of(animals[0]) == [animals[0]]
    keeper = Keeper(id=9, name="Zoe")
    assert peers_of(keeper) == [keeper]


async def test_children_are_peers_of_children(zoo: AsyncSession) -> None:
    keepers = (
        await KeeperRepository(zoo)
        .objects.fetch_mode("peers")
        .options(selectinload(Keeper.animals))
        .order_by("id")
    )
    assert ids(peers_of(keepers[0].animals[0])) == [1, 2, 3]


async def test_of_a_statement_of_sqlalchemy(zoo: AsyncSession) -> None:
    statement = select(Animal).options(fetch_mode("peers")).order_by(Animal.id)
    animals = (await zoo.scalars(statement)).all()
    assert ids(peers_of(animals[1])) == [1, 2, 3]
    with pytest.raises(NotLoadedError):
        _ = animals[0].keeper
    queryset = KeeperRepository(zoo).objects.fetch_mode("peers").order_by("id")
    keepers = (await zoo.scalars(queryset.as_select())).all()
    assert ids(peers_of(keepers[0])) == [1, 2]


async def test_a_deferred_column_is_loaded_for_all(zoo: AsyncSession, sql: RecordedSQL) -> None:
    repository = PeersRepository(zoo)
    animals = await repository.objects.order_by("id")
    animals[1].notes = "growls"
    sql.clear()
    with zoo.no_autoflush:
        await repository.refresh_from_db(animals[0], fields=["notes"])
    ((statement, _),) = sql.statements
    assert re.sub(r"\$\d::INTEGER", "?", statement) == (
        "SELECT animals.id, animals.kind, animals.notes FROM animals WHERE animals.id IN (?, ?)"
    )
    sql.clear()
    assert [animal.notes for animal in animals] == ["hoots", "growls", "moos"]
    assert not sql.statements
    assert zoo.is_modified(animals[1])


async def test_a_peer_whose_row_is_gone_is_passed_over(zoo: AsyncSession, fresh_database: Database) -> None:
    repository = PeersRepository(zoo)
    animals = await repository.objects.order_by("id")
    await zoo.commit()
    async with fresh_database.session() as other:
        await AnimalRepository(other).commit().objects.filter(id=3).delete()
    await repository.refresh_from_db(animals[0], fields=["notes"])
    assert (animals[0].notes, animals[1].notes) == ("hoots", "barks")
    with pytest.raises(NotLoadedError):
        _ = animals[2].notes
    with pytest.raises(DoesNotExist):
        await repository.refresh_from_db(animals[2], fields=["notes"])
    assert animals[2].name == "Cow"


async def test_what_is_there_is_read_anew_for_one_alone(zoo: AsyncSession, sql: RecordedSQL) -> None:
    repository = PeersRepository(zoo)
    animals = await repository.objects.options(defer(Animal.name)).order_by("id")
    await repository.refresh_from_db(animals[0], fields=["name"])
    assert [animal.name for animal in animals] == ["Owl", "Rex", "Cow"]
    sql.clear()
    animals[0].name = animals[1].name = "Emu"
    with zoo.no_autoflush:
        await repository.refresh_from_db(animals[0], fields=["name"])
    assert [animal.name for animal in animals] == ["Owl", "Emu", "Cow"]
    assert len(sql.statements) == 1
