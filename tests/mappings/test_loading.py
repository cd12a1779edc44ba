"""What the mapping says of loading: relations with every strategy, deferred columns, SQL of the query's."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, func, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    defaultload,
    defer,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    query_expression,
    raiseload,
    relationship,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
    with_expression,
)

from django_like_repos import F, QuerySet
from tests.mappings.reading import gives
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class House(Base):
    __tablename__ = "houses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan: Mapped[str | None] = mapped_column(deferred=True)
    deed: Mapped[str | None] = mapped_column(deferred=True, deferred_group="papers")
    lease: Mapped[str | None] = mapped_column(deferred=True, deferred_group="papers")
    secret: Mapped[str | None] = mapped_column(deferred=True, deferred_raiseload=True)
    room_count: Mapped[int | None] = query_expression()
    doubled: Mapped[int | None] = query_expression(default_expr=id * 2)

    joined: Mapped[list["Room"]] = relationship(lazy="joined", order_by="Room.id", viewonly=True)
    selectin: Mapped[list["Room"]] = relationship(lazy="selectin", order_by="Room.id", viewonly=True)
    subquery: Mapped[list["Room"]] = relationship(lazy="subquery", order_by="Room.id", viewonly=True)
    immediate: Mapped[list["Room"]] = relationship(lazy="immediate", order_by="Room.id", viewonly=True)
    rooms: Mapped[list["Room"]] = relationship(back_populates="house", order_by="Room.id")
    guarded: Mapped[list["Room"]] = relationship(lazy="raise", order_by="Room.id", viewonly=True)


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    house_id: Mapped[int] = mapped_column(ForeignKey("houses.id"))
    house: Mapped[House] = relationship(back_populates="rooms")


class Vehicle(Base):
    """Subclasses that are loaded with the base: in its statement, or by one more."""

    __tablename__ = "vehicles"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wheels: Mapped[int]


class Car(Vehicle):
    __tablename__ = "cars"
    __mapper_args__ = {"polymorphic_identity": "car", "polymorphic_load": "inline"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    doors: Mapped[int]


class Bike(Vehicle):
    __tablename__ = "bikes"
    __mapper_args__ = {"polymorphic_identity": "bike", "polymorphic_load": "selectin"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    gears: Mapped[int]


METADATA = Base.metadata
EVERY_WAY = ("joined", "selectin", "subquery", "immediate")


def rows() -> Iterable[list[Any]]:
    yield [
        House(id=1, name="a", plan="p", deed="d", lease="l", secret="s"),
        House(id=2, name="b", plan="q"),
        House(id=3, name="c"),
    ]
    yield [
        Room(id=1, name="x", house_id=1),
        Room(id=2, name="y", house_id=1),
        Room(id=3, name="x", house_id=2),
    ]
    yield [
        Vehicle(id=1, wheels=3),
        Car(id=2, wheels=4, doors=5),
        Bike(id=3, wheels=2, gears=7),
        Car(id=4, wheels=4, doors=2),
    ]


QUERYSETS: dict[str, tuple[Any, list[int]]] = {
    "all": (lambda q: q.order_by("id"), [1, 2, 3]),
    "a slice": (lambda q: q.order_by("id")[:2], [1, 2]),
    "to-many": (lambda q: q.filter(rooms__name="x").order_by("id"), [1, 2]),
    "a slice of to-many": (lambda q: q.filter(rooms__id__gte=1).order_by("-id")[:1], [2]),
    "in order of to-many": (lambda q: q.filter(id__lt=3).order_by("-rooms__name", "id"), [1, 2]),
    "distinct": (lambda q: q.distinct().order_by("name"), [1, 2, 3]),
    "by the relation itself": (
        lambda q: q.filter(joined__name="x", selectin__id=1, subquery__id__gt=0, immediate__name="y"),
        [1],
    ),
    "with a join": (lambda q: q.options("rooms").order_by("id")[:1], [1]),
}
ROOMS = {1: [1, 2], 2: [3], 3: []}


@pytest.mark.by_turns
@pytest.mark.parametrize(("make", "found"), QUERYSETS.values(), ids=QUERYSETS)
async def test_relations_are_loaded_as_their_mapping_says(
    session: AsyncSession, make: Any, found: list[int]
) -> None:
    houses = await make(QuerySet(House, session))
    assert [house.id for house in houses] == found
    for house in houses:
        for name in EVERY_WAY:
            assert [room.id for room in getattr(house, name)] == ROOMS[house.id]
    assert await make(QuerySet(House, session)).count() == len(found)


@pytest.mark.by_turns
@pytest.mark.parametrize("load", [joinedload, selectinload, subqueryload], ids=lambda load: load.__name__)
@pytest.mark.parametrize(("make", "found"), QUERYSETS.values(), ids=QUERYSETS)
async def test_options_load_as_they_say(
    session: AsyncSession, load: Any, make: Any, found: list[int]
) -> None:
    houses = await make(QuerySet(House, session).options(load(House.guarded)))
    assert [(house.id, [room.id for room in house.guarded]) for house in houses] == [
        (key, ROOMS[key]) for key in found
    ]


async def test_options_may_say_otherwise(session: AsyncSession, sql: RecordedSQL) -> None:
    [house] = await QuerySet(House, session).options(*[lazyload(getattr(House, name)) for name in EVERY_WAY])[
        :1
    ]
    assert len(sql) == 1
    assert inspect(house).unloaded >= set(EVERY_WAY)
    with pytest.raises(InvalidRequestError, match="guarded"):
        _ = house.guarded
    session.expunge_all()
    [house] = await QuerySet(House, session).options(raiseload("*")).filter(id=1)
    with pytest.raises(InvalidRequestError, match="raise"):
        _ = house.rooms


async def test_options_of_what_is_joined(session: AsyncSession, sql: RecordedSQL) -> None:
    rooms = (
        QuerySet(Room, session).options("house").options(defaultload(Room.house).selectinload(House.rooms))
    )
    [room] = await rooms.filter(id=1)
    assert "rooms" not in inspect(room.house).unloaded
    assert [each.id for each in room.house.rooms] == [1, 2]


# Columns


async def test_deferred_columns(session: AsyncSession, sql: RecordedSQL) -> None:
    houses = QuerySet(House, session)
    [house] = await houses.filter(plan="p")
    assert inspect(house).unloaded >= {"plan", "deed", "lease", "secret"}
    session.expunge_all()
    [house] = await houses.options(undefer(House.plan), undefer_group("papers")).filter(plan="p")
    assert (house.plan, house.deed, house.lease) == ("p", "d", "l")
    with pytest.raises(InvalidRequestError, match="secret"):
        _ = house.secret
    await gives(houses.filter(secret="s").values_list("secret", "plan"), [("s", "p")])
    await gives(houses.exclude(plan=None).order_by("-plan"), [2, 1])


async def test_some_columns(session: AsyncSession, sql: RecordedSQL) -> None:
    houses = QuerySet(House, session).options(lazyload("*"))
    for queryset in (
        houses.filter(id=1),
        houses.order_by("plan").filter(plan="p"),
        houses.filter(rooms__name="y"),
        houses.filter(rooms__name="y").order_by("rooms__id"),
    ):
        session.expunge_all()
        [house] = await queryset.options(load_only(House.plan))[:5]
        assert inspect(house).unloaded >= {"name", "deed"}
        assert house.plan == "p"
        session.expunge_all()
        [house] = await queryset.options(defer(House.name), undefer(House.deed))
        assert "name" in inspect(house).unloaded
        assert house.deed == "d"


async def test_columns_of_children(session: AsyncSession, sql: RecordedSQL) -> None:
    loading = joinedload(House.guarded).load_only(Room.house_id)
    [house] = await QuerySet(House, session).options(lazyload("*"), loading).order_by("id")[:1]
    assert house.guarded
    assert all("name" in inspect(room).unloaded for room in house.guarded)


async def test_updates_leave_deferred_columns_deferred(session: AsyncSession) -> None:
    houses = QuerySet(House, session)
    house = await houses.get(id=1)
    await houses.filter(id=1).update(name=F("name") + "!", plan="new")
    assert house.name == "a!"
    assert [room.id for room in house.selectin] == [1, 2]
    await gives(houses.filter(plan="new"), [1])
    assert "secret" in inspect(house).unloaded


async def test_expressions_that_the_query_gives(session: AsyncSession) -> None:
    counted = with_expression(House.room_count, func.length(House.name) + House.id)
    houses = QuerySet(House, session)
    found = await houses.options(counted).order_by("id")[:2]
    assert [(house.room_count, house.doubled) for house in found] == [(2, 2), (3, 4)]
    session.expunge_all()
    found = await houses.options(counted).filter(rooms__name="x").order_by("-rooms__id")[:1]
    assert [(house.id, house.room_count) for house in found] == [(2, 3)]
    session.expunge_all()
    for number in (10, 20):
        [house] = await houses.options(with_expression(House.room_count, House.id + number)).filter(id=1)
        assert house.room_count == number + 1
        session.expunge_all()
    [house] = await houses.filter(id=1)
    assert house.room_count is None


# Subclasses


async def test_subclasses_are_loaded_as_their_mapping_says(session: AsyncSession, sql: RecordedSQL) -> None:
    vehicles = QuerySet(Vehicle, session)
    for queryset in (
        vehicles.order_by("id"),
        vehicles.order_by("id")[:3],
        vehicles.filter(wheels__gt=1).order_by("id"),
    ):
        session.expunge_all()
        found = await queryset
        assert [vehicle.doors for vehicle in found if isinstance(vehicle, Car)] == [5, 2][: len(found) - 2]
        assert [vehicle.gears for vehicle in found if isinstance(vehicle, Bike)] == [7]
    await gives(vehicles.filter(wheels=4).order_by("-id"), [4, 2])
    await gives(vehicles.exclude(wheels=4).order_by("id").values_list("id", "wheels"), [(1, 3), (3, 2)])


async def test_subclasses_that_are_loaded_are_written(session: AsyncSession) -> None:
    vehicles = QuerySet(Vehicle, session)
    car = await QuerySet(Car, session).get(id=2)
    assert (await vehicles.filter(wheels=4).update(wheels=6)).rowcount == 2
    assert car.wheels == 6
    assert (await QuerySet(Bike, session).filter(gears=7).update(gears=8)).rowcount == 1
    await gives(QuerySet(Bike, session).filter(gears=8, wheels=2), [3])
