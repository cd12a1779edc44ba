"""Attributes called ``pk``: of what is the primary key, and of what is not."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, synonym

from django_like_repos import BaseRepository, Subquery


class Base(DeclarativeBase):
    """The models of this module."""


class Parcel(Base):
    """Whose column of that name came from elsewhere."""

    __tablename__ = "pk_parcels"

    key: Mapped[int] = mapped_column(primary_key=True)
    pk: Mapped[int]


class Stamp(Base):
    __tablename__ = "pk_stamps"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_key: Mapped[int] = mapped_column(ForeignKey("pk_parcels.key"))
    pk: Mapped[Parcel] = relationship()


class Depot(Base):
    __tablename__ = "pk_depots"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    pk: Mapped[int] = synonym("id")


class Van(Base):
    __tablename__ = "pk_vans"

    pk: Mapped[int] = mapped_column("id", primary_key=True)
    name: Mapped[str]


class ParcelRepository(BaseRepository[Parcel]): ...


class StampRepository(BaseRepository[Stamp]): ...


class DepotRepository(BaseRepository[Depot]): ...


class VanRepository(BaseRepository[Van]): ...


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Parcel(key=1, pk=2), Parcel(key=2, pk=1)]
    yield [Stamp(id=1, parcel_key=1)]
    yield [Depot(id=1, name="a"), Depot(id=2, name="b"), Van(pk=1, name="a"), Van(pk=2, name="b")]


async def test_what_is_not_the_key_is_itself(session: AsyncSession) -> None:
    """In chains; whatever asks for the row of an object or of a key asks for its primary key."""
    repo = ParcelRepository(session)
    assert await repo.objects.filter(pk=2).values_list("key", "pk") == [(1, 2)]
    one, two = await repo.objects.order_by("key")
    assert await repo.get_by_pk(1) is one
    assert await repo.objects.contains(one)
    assert not await repo.objects.filter(key=2).contains(one)
    assert await repo.objects.in_bulk([1]) == {1: one}
    assert await repo.objects.filter(key=Subquery(repo.objects.filter(pk=1))) == [two]
    assert await StampRepository(session).objects.filter(pk__in=repo.objects.filter(pk=2)).count() == 1
    await StampRepository(session).objects.delete()
    assert (await repo.delete(one)).rowcount == 1
    assert await repo.objects.values_list("key", flat=True) == [2]


async def test_a_slice_has_the_rows_of_its_keys(session: AsyncSession) -> None:
    repo = ParcelRepository(session)
    one, two = await repo.objects.order_by("key")
    first = repo.objects.order_by("key")[:1]
    assert await first.contains(one)
    assert not await first.contains(two)


async def test_an_object_moves_with_its_key(session: AsyncSession) -> None:
    repo = ParcelRepository(session)
    one, two = await repo.objects.order_by("key")
    await repo.objects.update(pk=50)
    assert (await repo.objects.filter(key=2).update(key=7)).rowcount == 1
    assert (one.key, two.key) == (1, 7)
    assert await repo.get_by_pk(7) is two


async def test_a_relation_called_so(session: AsyncSession) -> None:
    repo = StampRepository(session)
    stamp = await repo.objects.select_related("pk").get(pk__key=1)
    assert stamp.pk.key == 1
    assert await repo.objects.contains(stamp)
    assert (await repo.delete(stamp)).rowcount == 1


@pytest.mark.parametrize("repository", [DepotRepository, VanRepository])
async def test_another_name_for_the_key(session: AsyncSession, repository: type[BaseRepository[Any]]) -> None:
    repo = repository(session)
    one = await repo.objects.get(pk=1)
    assert await repo.get_by_pk(1) is one
    assert await repo.objects.contains(one)
    assert await repo.objects.in_bulk([1]) == {1: one}
    assert await repo.objects.order_by("-pk").values("pk") == [{"pk": 2}, {"pk": 1}]
    assert (await repo.delete(one)).rowcount == 1
    assert await repo.objects.values_list("name", flat=True) == ["b"]
