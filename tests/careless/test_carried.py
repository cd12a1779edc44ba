"""Querysets copied, pickled, compared; results as numbers; sessions of a scope."""

import asyncio
import copy
import pickle
from typing import Any

import pytest
from sqlalchemy import Result
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import BaseRepository, Count, Database, F, FilteredRelation, Q, QuerySet, Value
from django_like_repos.functions import Lower
from examples.help_center.models import Section, Subsection


class SectionQuerySet(QuerySet[Section]):
    def published(self) -> "SectionQuerySet":
        return self.filter(status__code="published")


class SectionRepository(BaseRepository[Section, SectionQuerySet]):
    queryset_class = SectionQuerySet


def chains(session: AsyncSession) -> list[Any]:
    q: Any = SectionRepository(session).objects
    return [
        q,
        q.filter(name__icontains="a", status__code="published").order_by("-name")[:3],
        q.exclude(Q(id__in=[1, 2]) | ~Q(name="x")),
        q.annotate(n=Count("subsections")).filter(n__gte=1).order_by("-n", "id"),
        q.annotate(x=Lower("name"), y=Value("v")).values("x", "y").order_by("x"),
        q.annotate(s=FilteredRelation("subsections", condition=Q(subsections__name="x"))).filter(s__id=None),
        q.filter(id__in=QuerySet(Subsection).values("section_id"))
        .values_list("id", flat=True)
        .order_by("id"),
        q.filter(id=1).union(q.filter(id=2)).order_by("id"),
        (q.filter(id=1) | q.filter(subsections__name="x")).distinct(),
        q.filter(id=F("status_id")).options("status").execution_options(mine=1).commit(),
        q.none(),
    ]


async def test_copied_and_pickled(session: AsyncSession) -> None:
    for queryset in chains(session):
        rows = await queryset
        carried = pickle.loads(pickle.dumps(queryset))
        assert type(carried) is SectionQuerySet
        assert carried._session is None
        assert repr(carried) == repr(queryset)
        assert carried.sql(session.get_bind().dialect) == queryset.sql()
        assert await carried.in_session(session) == rows
        for other in (copy.copy(queryset), copy.deepcopy(queryset)):
            assert other is not queryset
            assert other._session is session
            assert await other == rows


def test_a_pickle_shares_the_plan() -> None:
    queryset = QuerySet(Section).filter(name="x").order_by("id")[:5]
    carried = pickle.loads(pickle.dumps(queryset))
    assert carried._query.shape == queryset._query.shape
    strict = pickle.loads(pickle.dumps(QuerySet(Section).strict_names(["name"])))
    assert strict._query.names.guard("name")
    assert not strict._query.names.guard("id")


def test_hashed_and_compared_by_identity() -> None:
    one, two = QuerySet(Section), QuerySet(Section)
    assert len({one, two, one}) == 2
    assert one == one
    assert one is not None
    assert [one, "x"].index("x") == 1


async def test_attributes_of_a_subclass_are_carried() -> None:
    queryset: Any = SectionQuerySet(Section)
    queryset.mine = 5
    assert pickle.loads(pickle.dumps(queryset)).mine == 5
    assert repr(queryset.published()) == "<SectionQuerySet Section.filter(status__code=<str>)>"


def test_what_a_mixin_has_is_found() -> None:
    class Filtering:
        def filter(self) -> str:
            return "mine"

        limit = 5

    class Mixed(BaseRepository[Section], Filtering): ...

    class MixedQuerySet(QuerySet[Section], Filtering): ...  # type: ignore[misc]

    mixed: Any = Mixed(AsyncSession())
    assert mixed.filter() == "mine"
    assert Mixed.limit == 5
    assert MixedQuerySet(Section).limit == 5
    assert not hasattr(mixed, "exclude")
    with pytest.raises(AttributeError, match=r"self\.objects\.published"):
        SectionRepository(AsyncSession()).published  # type: ignore[attr-defined]  # noqa: B018


async def test_results_are_numbers(session: AsyncSession) -> None:
    q = SectionRepository(session).objects
    none: Any = await q.filter(id=999).update(name="x")
    one: Any = await q.filter(id=1).update(name="x")
    named: Any = await q.filter(id=1).returning("name").update(name="y")
    whole: Any = await q.filter(id=1).returning(return_model=True).update(name="z")
    for result, number in ((none, 0), (one, 1), (named, 1), (whole, 1)):
        assert Result in type(result).__mro__
        assert bool(result) is (number > 0)
        assert result == number
        assert result != number + 1
        assert result >= number
        assert result <= number
        assert result < number + 1
        assert result > number - 1
        assert (int(result), result.rowcount) == (number, number)
        assert "rows" in repr(result)
        assert len({result, result}) == 1
    assert one != named
    assert named.scalars().all() == ["y"]
    assert [each.name for each in whole.scalars()] == ["z"]
    if not await q.filter(id=998).delete():
        assert not await q.none().delete()
    with pytest.raises(TypeError):
        print(one < "x")  # noqa: T201


async def test_scoped_sessions(help_center_database: Database) -> None:
    scoped = async_scoped_session(help_center_database.session_factory, asyncio.current_task)
    repository = SectionRepository(scoped)  # type: ignore[arg-type]

    async def work() -> Any:
        try:
            counted = await repository.objects.count()
            first = await repository.objects.first()
            assert first in scoped
            assert await repository.get_by_pk(1) is not None
            return counted, scoped()
        finally:
            await scoped.remove()

    (one, own), (two, other) = await asyncio.gather(work(), work())
    assert (one, two) == (7, 7)
    assert own is not other
    assert "sections" in repository.objects.sql()
    await scoped.remove()
