"""SQL expressions of the mapping: of own columns, of related rows in a subquery, deferred ones."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship, undefer

from django_like_repos import F, QuerySet, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int] = mapped_column()
    length: Mapped[int] = mapped_column()
    area: Mapped[int] = column_property(width * length)
    secret: Mapped[int] = column_property(width + length, deferred=True)

    desks: Mapped[list["Desk"]] = relationship(back_populates="room")


class Desk(Base):
    __tablename__ = "desks"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    room: Mapped[Room | None] = relationship(back_populates="desks")
    room_area: Mapped[int | None] = column_property(
        select(Room.width * Room.length).where(Room.id == room_id).correlate_except(Room).scalar_subquery()
    )


Room.desk_count = column_property(
    select(func.count(Desk.id)).where(Desk.room_id == Room.id).correlate_except(Desk).scalar_subquery()
)

METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Room(id=1, width=2, length=5), Room(id=2, width=4, length=4), Room(id=3, width=9, length=1)]
    yield [
        Desk(id=1, label="a", room_id=1),
        Desk(id=2, label="b", room_id=1),
        Desk(id=3, label="c", room_id=2),
        Desk(id=4, label="d"),
    ]


CHAINS: Chains = {
    "own columns": (Room, lambda q: q.filter(area__gte=10).order_by("-area"), [2, 1]),
    "in": (Room, lambda q: q.filter(area__in=[9, 16, 100]).order_by("area"), [3, 2]),
    "not": (Room, lambda q: q.exclude(area=16).order_by("id"), [1, 3]),
    "related rows": (Room, lambda q: q.filter(desk_count__gt=0).order_by("desk_count"), [2, 1]),
    "no related rows": (Room, lambda q: q.filter(desk_count=0), [3]),
    "a related row": (Desk, lambda q: q.filter(room_area__gt=5).order_by("-room_area", "id"), [3, 1, 2]),
    "no related row": (Desk, lambda q: q.filter(room_area=None), [4]),
    "deferred": (Room, lambda q: q.filter(secret__gte=8).order_by("-secret"), [3, 2]),
    "F": (Room, lambda q: q.filter(area__gt=F("secret") + F("desk_count")).order_by("id"), [1, 2]),
    "behind a relation": (Desk, lambda q: q.filter(room__area=10).order_by("-id"), [2, 1]),
    "of related rows behind a relation": (
        Desk,
        lambda q: q.filter(room__desk_count=2).order_by("id"),
        [1, 2],
    ),
    "order behind a relation": (
        Desk,
        lambda q: q.filter(room__isnull=False).order_by("room__desk_count", "-id"),
        [3, 2, 1],
    ),
    "behind to-many": (Room, lambda q: q.filter(desks__room_area=16), [2]),
    "not behind to-many": (Room, lambda q: q.exclude(desks__room_area=16).order_by("id"), [1, 3]),
    "order behind to-many": (Room, lambda q: q.filter(id__lt=3).order_by("-desks__room_area", "id"), [2, 1]),
    "distinct": (Room, lambda q: q.distinct().order_by("desk_count", "area"), [3, 2, 1]),
    "values": (
        Room,
        lambda q: q.filter(id=1).values("area", "desk_count", "secret"),
        [{"area": 10, "desk_count": 2, "secret": 7}],
    ),
    "values behind a relation": (
        Desk,
        lambda q: q.filter(id__gt=2).order_by("id").values_list("label", "room__desk_count", "room_area"),
        [("c", 1, 16), ("d", 0, None)],
    ),
    "values of many": (
        Room,
        lambda q: (
            q.filter(desks__label__gt="a").order_by("desks__label").values_list("desk_count", "desks__label")
        ),
        [(2, "b"), (1, "c")],
    ),
    "a queryset of values": (
        Desk,
        lambda q: q.filter(room_area__in=QuerySet(Room).filter(desk_count=1).values("area")),
        [3],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_expression_is_of_the_alias(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Desk, session).filter(room__desk_count=2).count() == 2
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM desks JOIN rooms AS rooms_1 ON rooms_1.id = desks.room_id "
        "WHERE (SELECT count(desks.id) AS count_2 FROM desks WHERE desks.room_id = rooms_1.id) = ?",
    )


async def test_they_are_loaded_with_models_unless_deferred(session: AsyncSession, sql: RecordedSQL) -> None:
    rooms = QuerySet(Room, session)
    [room] = await rooms.filter(desks__label="a")
    assert (room.area, room.desk_count) == (10, 2)  # type: ignore[attr-defined]
    assert "secret" not in room.__dict__
    session.expunge_all()
    [room] = await rooms.options(undefer(Room.secret)).filter(desks__label="a")
    assert room.secret == 7
    assert len(sql) == 2


async def test_children_have_theirs(session: AsyncSession, sql: RecordedSQL) -> None:
    rooms = await QuerySet(Room, session).options("desks").order_by("-area")[:2]
    assert [(room.id, sorted(desk.room_area or 0 for desk in room.desks)) for room in rooms] == [
        (2, [16]),
        (1, [10, 10]),
    ]
    assert len(sql) == 1


async def test_update(session: AsyncSession) -> None:
    rooms = QuerySet(Room, session)
    first = await rooms.get(id=1)
    assert tuples(await rooms.filter(area=10).update(width=F("area"))) == [(1,)]
    assert first.width == 10
    await gives(rooms.filter(area=50), [1])
    assert (await rooms.filter(desk_count=1).update(length=0)).rowcount == 1
    assert tuples(await rooms.filter(id=2).returning("area").update(length=3)) == [(12,)]
    for name in ("area", "desk_count"):
        with pytest.raises(UnsupportedOperationError):
            await rooms.update({name: 3})


async def test_what_is_loaded_follows_an_update(session: AsyncSession) -> None:
    """An object would otherwise say that ten by ten is ten."""
    rooms = QuerySet(Room, session)
    first = await rooms.get(id=1)
    await rooms.filter(id=1).update(width=10)
    assert (first.width, first.area) == (10, 50)


async def test_delete(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Desk, session).filter(room__desk_count=1).delete()) == [(3,)]
    assert tuples(await QuerySet(Room, session).filter(desk_count=0).delete()) == [(2,), (3,)]
