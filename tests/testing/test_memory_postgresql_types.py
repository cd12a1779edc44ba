"""`memory_database()` of columns that only PostgreSQL has: what they find and give is what PostgreSQL says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from django_like_repos import QuerySet
from django_like_repos.testing import memory_database
from tests.values.kinds import Kind
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values import schema as postgresql
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


@pytest.fixture(scope="module")
async def treasury() -> AsyncIterator[AsyncSession]:
    async with memory_database(Portable) as database, database.session() as session:
        session.add(Treasure(id=1, **{column: kind.low for column, kind in KINDS.items()}))
        session.add(Treasure(id=2, **{column: kind.high for column, kind in KINDS.items()}))
        session.add(Treasure(id=3))
        await session.commit()
        yield session


@pytest.mark.parametrize("column", KINDS)
async def test_lookups(treasury: AsyncSession, column: str) -> None:
    await check(QuerySet(Treasure, treasury), column, KINDS[column])
