"""The first and the last moment of the calendar, which stand for "always" and "never" in many a table."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Date, DateTime, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, F


class Base(DeclarativeBase):
    """The models of this module only."""


class Lease(Base):
    __tablename__ = "leases"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    naive: Mapped[datetime] = mapped_column(DateTime)
    aware: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LeaseRepository(BaseRepository[Lease]): ...


FIRST = {"day": date.min, "naive": datetime.min, "aware": datetime.min.replace(tzinfo=UTC)}
LAST = {"day": date.max, "naive": datetime.max, "aware": datetime.max.replace(tzinfo=UTC)}
NOW = {"day": date(2026, 1, 2), "naive": datetime(2026, 1, 2), "aware": datetime(2026, 1, 2, tzinfo=UTC)}
COLUMNS = ("day", "naive", "aware")


@pytest.fixture
async def session(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        await (
            LeaseRepository(session)
            .flush()
            .bulk_create([{"id": number, **values} for number, values in enumerate((FIRST, NOW, LAST), 1)])
        )
        yield session


async def ids(session: AsyncSession, **lookups: Any) -> list[int]:
    leases = LeaseRepository(session).objects.filter(**lookups)
    return await leases.order_by("id").values_list("id", flat=True)


@pytest.mark.parametrize("column", COLUMNS)
async def test_they_are_read_as_they_were_stored(column: str, session: AsyncSession) -> None:
    found = await LeaseRepository(session).objects.order_by(column).values_list(column, flat=True)
    assert found == [FIRST[column], NOW[column], LAST[column]]
    assert [getattr(each, "tzinfo", None) for each in found] == [UTC if column == "aware" else None] * 3
    assert await ids(session, **{column: LAST[column]}) == [3]
    assert await ids(session, **{f"{column}__in": [FIRST[column], LAST[column]]}) == [1, 3]
    assert await ids(session, **{f"{column}__range": (NOW[column], LAST[column])}) == [2, 3]
    assert await ids(session, **{f"{column}__lt": LAST[column]}) == [1, 2]


@pytest.mark.parametrize("column", COLUMNS)
async def test_their_parts(column: str, session: AsyncSession) -> None:
    for number, year in enumerate((1, 2026, 9999), 1):
        assert await ids(session, **{f"{column}__year": year}) == [number]
        assert await ids(session, **{f"{column}__year__in": [year]}) == [number]
        assert await ids(session, **{f"{column}__year__range": (year, year)}) == [number]
    assert await ids(session, **{f"{column}__year__gte": 9999}) == [3]
    assert await ids(session, **{f"{column}__year__gt": 9998}) == [3]
    assert await ids(session, **{f"{column}__month": 12, f"{column}__day": 31}) == [3]
    assert await ids(session, **{f"{column}__iso_year": 9999}) == [3]
    leases = LeaseRepository(session).objects.order_by("id")
    parts = [f"{column}__year", f"{column}__quarter", f"{column}__week_day"]
    assert await leases.values_list(*parts) == [(1, 1, 2), (2026, 1, 6), (9999, 4, 6)]


@pytest.mark.parametrize("column", COLUMNS)
async def test_arithmetic_leads_beyond_them(column: str, session: AsyncSession) -> None:
    """What is beyond sorts as the end does."""
    leases = LeaseRepository(session).objects.order_by("id")

    later = leases.annotate(later=F(column) + timedelta(days=1), sooner=F(column) - timedelta(days=1))
    assert await later.filter(later__gt=NOW[column]).values_list("id", flat=True) == [2, 3]
    assert await later.filter(sooner__lt=NOW[column]).values_list("id", flat=True) == [1, 2]
    [(first, _), _, (_, last)] = await later.values_list("sooner", "later")
    zone = UTC if column == "aware" else None
    assert first == datetime.min.replace(tzinfo=zone)
    assert last == (datetime.max.replace(tzinfo=zone))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_infinity_that_others_stored(session: AsyncSession) -> None:
    stored = "INSERT INTO leases VALUES (4, '{0}', '{0}', '{0}')"
    await session.execute(text(stored.format("infinity")))
    await session.execute(text("UPDATE leases SET day = '-infinity', naive = '-infinity' WHERE id = 1"))
    session.expunge_all()

    assert await ids(session, aware__gt=LAST["aware"]) == [4]
    lease = await LeaseRepository(session).objects.get(id=4)
    assert {column: getattr(lease, column) for column in COLUMNS} == LAST
    first = await LeaseRepository(session).objects.get(id=1)
    assert (first.day, first.naive) == (date.min, datetime.min)
