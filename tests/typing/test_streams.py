"""What streams, batches and SQL of one's own give, as checkers are told."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, assert_type

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Batch, QuerySet
from django_like_repos.raw import RawRows
from examples.help_center.models import Section
from tests.typing.repositories import OwnRepository, SectionRepository


@dataclass
class Named:
    name: str


async def test_streams(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects
    assert_type(sections.iterator(), AsyncGenerator[Section, None])
    assert_type(aiter(sections), AsyncGenerator[Section, None])
    assert_type(sections.values("id").iterator(chunk_size=10), AsyncGenerator[dict[str, Any], None])
    assert_type(sections.into(Named).iterator(10), AsyncGenerator[Named, None])
    names = sections.values_list(Section.name, flat=True)
    assert {type(each) async for each in names.iterator(2)} == {str}
    assert_type([each async for each in names.iterator(2)], list[str])
    assert_type([each async for each in OwnRepository(session).objects.iterator()], list[Section])


async def test_batches(session: AsyncSession) -> None:
    async for batch in QuerySet(Section, session).batches(2, by=("name", "pk")):
        assert {type(each) for each in assert_type(batch, Batch[Section])} == {Section}
        assert_type(batch.token, str)
        assert_type(batch[0], Section)
    assert_type(QuerySet(Section, session).into(Named).batches(), AsyncGenerator[Batch[Named], None])


async def test_raw(session: AsyncSession) -> None:
    sections = SectionRepository(session)
    models = sections.raw("SELECT * FROM sections")
    assert_type(models, RawRows[Section])
    assert_type(models.prefetch_related("status"), RawRows[Section])
    assert {type(each) for each in assert_type(await models, list[Section])} == {Section}
    named = sections.raw("SELECT name FROM sections WHERE id = :id", {"id": 1}, into=Named)
    assert {type(each) for each in assert_type(await named, list[Named])} == {Named}
    assert_type([each async for each in named], list[Named])
    assert_type(named.iterator(10), AsyncGenerator[Named, None])


async def test_exports(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects
    file = BytesIO()
    assert_type(await sections.copy_to(file), int)
    assert_type(await sections.values("id").copy_to(file, "csv", header=False), int)
    assert file.getvalue()
