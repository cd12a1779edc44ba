"""What a chain costs whose plan is there, against `select()` written by hand.

Construction is measured up to the key by which SQLAlchemy finds compiled SQL: from there on both go the same
way. The statement of a plan has its key already.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.measuring import Comparison, compare, compare_async
from django_like_repos import BaseRepository, Database, QuerySet
from django_like_repos.plans import SELECT, Plans
from django_like_repos.query import Query
from examples.help_center.models import PublicationStatus, Section, Subsection

FILTERS = (1, 2, 4, 8, 16, 32)

Prepare = Callable[[str, Query], object]


class SectionRepository(BaseRepository[Section]):
    """The repository of the chains."""


def page(repository: SectionRepository, code: str) -> QuerySet[Section]:
    return repository.objects.filter(status__code=code).order_by("name")[0:20]


def page_by_hand(code: str) -> Select[Any]:
    return (
        select(Section)
        .join(Section.status)
        .where(PublicationStatus.code == code)
        .order_by(Section.name)
        .limit(20)
        .offset(0)
    )


def filtered(repository: SectionRepository, filters: int, path: str, value: Any) -> QuerySet[Section]:
    queryset = repository.objects
    for _ in range(filters):
        queryset = queryset.filter(**{path: value})
    return queryset


def filtered_by_hand(filters: int, name: str, value: Any) -> Select[Any]:
    statement, column = select(Section), getattr(Section, name)
    for _ in range(filters):
        statement = statement.where(column == value)
    return statement


def with_children(repository: SectionRepository, code: str) -> QuerySet[Section]:
    return repository.objects.filter(subsections__status__code=code).order_by("-id")


def with_children_by_hand(code: str) -> Select[Any]:
    keys = (
        select(Section.id)
        .join(Section.subsections)
        .join(Subsection.status)
        .where(PublicationStatus.code == code)
        .distinct()
        .subquery()
    )
    return select(Section).join(keys, keys.c.id == Section.id).order_by(Section.id.desc())


def construction(database: Database) -> list[Comparison]:
    """From the repository to a statement and its values, nothing executed; every query has other values."""
    repository = SectionRepository(AsyncSession(database.engine))
    prepare = Plans(database.engine.dialect, 500).prepare
    texts, numbers = cycle([f"text {number}" for number in range(1000)]), cycle(range(1000))

    def paged() -> object:
        return prepare(SELECT, page(repository, next(texts))._query)

    def paged_by_hand() -> object:
        return page_by_hand(next(texts))._generate_cache_key()

    found = [compare("a joined filter, an order, a slice", paged_by_hand, paged)]
    for kind, path, values in (("text", "name", texts), ("an integer", "id", numbers)):
        found += [
            _filters(f"{filters} by {kind}", prepare, repository, filters, path, values)
            for filters in FILTERS
        ]
    return found


def _filters(
    name: str, prepare: Prepare, repository: SectionRepository, filters: int, path: str, values: Iterator[Any]
) -> Comparison:
    return compare(
        name,
        lambda: filtered_by_hand(filters, path, next(values))._generate_cache_key(),
        lambda: prepare(SELECT, filtered(repository, filters, path, next(values))._query),
    )


async def end_to_end(database: Database) -> list[Comparison]:
    """The rows of a query, awaited in a session of its own."""

    async def rows(statement: Select[Any]) -> object:
        async with database.session() as session:
            return (await session.execute(statement)).scalars().all()

    async def paged() -> object:
        async with database.session() as session:
            return await page(SectionRepository(session), "published")

    async def found_by_children() -> object:
        async with database.session() as session:
            return await with_children(SectionRepository(session), "published")

    async def counted() -> object:
        async with database.session() as session:
            return await page(SectionRepository(session), "published").count()

    async def counted_by_hand() -> object:
        async with database.session() as session:
            return await session.scalar(
                select(func.count()).select_from(page_by_hand("published").subquery())
            )

    async def many_filters() -> object:
        async with database.session() as session:
            return await filtered(SectionRepository(session), 8, "id", 3)

    return [
        await compare_async(
            "a joined filter, an order, a slice", lambda: rows(page_by_hand("published")), paged
        ),
        await compare_async("the number of these rows", counted_by_hand, counted),
        await compare_async("8 filters", lambda: rows(filtered_by_hand(8, "id", 3)), many_filters),
        await compare_async(
            "a filter over a to-many relation",
            lambda: rows(with_children_by_hand("published")),
            found_by_children,
        ),
    ]
