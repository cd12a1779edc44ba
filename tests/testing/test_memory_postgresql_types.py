"""`memory_database()` of columns that only PostgreSQL has: they find and give what PostgreSQL does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import URL, Table
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from django_like_repos import Database, QuerySet
from django_like_repos.testing import memory_database
from tests.postgres import new_database
from tests.values import schema as postgresql
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.test_accepted import check

WITHOUT = ("time_zoned", "bits", "bits_varying")
KINDS = {column: kind for column, kind in POSTGRES_KINDS.items() if column not in WITHOUT}


class Portable(DeclarativeBase):
    """The columns of ``Treasure`` but those that have no stand-in."""


class Treasure(Portable):
    __table__ = Table(
        "treasures",
        Portable.metadata,
        *(column._copy() for column in postgresql.Treasure.__table__.columns if column.name not in WITHOUT),
    )


async def fill(database: Database) -> None:
    async with database.session() as session:
        session.add(Treasure(id=1, **{column: kind.low for column, kind in KINDS.items()}))
        session.add(Treasure(id=2, **{column: kind.high for column, kind in KINDS.items()}))
        session.add(Treasure(id=3))
        await session.commit()


@pytest.fixture(scope="module")
async def treasury() -> AsyncIterator[AsyncSession]:
    async with memory_database(Portable) as database, database.session() as session:
        await fill(database)
        yield session


@pytest.fixture(scope="module")
async def on_postgresql(postgres: URL) -> AsyncIterator[AsyncSession]:
    async with new_database(postgres) as url, Database(url) as database, database.session() as session:
        await database.create_all(Portable)
        await fill(database)
        yield session


@pytest.mark.parametrize("column", KINDS)
async def test_lookups(treasury: AsyncSession, column: str) -> None:
    await check(QuerySet(Treasure, treasury), column, KINDS[column])


async def test_what_comes_back(treasury: AsyncSession, on_postgresql: AsyncSession) -> None:
    rows = [
        [dict(row) for row in await QuerySet(Treasure, session).order_by("id").values(*KINDS)]
        for session in (treasury, on_postgresql)
    ]
    different = [
        (column, given[column], wanted[column])
        for given, wanted in zip(*rows, strict=True)
        for column in KINDS
        # PostgreSQL fills CHAR up.
        if column != "fixed"
        if given[column] != wanted[column] or type(given[column]) is not type(wanted[column])
    ]
    assert different == []


ORDERED: dict[str, list[Any]] = {
    "integers": [[], [1], [1, 2], [1, None], [2], [10, 1], None],
    "grid": [[[1, 2], [3, 4]], [[1, 2], [4, 0]], [[2, 0]]],
    "metals": [[metal] for metal in postgresql.Metal],
    "int4range": [Range(empty=True), Range(None, 3), Range(1, 3), Range(1, None), Range(2, 3), Range(10, 11)],
    "numrange": [Range(1, 3, bounds="[]"), Range(1, 3, bounds="()"), Range(1, 3), Range(10, 11)],
    "multirange": [[], [Range(1, 2)], [Range(1, 2), Range(5, 6)], [Range(1, 3)]],
    "inet": ["9.0.0.1", "10.0.0.1", "10.0.0.0/8", "10.0.0.1/8", "::1", "10.0.0.1/24"],
    "cidr": ["9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/16", "::/0"],
}


@pytest.mark.parametrize("column", ORDERED)
async def test_order(treasury: AsyncSession, on_postgresql: AsyncSession, column: str) -> None:
    found = []
    for session in (treasury, on_postgresql):
        async with session.begin_nested() as savepoint:
            session.add_all(
                Treasure(id=number, **{column: value}) for number, value in enumerate(ORDERED[column], 10)
            )
            rows = QuerySet(Treasure, session).filter(id__gte=10).exclude(**{column: None})
            ordered = await rows.order_by(column, "id").values_list("id", flat=True)
            least = (
                await rows.filter(**{f"{column}__gt": ORDERED[column][1]})
                .order_by("id")
                .values_list("id", flat=True)
            )
            found.append((ordered, least))
            await savepoint.rollback()
    assert found[0] == found[1]
