"""advanced-alchemy's repositories, on the sessions of the reference."""

# Its packages need not be installed.
# mypy: disable-error-code="misc, no-any-return, unused-ignore"
# pyright: reportMissingImports=false

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from advanced_alchemy.filters import LimitOffset
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.entrant import Entrant
from benchmarks.suite.hand import sessions
from benchmarks.suite.schema import City, Country, Remark
from benchmarks.suite.workloads import ways_of

NAME: Final = "advanced-alchemy"


class CityRepository(SQLAlchemyAsyncRepository[Any]):
    model_type = City


class CountryRepository(SQLAlchemyAsyncRepository[Any]):
    model_type = Country


class RemarkRepository(SQLAlchemyAsyncRepository[Any]):
    model_type = Remark


def _cities(session: AsyncSession) -> Any:
    return CityRepository(session=session)


async def by_key(session: AsyncSession, number: int) -> Any:
    return await _cities(session).get(number)


async def by_text(session: AsyncSession, text: str) -> Any:
    return await _cities(session).get_one(name=text)


async def related(session: AsyncSession) -> Sequence[Any]:
    wanted = City.country.has(name="country 7")
    return await _cities(session).get_many(wanted, LimitOffset(20, 0), order_by=("name", False))


async def exists(session: AsyncSession) -> bool:
    return await _cities(session).exists(City.country.has(name="country 7"))


async def count(session: AsyncSession) -> int:
    return await _cities(session).count(City.country.has(name="country 7"))


async def page(session: AsyncSession) -> tuple[Sequence[Any], int]:
    wanted = City.people >= 1_000
    return await _cities(session).get_many_and_count(wanted, LimitOffset(20, 40), order_by=("id", False))


async def entities(session: AsyncSession) -> Sequence[Any]:
    return await _cities(session).get_many()


async def children(session: AsyncSession) -> list[tuple[Any, Sequence[Any]]]:
    countries = await CountryRepository(session=session).get_many(load=[Country.cities])
    return [(country, country.cities) for country in countries]


async def contains(session: AsyncSession) -> Sequence[Any]:
    wanted = City.name.icontains("TY 12", autoescape=True)
    return await _cities(session).get_many(wanted, LimitOffset(20, 0), order_by=("id", False))


async def listed(session: AsyncSession, ids: list[int]) -> Sequence[Any]:
    return await _cities(session).get_many(City.id.in_(ids))


async def delete_listed(session: AsyncSession, ids: list[int]) -> int:
    return len(await _cities(session).delete_many(ids))


async def get_or_create(session: AsyncSession, text: str) -> tuple[Any, bool]:
    return await _cities(session).get_or_upsert(
        match_fields=["name"], upsert=False, name=text, people=1, country_id=1
    )


async def create(session: AsyncSession, text: str) -> None:
    await RemarkRepository(session=session).add(Remark(text=text), auto_commit=True)


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with sessions(url) as made:
        yield Entrant(NAME, WAYS, lambda mode: made[mode]())
