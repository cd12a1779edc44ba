"""What it costs to load relations and columns, against SQLAlchemy's loader options written by hand.

Each way reads its rows in a session of its own, by as many statements on both sides.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ForeignKey, Select, insert, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
)

from benchmarks.measuring import AsyncWay, Comparison, compare_async
from django_like_repos import Database, Prefetch, QuerySet

Chain = Callable[[QuerySet[Any]], QuerySet[Any]]

ROWS = 5_000
RELATED = 1_000
"""Rows with what they are related to."""
SHELVES, VOLUMES = 1_000, 10
"""Parents, and children of each."""


class Base(DeclarativeBase):
    """The models that are loaded."""


class Land(Base):
    __tablename__ = "lands"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    areas: Mapped[list["Area"]] = relationship(back_populates="land")


class Area(Base):
    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    land_id: Mapped[int] = mapped_column(ForeignKey("lands.id"))

    land: Mapped[Land] = relationship(back_populates="areas")
    places: Mapped[list["Place"]] = relationship(back_populates="area")


class Place(Base):
    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))

    area: Mapped[Area] = relationship(back_populates="places")
    entries: Mapped[list["Entry"]] = relationship(back_populates="place")


class Entry(Base):
    """Twelve columns."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    code: Mapped[str]
    text: Mapped[str]
    note: Mapped[str | None]
    size: Mapped[int]
    rank: Mapped[int]
    year: Mapped[int]
    score: Mapped[float]
    price: Mapped[float]
    open: Mapped[bool]
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))

    place: Mapped[Place] = relationship(back_populates="entries")


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    room: Mapped[str]

    volumes: Mapped[list["Volume"]] = relationship(back_populates="shelf")


class Volume(Base):
    __tablename__ = "volumes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author: Mapped[str]
    pages: Mapped[int]
    rank: Mapped[int]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"), index=True)

    shelf: Mapped[Shelf] = relationship(back_populates="volumes")


async def loading(database: Database) -> list[Comparison]:
    """Every comparison, on one database."""
    await _fill(database)
    await _fill_shelves(database)
    some = select(Entry).where(Entry.id <= RELATED)

    def by_hand(statement: Select[Any]) -> AsyncWay:
        async def read() -> object:
            async with database.session() as session:
                return (await session.execute(statement)).scalars().all()

        return read

    def here(model: type[Base], chain: Chain) -> AsyncWay:
        async def read() -> object:
            async with database.session() as session:
                return await chain(QuerySet(model, session))

        return read

    one = joinedload(Entry.place)
    few = select(Shelf).where(Shelf.id <= 100)
    volumes = selectinload(Shelf.volumes)
    best = Prefetch("volumes", QuerySet(Volume).order_by("-rank", "id")[:3], to_attr="best")
    deep = selectinload(Land.areas).selectinload(Area.places).selectinload(Place.entries)
    children: list[tuple[str, type[Base], Select[Any], Chain]] = [
        (
            f"prefetch_related: 100 parents × {VOLUMES}",
            Shelf,
            few.options(volumes),
            lambda q: q.filter(id__lte=100).prefetch_related("volumes"),
        ),
        (
            f"prefetch_related: {SHELVES} parents × {VOLUMES}",
            Shelf,
            select(Shelf).options(volumes),
            lambda q: q.prefetch_related("volumes"),
        ),
        (
            "top 3 of each of 100, beside all",
            Shelf,
            few.options(volumes),
            lambda q: q.filter(id__lte=100).prefetch_related(best),
        ),
        (
            f"top 3 of each of {SHELVES}, beside all",
            Shelf,
            select(Shelf).options(volumes),
            lambda q: q.prefetch_related(best),
        ),
        (
            "prefetch_related, three levels: 5, 50, 500, 5000",
            Land,
            select(Land).options(deep),
            lambda q: q.prefetch_related("areas__places__entries"),
        ),
    ]
    ways: list[tuple[str, Select[Any], Chain]] = [
        (f"only: 3 of 12 columns × {ROWS}, beside all", select(Entry), lambda q: q.only("name", "rank")),
        (
            "the same, beside load_only",
            select(Entry).options(load_only(Entry.name, Entry.rank)),
            lambda q: q.only("name", "rank"),
        ),
        (
            f"select_related, one level × {RELATED}",
            some.options(one),
            lambda q: q.filter(id__lte=RELATED).select_related("place"),
        ),
        (
            f"select_related, three levels × {RELATED}",
            some.options(one.joinedload(Place.area).joinedload(Area.land)),
            lambda q: q.filter(id__lte=RELATED).select_related("place__area__land"),
        ),
    ]
    every = [*children]
    every += [(name, Entry, statement, chain) for name, statement, chain in ways]
    return [
        await compare_async(name, by_hand(statement), here(model, chain), rounds=11, repeat=1)
        for name, model, statement, chain in every
    ]


async def _fill_shelves(database: Database) -> None:
    shelves = [
        {"id": each, "name": f"shelf {each}", "room": f"r{each % 9}"} for each in range(1, SHELVES + 1)
    ]
    volumes = [
        {
            "id": each,
            "title": f"title {each}",
            "author": f"author {each % 77}",
            "pages": each % 900,
            "rank": each * 7 % 101,
            "shelf_id": each % SHELVES + 1,
        }
        for each in range(1, SHELVES * VOLUMES + 1)
    ]
    async with database.session() as session:
        await session.execute(insert(Shelf), shelves)
        await session.execute(insert(Volume), volumes)
        await session.commit()


async def _fill(database: Database) -> None:
    await database.create_all(Base.metadata)
    lands = [Land(id=each, name=f"land {each}") for each in range(1, 6)]
    areas = [Area(id=each, name=f"area {each}", land_id=each % 5 + 1) for each in range(1, 51)]
    places = [Place(id=each, name=f"place {each}", area_id=each % 50 + 1) for each in range(1, 501)]
    entries = [
        Entry(
            id=each,
            name=f"name {each}",
            code=f"code {each}",
            text=f"a text of some length, the one of {each}",
            note=None if each % 3 else "a note",
            size=each,
            rank=each % 100,
            year=2000 + each % 25,
            score=each / 7,
            price=each / 3,
            open=bool(each % 2),
            place_id=each % 500 + 1,
        )
        for each in range(1, ROWS + 1)
    ]
    async with database.session() as session:
        for rows in (lands, areas, places, entries):
            session.add_all(rows)
            await session.flush()
        await session.commit()
