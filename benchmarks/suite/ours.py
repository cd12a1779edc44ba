"""This library, on a `Database` of its own settings; in autocommit with reads that begin no transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.places import reading_in_autocommit
from benchmarks.suite.entrant import POOL, Entrant
from benchmarks.suite.schema import City, Country, Remark
from benchmarks.suite.workloads import ways_of
from django_like_repos import BaseRepository, Count, Database, F, QuerySet

NAME: Final = "ours"


class RemarkRepository(BaseRepository[Remark]): ...


def _cities(session: AsyncSession) -> QuerySet[City]:
    return QuerySet(City, session)


async def by_key(session: AsyncSession, number: int) -> City:
    return await _cities(session).get(pk=number)


async def by_text(session: AsyncSession, text: str) -> City:
    return await _cities(session).get(name=text)


async def related(session: AsyncSession) -> Sequence[City]:
    return await _cities(session).filter(country__name="country 7").order_by("name")[:20]


async def exists(session: AsyncSession) -> bool:
    return await _cities(session).filter(country__name="country 7").exists()


async def count(session: AsyncSession) -> int:
    return await _cities(session).filter(country__name="country 7").count()


async def page(session: AsyncSession) -> tuple[Sequence[City], int | None]:
    found = await _cities(session).filter(people__gte=1_000).order_by("id").page(3, 20)
    return found.items, found.total


async def values(session: AsyncSession) -> Sequence[Any]:
    return await _cities(session).order_by("id").values_list("id", "name")


async def entities(session: AsyncSession) -> Sequence[City]:
    return await _cities(session)


async def children(session: AsyncSession) -> list[tuple[Any, Sequence[Any]]]:
    countries = await QuerySet(Country, session).prefetch_related("cities")
    return [(country, country.cities) for country in countries]


async def groups(session: AsyncSession) -> Sequence[Any]:
    counted = QuerySet(Country, session).annotate(number=Count("cities"))
    return await counted.order_by("name").values_list("name", "number")


async def contains(session: AsyncSession) -> Sequence[City]:
    return await _cities(session).filter(name__icontains="TY 12").order_by("id")[:20]


async def listed(session: AsyncSession, ids: list[int]) -> Sequence[City]:
    return await _cities(session).filter(id__in=ids)


async def update_related(session: AsyncSession) -> int:
    return int(await _cities(session).filter(country__name="country 7").update(people=F("people") + 1))


async def delete_listed(session: AsyncSession, ids: list[int]) -> int:
    return int(await _cities(session).filter(id__in=ids).delete())


async def get_or_create(session: AsyncSession, text: str) -> tuple[City, bool]:
    return await _cities(session).get_or_create(name=text, defaults={"people": 1, "country_id": 1})


async def create(session: AsyncSession, text: str) -> None:
    await RemarkRepository(session).commit().create(text=text)


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with Database(url, pool_size=POOL) as database:
        autocommit = reading_in_autocommit(database)
        yield Entrant(
            NAME,
            WAYS,
            lambda mode: (autocommit if mode == "autocommit" else database).session(),
        )
