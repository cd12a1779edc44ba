"""What was not loaded says so, and how to load it; all else is left to SQLAlchemy."""

import pickle
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    joinedload,
    mapped_column,
    object_session,
    raiseload,
    relationship,
    selectinload,
    undefer,
    undefer_group,
)
from sqlalchemy.orm.exc import DetachedInstanceError

from django_like_repos import Database, DetachedError, NotLoadedError, QuerySet, RepositoryError, fetch_mode
from tests.loading.zoo import (
    Animal,
    AnimalRepository,
    Base,
    Dog,
    Keeper,
    KeeperRepository,
    fill,
    is_left_to_sqlalchemy,
)
from tests.recording import RecordedSQL


@pytest.fixture
async def zoo(fresh_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    await fill(fresh_database)
    async with fresh_database.session() as session:
        sql.clear()
        yield session


def refused(read: Callable[[], Any]) -> str:
    with pytest.raises(NotLoadedError) as raised:
        read()
    return str(raised.value)


async def test_a_collection(zoo: AsyncSession, sql: RecordedSQL) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=1)
    sql.clear()
    assert refused(lambda: keeper.animals) == (
        'Keeper.animals was not loaded: add .prefetch_related("animals") to the query, '
        'or await repo.fetch_related(keeper, "animals")'
    )
    assert refused(lambda: keeper.animals.append(Animal())).startswith("Keeper.animals was not loaded")
    assert not sql.statements
    # Nothing is spoilt by it.
    assert [animal.id for animal in await zoo.run_sync(lambda _: keeper.animals)] == [1, 2]
    assert [animal.id for animal in keeper.animals] == [1, 2]


async def test_a_to_one_relation(zoo: AsyncSession) -> None:
    animal = await AnimalRepository(zoo).objects.get(id=1)
    assert refused(lambda: animal.keeper) == (
        'Animal.keeper was not loaded: add .select_related("keeper") to the query, '
        'or await repo.fetch_related(animal, "keeper")'
    )


async def test_a_to_one_relation_to_what_the_session_has(zoo: AsyncSession, sql: RecordedSQL) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=1)
    animal = await AnimalRepository(zoo).objects.get(id=1)
    sql.clear()
    assert animal.keeper is keeper
    assert not sql.statements


async def test_a_to_one_relation_to_nothing(zoo: AsyncSession) -> None:
    zoo.add(Animal(id=4, kind="animal", name="Fox"))
    await zoo.flush()
    zoo.expunge_all()
    assert (await AnimalRepository(zoo).objects.get(id=4)).keeper is None


async def test_children_of_an_eager_loader(zoo: AsyncSession) -> None:
    animals = await AnimalRepository(zoo).objects.options("keeper").order_by("id")
    keeper = animals[0].keeper
    assert keeper is not None
    assert refused(lambda: keeper.animals) == (
        'Keeper.animals was not loaded: add .prefetch_related("keeper__animals") to the query, '
        'or await repo.fetch_related(keeper, "animals")'
    )
    zoo.expunge_all()
    option = selectinload(Animal.keeper)
    (owl, *_) = await AnimalRepository(zoo).objects.options(option).order_by("id")
    assert owl.keeper is not None
    assert '.prefetch_related("keeper__animals")' in refused(lambda: owl.keeper.animals)  # type: ignore[union-attr]


async def test_a_deferred_column(zoo: AsyncSession) -> None:
    animals = AnimalRepository(zoo).objects
    animal = await animals.get(id=1)
    assert refused(lambda: animal.notes) == (
        "Animal.notes is deferred by its mapping: add .options(undefer(Animal.notes)) to the query, "
        'or await repo.refresh_from_db(animal, fields=["notes"])'
    )
    assert refused(lambda: animal.length).startswith("Animal.length is deferred by its mapping")
    assert refused(lambda: animal.diet).startswith("Animal.diet is deferred by its mapping")
    zoo.expunge_all()
    (animal,) = await animals.options(undefer(Animal.notes), undefer_group("care")).filter(id=1)
    assert (animal.notes, animal.diet, animal.medicine) == ("hoots", "mice", "")
    assert refused(lambda: animal.length).startswith("Animal.length")


async def test_a_column_that_the_query_deferred(zoo: AsyncSession) -> None:
    (animal,) = await AnimalRepository(zoo).objects.options(defer(Animal.name)).filter(id=1)
    assert refused(lambda: animal.name) == (
        "Animal.name was deferred: leave it out of .defer(), or name it in .only(), "
        'or await repo.refresh_from_db(animal, fields=["name"])'
    )
    animal.name = "Eagle"
    assert animal.name == "Eagle"


async def test_a_column_of_a_subclass(zoo: AsyncSession) -> None:
    dog = await AnimalRepository(zoo).objects.get(id=2)
    assert isinstance(dog, Dog)
    assert refused(lambda: dog.breed) == (
        "Dog.breed was not loaded: add .options(selectin_polymorphic(Animal, [Dog])) to the query, "
        'or await repo.refresh_from_db(dog, fields=["breed"])'
    )
    await AnimalRepository(zoo).refresh_from_db(dog, fields=["breed"])
    assert dog.breed == "collie"


async def test_what_has_expired(zoo: AsyncSession) -> None:
    animals = AnimalRepository(zoo)
    animal = await animals.objects.get(id=1)
    zoo.expire(animal, ["name"])
    assert refused(lambda: animal.name) == (
        'Animal.name has expired: await repo.refresh_from_db(animal, fields=["name"])'
    )
    zoo.expire(animal)
    assert refused(lambda: animal.name) == (
        "Animal.name has expired, as all does by a rollback, or a commit: await repo.refresh_from_db(animal)"
    )
    await animals.refresh_from_db(animal)
    assert animal.name == "Owl"


async def test_an_object_without_a_session(zoo: AsyncSession) -> None:
    (animal,) = await AnimalRepository(zoo).objects.options(defer(Animal.name)).filter(id=1)
    zoo.expunge_all()
    with pytest.raises(DetachedError) as raised:
        _ = animal.keeper
    assert str(raised.value) == (
        "Animal.keeper was not loaded, and this Animal is in no session any more: "
        'add .select_related("keeper") to the query'
    )
    with pytest.raises(DetachedInstanceError, match=r"^Animal\.name was deferred, and this Animal is in no"):
        _ = animal.name


async def test_an_expired_object_without_a_session(zoo: AsyncSession) -> None:
    animal = await AnimalRepository(zoo).objects.get(id=1)
    zoo.expire(animal)
    zoo.expunge_all()
    with pytest.raises(DetachedError) as raised:
        _ = animal.name
    assert str(raised.value) == (
        "Animal.name has expired, as all does by a rollback, or a commit, and this Animal is in no session "
        "any more: await repo.refresh_from_db(animal) before the session ends"
    )


@pytest.mark.parametrize("pending", [False, True])
async def test_nothing_is_flushed_or_begun(zoo: AsyncSession, pending: bool) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=1)
    await zoo.commit()
    if pending:
        zoo.add(Keeper(id=3, name="Cid"))
    refused(lambda: keeper.animals)
    assert zoo.in_transaction() == pending
    assert len(zoo.new) == pending


async def test_whichever_way_it_was_loaded(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo)
    for queryset in (
        keepers.objects,
        keepers.objects.filter(animals__name="Owl"),
        keepers.objects.union(keepers.objects.filter(id=1)),
        keepers.objects.options(fetch_mode("raise")),
    ):
        keeper: Any = await queryset.first()
        assert refused(partial(getattr, keeper, "animals")), queryset
        zoo.expunge_all()
    keeper = await keepers.get_by_pk(1)
    assert refused(lambda: keeper.animals)
    assert refused(lambda: keeper.loaded[0].notes)
    animal: Any = await AnimalRepository(zoo).get_by_pk(3)
    assert refused(lambda: animal.notes)
    assert refused(lambda: animal.keeper)
    zoo.expunge_all()
    keeper, created = await keepers.objects.get_or_create(name="Ann")
    assert not created
    assert refused(lambda: keeper.animals)
    zoo.expunge_all()
    result = await keepers.objects.filter(id=1).returning(return_model=True).update(name="Amy")
    (updated,) = result.scalars()
    assert refused(lambda: updated.animals)


async def test_rows_of_several_tables_that_come_back(zoo: AsyncSession) -> None:
    animals = AnimalRepository(zoo)
    result = await animals.objects.filter(id=1).returning(return_model=True).delete()
    (animal,) = result.scalars()
    with pytest.raises(NotLoadedError):
        _ = animal.keeper


async def test_in_a_greenlet_all_is_loaded(zoo: AsyncSession) -> None:
    animal = await AnimalRepository(zoo).objects.get(id=2)
    zoo.expire(animal, ["name"])

    def read(_: Session) -> tuple[Any, ...]:
        assert isinstance(animal, Dog)
        return animal.name, animal.notes, animal.breed, animal.keeper and animal.keeper.name

    assert await zoo.run_sync(read) == ("Rex", "barks", "collie", "Ann")


async def test_a_flush_loads_what_it_needs(zoo: AsyncSession) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=2)
    await zoo.delete(keeper)
    await zoo.flush()
    assert await AnimalRepository(zoo).objects.values_list("keeper_id", flat=True).order_by("id") == [
        1,
        1,
        None,
    ]


async def test_what_the_mapping_refuses_it_refuses(zoo: AsyncSession) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=1)
    for name in ("refused", "refused_on_sql"):
        with pytest.raises(InvalidRequestError, match=f"'Keeper.{name}' is not available due to lazy"):
            getattr(keeper, name)
    assert [animal.id for animal in keeper.loaded] == [1, 2]
    assert str(keeper.written.select()).startswith("SELECT animals.id")


async def test_what_an_option_refuses_it_refuses(zoo: AsyncSession) -> None:
    (keeper,) = await KeeperRepository(zoo).objects.options(raiseload(Keeper.animals)).filter(id=1)
    with pytest.raises(InvalidRequestError, match="not available due to lazy='raise'") as raised:
        _ = keeper.animals
    assert not isinstance(raised.value, NotLoadedError)
    zoo.expunge_all()
    option = defer(Animal.name, raiseload=True)
    (animal,) = await AnimalRepository(zoo).objects.options(option).filter(id=1)
    with pytest.raises(InvalidRequestError, match="not available due to raiseload=True"):
        _ = animal.name


async def test_objects_of_other_statements(zoo: AsyncSession) -> None:
    # The same SELECT as ours, in either order: SQLAlchemy compiles it once.
    ours = await KeeperRepository(zoo).objects
    plain = (await zoo.scalars(select(Keeper).order_by(Keeper.id))).all()
    assert ours[0] is plain[0]
    refused(lambda: plain[0].animals)
    zoo.expunge_all()
    (keeper, *_) = (await zoo.scalars(select(Keeper).order_by(Keeper.id))).all()
    assert is_left_to_sqlalchemy(lambda: keeper.animals)
    assert is_left_to_sqlalchemy(lambda: keeper.animals.append(Animal()))
    # Found again by ours it is what it was.
    await KeeperRepository(zoo).objects.get(id=1)
    await KeeperRepository(zoo).get_by_pk(1)
    assert is_left_to_sqlalchemy(lambda: keeper.animals)


@pytest.mark.parametrize("ours_first", [False, True])
async def test_one_compiled_statement_serves_both(zoo: AsyncSession, ours_first: bool) -> None:
    statement = select(Keeper).options(joinedload(Keeper.animals).joinedload(Animal.keeper))

    async def loaded(*options: Any) -> Any:
        zoo.expunge_all()
        return (await zoo.scalars(statement.options(*options).where(Keeper.id == 1))).unique().one()

    if ours_first:
        await loaded(fetch_mode("raise"))
    plain = await loaded()
    assert is_left_to_sqlalchemy(lambda: plain.animals[0].notes)
    marked = await loaded(fetch_mode("raise"))
    assert refused(lambda: marked.animals[0].notes)


def test_a_session_that_is_not_asynchronous(tmp_path: Any) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/zoo.sqlite3")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Keeper(id=1, name="Ann", animals=[Animal(id=1, kind="animal", name="Owl", notes="hoots")])
        )
        session.commit()
        keeper = session.scalars(select(Keeper).options(fetch_mode("raise"))).one()
        assert [animal.notes for animal in keeper.animals] == ["hoots"]
        session.expire_all()
        assert keeper.name == "Ann"
    engine.dispose()


async def test_objects_that_are_pickled_or_merged(zoo: AsyncSession, fresh_database: Database) -> None:
    keeper = await KeeperRepository(zoo).objects.fetch_mode("peers").get(id=1)
    copy: Keeper = pickle.loads(pickle.dumps(keeper))
    assert copy.name == "Ann"
    with pytest.raises(DetachedError):
        _ = copy.animals
    async with fresh_database.session() as other:
        merged = await other.merge(copy)
        assert object_session(merged) is other.sync_session
        assert refused(lambda: merged.animals)


async def test_a_relation_that_a_later_mapping_gives(zoo: AsyncSession, fresh_database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Town(Own):
        __tablename__ = "towns"
        id: Mapped[int] = mapped_column(primary_key=True)

    await fresh_database.create_all(Own)
    zoo.add(Town(id=1))
    await zoo.commit()
    await QuerySet(Town, zoo)
    await zoo.rollback()

    class House(Own):
        __tablename__ = "houses"
        id: Mapped[int] = mapped_column(primary_key=True)
        town_id: Mapped[int] = mapped_column(ForeignKey(Town.id))
        town: Mapped[Town] = relationship(backref="houses")

    await fresh_database.create_all(Own)
    await QuerySet(House, zoo)
    zoo.expunge_all()
    town: Any = await QuerySet(Town, zoo).get(id=1)
    assert refused(lambda: town.houses).startswith("Town.houses was not loaded")


def test_the_error() -> None:
    error = NotLoadedError("Keeper", "animals", "was not loaded")
    assert isinstance(error, RepositoryError)
    assert isinstance(error, MissingGreenlet)
    assert not isinstance(error, AttributeError)
    assert isinstance(DetachedError("Keeper", "animals", ""), DetachedInstanceError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.model, again.attribute, str(again)) == (
        "Keeper",
        "animals",
        "Keeper.animals was not loaded",
    )
