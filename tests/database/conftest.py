"""A database with the tables of `models.py`, for one test."""

import pytest

from django_like_repos import Database
from tests.database.models import Base, Shelf


@pytest.fixture
async def shelves(fresh_database: Database) -> Database:
    """Two shelves, without books."""
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        for name in ("Проза", "Poésie"):
            session.add(Shelf(name=name))
            await session.flush()
        await session.commit()
    return fresh_database
