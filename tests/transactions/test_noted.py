"""What a savepoint that fails has altered in objects is loaded again, and nothing but that is noted."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from sqlalchemy import inspect, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_like_repos import atomic
from django_like_repos.execution import objects
from django_like_repos.execution.noting import watch
from examples.help_center.models import Section
from examples.help_center.repositories import SectionRepository

Work = Callable[[AsyncSession, Section, Section], Awaitable[None]]


async def _undone(session: AsyncSession, work: Work, first: Section, second: Section) -> None:
    async with atomic(session):
        await work(session, first, second)
        raise ZeroDivisionError


async def test_only_what_is_altered_is_noted(session: AsyncSession) -> None:
    first, second, *_ = await SectionRepository(session).objects.order_by("id")

    def noted(sync: Session) -> list[Any]:
        begun = sync.begin_nested()
        notes = watch(sync, begun)
        before = first.name
        first.name = "changed"
        sync.flush()
        objects.altered(sync, [inspect(second)])
        begun.rollback()
        notes.end()
        assert [note.values["name"] for note in notes] == [before, second.name]
        first.name = "nobody notes any more"
        return [note.state.obj() for note in notes]

    assert await session.run_sync(noted) == [first, second]


async def _by_attributes(session: AsyncSession, first: Section, second: Section) -> None:
    first.name = "changed"
    async with session.begin_nested():
        second.name = "changed"
        await session.flush()


async def _by_an_update(session: AsyncSession, first: Section, second: Section) -> None:
    async with session.begin_nested():
        await session.execute(update(Section).where(Section.id == first.id).values(name=Section.name + "!"))
    await session.execute(update(Section).values(name="all"))


async def _by_ours(session: AsyncSession, first: Section, second: Section) -> None:
    async with session.begin_nested():
        await SectionRepository(session).objects.filter(id=first.id).update(name="changed")
    await SectionRepository(session).bulk_update([{"id": second.id, "name": "changed"}], ["name"])


async def _by_what_is_undone_within(session: AsyncSession, first: Section, second: Section) -> None:
    with pytest.raises(ZeroDivisionError):
        await _undone(session, _by_ours, first, second)
    await _by_attributes(session, first, second)


WORK: Final[list[Work]] = [
    _by_attributes,
    _by_an_update,
    _by_ours,
    _by_what_is_undone_within,
]


@pytest.mark.parametrize("work", WORK)
async def test_what_is_undone_is_loaded_again(session: AsyncSession, work: Work) -> None:
    sections = await SectionRepository(session).objects.order_by("id")
    before = [(section.id, section.name, section.status_id) for section in sections]
    async with atomic(session):
        with pytest.raises(ZeroDivisionError):
            await _undone(session, work, sections[0], sections[1])
        # Nothing is loaded lazily here: that would raise.
        assert [(section.id, section.name, section.status_id) for section in sections] == before
