"""A session for programs that are wrong on any database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database


@pytest.fixture
async def sqlite_session(sqlite_help_center: Database) -> AsyncIterator[AsyncSession]:
    async with sqlite_help_center.session() as session:
        yield session
