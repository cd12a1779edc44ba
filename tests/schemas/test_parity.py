"""Random types: rows made into them, and models answered as them, are what the models themselves are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, QuerySet
from tests.examples import examples
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Track
from tests.schemas.music import rows as rows
from tests.schemas.random_types import Spec, listed, plain, specs


@pytest.fixture(scope="module")
async def reference(tables: Database) -> AsyncIterator[AsyncSession]:
    """A session of SQLAlchemy's own ways: it loads what is not there one by one, and once."""
    async with tables.session() as session:
        yield session


async def _expected(session: AsyncSession, spec: Spec) -> list[dict[str, Any]]:
    return await session.run_sync(lambda sync: [spec.of(sync.get(Track, key)) for key in (6, 5, 4, 3, 2, 1)])


@given(specs())
@examples(60)
async def test_into(tables: Database, reference: AsyncSession, spec: Spec) -> None:
    expected = await _expected(reference, spec)
    async with tables.session() as session:
        found = await QuerySet(Track, session).order_by("-id").into(spec.type())
    assert [plain(each) for each in found] == expected


@given(specs(kinds=("pydantic",)))
@examples(60)
async def test_load_for(tables: Database, reference: AsyncSession, spec: Spec) -> None:
    expected, kind = await _expected(reference, spec), spec.type()
    async with tables.session() as session:
        models = await QuerySet(Track, session).order_by("-id").fetch_mode("sqlalchemy").load_for(kind)
        found = TypeAdapter[Any](listed(kind)).validate_python(models, from_attributes=True)
    assert plain(found) == expected
