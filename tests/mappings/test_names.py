"""Attributes that are named otherwise than their columns, and names that a statement or a path could want."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, QuerySet, UnknownFieldError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Depot(Base):
    __tablename__ = "Depot of parcels"

    number: Mapped[int] = mapped_column("Key No", primary_key=True)
    id: Mapped[str]
    """Not the key."""
    pk: Mapped[int] = mapped_column("p")
    """Not the key either: what is mapped comes first."""

    parcels: Mapped[list["Parcel"]] = relationship(back_populates="sender")


class Parcel(Base):
    """Width and height have each other's columns; the other names mean something in paths or in SQL."""

    __tablename__ = "order"

    key: Mapped[int] = mapped_column("select", primary_key=True)
    width: Mapped[int] = mapped_column("height")
    height: Mapped[int] = mapped_column("width")
    class_: Mapped[str] = mapped_column("class")
    _hidden: Mapped[bool] = mapped_column("hidden", default=False)
    year: Mapped[int | None] = mapped_column("k0")
    exact: Mapped[str | None] = mapped_column("rank")
    sender_number: Mapped[int | None] = mapped_column("sender", ForeignKey("Depot of parcels.Key No"))

    sender: Mapped[Depot | None] = relationship(back_populates="parcels")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Depot(number=1, id="b", pk=30), Depot(number=2, id="a", pk=20), Depot(number=3, id="c", pk=20)]
    yield [
        Parcel(key=1, width=1, height=9, class_="x", year=2020, exact="E", sender_number=1),
        Parcel(key=2, width=2, height=8, class_="y", _hidden=True, year=2021, sender_number=1),
        Parcel(key=3, width=3, height=7, class_="x", exact="f", sender_number=2),
        Parcel(key=4, width=7, height=3, class_="z", year=1999),
    ]


CHAINS: Chains = {
    "exchanged": (Parcel, lambda q: q.filter(width__lt=3, height__gt=8), [1]),
    "exchanged in order": (Parcel, lambda q: q.order_by("-width"), [4, 3, 2, 1]),
    "exchanged among themselves": (Parcel, lambda q: q.filter(width__gt=F("height")), [4]),
    "exchanged values": (
        Parcel,
        lambda q: q.order_by("key").values("width", "height").filter(key__lte=2),
        [{"width": 1, "height": 9}, {"width": 2, "height": 8}],
    ),
    "a reserved word": (Parcel, lambda q: q.filter(class_="x").order_by("key"), [1, 3]),
    "a leading underscore": (Parcel, lambda q: q.filter(_hidden=True), [2]),
    "a leading underscore behind a relation": (Depot, lambda q: q.filter(parcels___hidden=True), [1]),
    "a transform's name": (Parcel, lambda q: q.filter(year__gte=2020).order_by("year"), [1, 2]),
    "a transform's name behind a relation": (
        Depot,
        lambda q: q.filter(parcels__year__isnull=False, parcels__year__in=[2021]),
        [1],
    ),
    "a lookup's name": (Parcel, lambda q: q.filter(exact="E"), [1]),
    "a lookup's name and the lookup": (Parcel, lambda q: q.filter(exact__iexact="e"), [1]),
    "a lookup's name behind a relation": (Depot, lambda q: q.filter(parcels__exact="f"), [2]),
    "a foreign key's column is no name": (Parcel, lambda q: q.filter(sender=1).order_by("key"), [1, 2]),
    "the attribute of a foreign key": (Parcel, lambda q: q.filter(sender_number__gt=1), [3]),
    "id is no key": (Depot, lambda q: q.filter(id="a"), [2]),
    "an attribute pk": (Depot, lambda q: q.filter(pk=20).order_by("number"), [2, 3]),
    "order by an attribute pk": (Depot, lambda q: q.order_by("pk", "-number"), [3, 2, 1]),
    "an attribute pk behind a relation": (Parcel, lambda q: q.filter(sender__pk=20), [3]),
    "by key": (
        Depot,
        lambda q: q.filter(parcels__width__gte=1).order_by("parcels__class_", "id"),
        [2, 1],
    ),
    "values of many": (
        Depot,
        lambda q: q.filter(parcels__height__gt=7).order_by("parcels__key").values_list("id", "parcels__year"),
        [("b", 2020), ("b", 2021)],
    ),
    "all values": (
        Parcel,
        lambda q: q.filter(key=4).values(),
        [
            {
                "key": 4,
                "width": 7,
                "height": 3,
                "class_": "z",
                "_hidden": False,
                "year": 1999,
                "exact": None,
                "sender_number": None,
            }
        ],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_columns_are_quoted(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Parcel, session).filter(sender__id="b").order_by("-width").values_list(
        "height"
    ) == [
        (8,),
        (9,),
    ]
    same_sql(
        sql.last,
        'SELECT "order".width FROM "order" '
        'JOIN "Depot of parcels" AS "Depot_of_parcels_1" '
        'ON "Depot_of_parcels_1"."Key No" = "order".sender '
        'WHERE "Depot_of_parcels_1".id = ? ORDER BY "order".height DESC',
    )


async def test_a_page_with_children(session: AsyncSession, sql: RecordedSQL) -> None:
    depots = await QuerySet(Depot, session).options("parcels").order_by("id")[:2]
    assert [(depot.number, sorted(parcel.width for parcel in depot.parcels)) for depot in depots] == [
        (2, [3]),
        (1, [1, 2]),
    ]
    assert len(sql) == 1


async def test_update(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    first = await parcels.get(key=1)
    updated = (
        await parcels.filter(sender__id="b")
        .returning("key", "width")
        .update(width=F("height"), height=F("width"), class_="new", _hidden=True)
    )
    assert tuples(updated) == [(1, 9), (2, 8)]
    assert list(updated.keys()) == ["key", "width"]
    assert (first.width, first.height, first.class_, first._hidden) == (9, 1, "new", True)
    await parcels.filter(key=3).update({"year": 3, "exact": "e", "sender": 3})
    await gives(parcels.filter(year=3, exact="e", sender_number=3), [3])
    for column in ("select", "k0", "class", "hidden"):
        with pytest.raises(UnknownFieldError):
            await parcels.update({column: 1})


async def test_delete(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    assert tuples(await parcels.filter(sender__id="b", width=1).delete()) == [(1,)]
    assert tuples(await parcels.filter(year__lt=2000).returning("class_").delete()) == [("z",)]
    await gives(parcels.order_by("key"), [2, 3])


async def test_create(session: AsyncSession) -> None:
    class Parcels(BaseRepository[Parcel]): ...

    repo = Parcels(session).flush()
    made = await repo.create(width=1, height=2, class_="n", year=5)
    assert await repo.get_by_pk(made.key) is made
    found, created = await repo.objects.get_or_create({"height": 5, "width": 5}, class_="m", sender=2)
    assert (created, found.sender_number) == (True, 2)
    assert await repo.objects.get_or_create(class_="m", sender=2) == (found, False)
    with pytest.raises(UnknownFieldError):
        await repo.create(**{"class": "n"})
