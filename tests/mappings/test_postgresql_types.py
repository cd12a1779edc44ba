"""Columns of types that only PostgreSQL has: arrays, ranges, networks, hstore-like JSONB."""

from collections.abc import AsyncIterator, Iterable
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, INET, INT4RANGE, NUMRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, F, InvalidLookupValueError, QuerySet
from tests.mappings.conftest import rolled_back
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Slot(Base):
    __tablename__ = "slots"

    id: Mapped[int] = mapped_column(primary_key=True)
    numbers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    names: Mapped[list[str] | None] = mapped_column(ARRAY(String(5)))
    grid: Mapped[list[list[int]] | None] = mapped_column(ARRAY(Integer, dimensions=2))
    seats: Mapped[Range[int] | None] = mapped_column(INT4RANGE)
    days: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    costs: Mapped[Range[Decimal] | None] = mapped_column(NUMRANGE)
    address: Mapped[IPv4Address | None] = mapped_column(INET)


MAY = Range(date(2026, 5, 1), date(2026, 6, 1))
HOME = IPv4Address("127.0.0.1")


def rows() -> Iterable[Any]:
    return [
        Slot(
            id=1,
            numbers=[1, 2],
            names=["a", "b"],
            grid=[[1, 2], [3, 4]],
            seats=Range(1, 5),
            days=MAY,
            address=HOME,
        ),
        Slot(id=2, numbers=[3], names=[], seats=Range(5, 9), costs=Range(Decimal("1.5"), None)),
        Slot(id=3),
    ]


@pytest.fixture(scope="module")
async def slots(postgresql_mappings: Database) -> AsyncIterator[Database]:
    await postgresql_mappings.create_all(Base.metadata)
    async with postgresql_mappings.session() as session:
        session.add_all(rows())
        await session.commit()
    yield postgresql_mappings
    await postgresql_mappings.drop_all(Base.metadata)


@pytest.fixture
async def session(slots: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with rolled_back(slots) as session:
        sql.clear()
        yield session


CHAINS: Chains = {
    "array": (Slot, lambda q: q.filter(numbers=[1, 2]), [1]),
    "array as tuple": (Slot, lambda q: q.filter(numbers=(1, "2")), [1]),
    "arrays": (Slot, lambda q: q.filter(numbers__in=[[1, 2], [3]]).order_by("-numbers"), [2, 1]),
    "not array": (Slot, lambda q: q.exclude(numbers=[3]).order_by("id"), [1, 3]),
    "no array": (Slot, lambda q: q.filter(numbers=None), [3]),
    "empty array": (Slot, lambda q: q.filter(names=[]), [2]),
    "greater array": (Slot, lambda q: q.filter(numbers__gt=[1, 2]), [2]),
    "text longer than the column's": (Slot, lambda q: q.filter(names=["abcdefgh"]), []),
    "grid": (Slot, lambda q: q.filter(grid=[[1, 2], [3, 4]]), [1]),
    "values of arrays": (
        Slot,
        lambda q: q.filter(id=1).values_list("numbers", "names", "grid"),
        [([1, 2], ["a", "b"], [[1, 2], [3, 4]])],
    ),
    "range": (Slot, lambda q: q.filter(seats=Range(1, 5)), [1]),
    "ranges": (Slot, lambda q: q.filter(seats__in=[Range(1, 5), Range(5, 9)]).order_by("-seats"), [2, 1]),
    "range of days": (Slot, lambda q: q.filter(days=MAY), [1]),
    "range without end": (Slot, lambda q: q.filter(costs=Range(Decimal("1.5"), None)), [2]),
    "not range": (Slot, lambda q: q.exclude(seats=Range(1, 5)).order_by("id"), [2, 3]),
    "values of ranges": (Slot, lambda q: q.filter(id=1).values_list("seats", "days"), [(Range(1, 5), MAY)]),
    "address": (Slot, lambda q: q.filter(address=HOME), [1]),
}


@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_update_and_delete(session: AsyncSession) -> None:
    slots = QuerySet(Slot, session)
    slot = await slots.get(id=1)
    await slots.filter(numbers=[1, 2]).update(numbers=[7], names=("x",), seats=Range(2, 3), days=None)
    assert (slot.numbers, list(slot.names or ()), slot.seats, slot.days) == ([7], ["x"], Range(2, 3), None)
    await slots.filter(numbers=[7]).update(numbers=F("numbers"))
    await gives(slots.filter(numbers=[7], seats=Range(2, 3)), [1])
    assert tuples(await slots.filter(seats__in=[Range(2, 3)]).delete()) == [(1,)]


@pytest.mark.parametrize("wrong", [{"numbers": "12"}, {"numbers": ["x"]}, {"numbers": 1}])
async def test_what_does_not_fit(session: AsyncSession, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidLookupValueError):
        QuerySet(Slot, session).filter(**wrong)
