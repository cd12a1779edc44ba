"""Rows by links: each link is a row of its own, even if it leads to the row of another, or to none."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Count, FilteredRelation, Q, QuerySet
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


labels = Table(
    "labels",
    Base.metadata,
    Column("guest_id", ForeignKey("guests.id"), primary_key=True),
    Column("shop_id", ForeignKey("shops.id"), primary_key=True),
)
without_key = Table(
    "calls",
    Base.metadata,
    Column("guest_id", ForeignKey("guests.id"), nullable=False),
    Column("shop_id", ForeignKey("shops.id"), nullable=False),
)


class Visit(Base):
    """A link with a key of its own: one may come twice."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))


class Shop(Base):
    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]


class Pet(Base):
    __tablename__ = "pets"

    id: Mapped[int] = mapped_column(primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))


class Guest(Base):
    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    vip: Mapped[bool]

    labels: Mapped[list[Shop]] = relationship(secondary=labels)
    visited: Mapped[list[Shop]] = relationship(secondary="visits", viewonly=True)
    called: Mapped[list[Shop]] = relationship(secondary=without_key, viewonly=True)
    pets: Mapped[list[Pet]] = relationship()


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Guest(id=1, vip=True), Guest(id=2, vip=False)]
    yield [Shop(id=1, city="x"), Shop(id=2, city="y"), Shop(id=3, city="z")]
    yield [Pet(id=1, guest_id=1), Pet(id=2, guest_id=1), Pet(id=3, guest_id=2)]
    yield [Visit(id=number, guest_id=1, shop_id=1) for number in (1, 2, 3)]


@pytest.fixture
async def guests(mapped: AsyncSession) -> Any:
    pairs = [{"guest_id": 1, "shop_id": shop} for shop in (1, 2, 3)]
    await mapped.execute(insert(labels), pairs)
    await mapped.execute(insert(without_key), pairs[:1] * 3)
    return QuerySet(Guest, mapped)


FILTERS = {
    "none": Q(),
    "by a semi-join": Q(pets__id__gt=0),
    "by a join": Q(pets__id__gt=0) | Q(vip=True),
    "by the link, too": (Q(pets__id__gt=0) | Q(vip=True)) & Q(visited__city="x") & Q(called=1),
}


@pytest.mark.parametrize("relation", ["visited", "called"])
@pytest.mark.parametrize("condition", FILTERS)
async def test_links_that_stand_twice(guests: Any, relation: str, condition: str) -> None:
    found = guests.filter(FILTERS[condition]).filter(id=1)
    if condition == "by the link, too":
        # Of both relations: each link of the one beside each of the other.
        assert sorted(await found.values_list("visited", "called")) == [(1, 1)] * 9
        assert await found.values_list("visited", "called").count() == 9
        assert await found.values_list("visited", "called").order_by("id")[:5].count() == 5
        return
    values = found.order_by("id").values_list("id", f"{relation}__city")
    assert await values == await values[:9] == [(1, "x")] * 3
    assert await values.count() == await values[:9].count() == 3
    assert await found.values_list(relation) == [(1,)] * 3
    assert await found.annotate(n=Count(relation)).values_list("id", "n") == [(1, 3)]
    assert await found.aggregate(n=Count(relation)) == {"n": 3}
    assert await found.values(relation).annotate(n=Count("id")) == [{relation: 1, "n": 3}]


@pytest.mark.parametrize("condition", ["none", "by a semi-join", "by a join"])
async def test_links_that_lead_to_no_row_that_is_meant(guests: Any, condition: str) -> None:
    """As in Django: the link is there, what the condition leaves out at its end is NULL."""
    first = FilteredRelation("labels", condition=Q(labels__id=1))
    found = guests.filter(FILTERS[condition]).annotate(first=first).filter(id=1)
    values = found.order_by("first__id").values_list("id", "first__id")
    assert sorted(await values, key=str) == [(1, 1), (1, None), (1, None)]
    assert await values.count() == await values[:9].count() == len(await values[:9]) == 3
    counted = await found.values("first__id").annotate(n=Count("id")).values_list("first__id", "n")
    assert sorted(counted, key=str) == [(1, 1), (None, 2)]


KEYS = (
    "SELECT guests.id, shops_1.city FROM guests JOIN (SELECT DISTINCT guests.id AS id, {key} AS link_1, "
    "shops_2.id AS id_2 FROM guests LEFT OUTER JOIN pets AS pets_1 ON guests.id = pets_1.guest_id "
    "LEFT OUTER JOIN ({between} AS {alias} JOIN shops AS shops_2 ON shops_2.id = {alias}.shop_id) "
    "ON guests.id = {alias}.guest_id WHERE pets_1.id > ? OR guests.vip = ?) AS keys ON keys.id = guests.id "
    "LEFT OUTER JOIN shops AS shops_1 ON keys.id_2 = shops_1.id"
)
NUMBERED = (
    "(SELECT calls.guest_id AS guest_id, calls.shop_id AS shop_id, row_number() OVER () AS __number "
    "FROM calls)"
)


async def test_a_link_is_told_by_its_key_or_else_by_a_number(guests: Any, sql: RecordedSQL) -> None:
    found = guests.filter(FILTERS["by a join"])
    await found.values_list("id", "visited__city")
    same_sql(sql.last, KEYS.format(key="visits_1.id", between="visits", alias="visits_1"))
    await found.values_list("id", "called__city")
    same_sql(sql.last, KEYS.format(key="anon_1.__number", between=NUMBERED, alias="anon_1"))
    await found.values_list("id", "labels__city")
    assert "link" not in sql.last, "one that stands once is told by its ends"
