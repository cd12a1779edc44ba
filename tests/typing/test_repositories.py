"""What checkers know of repositories, and that it is so."""

from typing import Any, TypeVar, assert_type

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, QuerySet, Related
from examples.help_center.models import Section, Subsection
from examples.help_center.repositories import SubsectionRepository
from tests.typing.repositories import OwnRepository, SectionQuerySet, SectionRepository

Model = TypeVar("Model")


def test_the_querysets_of_a_repository(session: AsyncSession) -> None:
    repository = SectionRepository(session)
    assert_type(repository.model_cls, type[Section])
    assert type(assert_type(repository.objects, QuerySet[Section])) is QuerySet
    assert type(assert_type(repository.get_queryset(), QuerySet[Section, Section])) is QuerySet
    assert type(assert_type(repository.commit().flush(False), SectionRepository)) is SectionRepository


def test_querysets_of_ones_own(session: AsyncSession) -> None:
    repository = OwnRepository(session)
    assert type(assert_type(repository.objects, SectionQuerySet)) is SectionQuerySet
    assert type(assert_type(repository.objects.named("x").all(), SectionQuerySet)) is SectionQuerySet
    assert repository.model_cls is Section


def test_querysets_that_only_the_class_is_told_of(session: AsyncSession) -> None:
    class Sections(BaseRepository[Section]):
        queryset_class = SectionQuerySet

    assert type(assert_type(Sections(session).objects, QuerySet[Section])) is SectionQuerySet


async def test_models_of_a_repository(session: AsyncSession) -> None:
    repository = SectionRepository(session).flush()
    created = assert_type(await repository.create(name="x", status_id=1), Section)
    more = assert_type(await repository.bulk_create([{"name": "y", "status_id": 1}]), list[Section])
    created = assert_type(await repository.update(created), Section)
    created = assert_type(await repository.save(created), Section)
    added = assert_type(await repository.add(Section(name="z", status_id=1)), Section)
    assert int(await repository.delete(added)) == 1
    assert await assert_type(repository.objects.select_for_update(), QuerySet[Section])
    found = assert_type(await repository.get_by_pk(created.id), Section | None)
    assert found is created
    assert [type(each) for each in more] == [Section]


async def test_what_is_related(session: AsyncSession) -> None:
    repository = SectionRepository(session).flush()
    section = await repository.create(name="x", status_id=1)
    related = assert_type(repository.related(section, Section.subsections), Related[Subsection])
    assert await assert_type(related.objects, QuerySet[Subsection]) == []
    made = assert_type(await related.create(name="y", status_id=1), Subsection)
    found = assert_type(await related.get_or_create({"status_id": 1}, name="y"), tuple[Subsection, bool])
    assert found == (made, False)
    assert assert_type(await related.bulk_create([]), list[Subsection]) == []
    by_name = assert_type(repository.related(section, "subsections"), Related[Any])
    assert await by_name.objects.count() == 1
    by_class = repository.related(section, "subsections", SubsectionRepository)
    assert type(assert_type(by_class, Related[Subsection])) is Related


async def any_models(repository: BaseRepository[Model]) -> tuple[list[Model], int]:
    """What an application writes of any repository."""
    rows = assert_type(await repository.objects.all(), list[Model])
    first = assert_type(await repository.objects.first(), Model | None)
    return rows, 0 if first is None else 1


async def test_any_repository(session: AsyncSession) -> None:
    rows, _ = assert_type(await any_models(SectionRepository(session)), tuple[list[Section], int])
    own, _ = assert_type(await any_models(OwnRepository(session)), tuple[list[Section], int])
    assert {type(row) for row in [*rows, *own]} == {Section}
