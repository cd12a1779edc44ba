"""FastCRUD, on the sessions of the reference: rows are dicts, by a schema where fewer columns are wanted."""

# Its packages need not be installed.
# mypy: disable-error-code="misc, no-any-return, unused-ignore"
# pyright: reportMissingImports=false

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import getitem
from typing import Any, Final

from fastcrud import FastCRUD
from pydantic import BaseModel
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.entrant import Entrant
from benchmarks.suite.hand import sessions
from benchmarks.suite.schema import City, Country, Remark
from benchmarks.suite.workloads import ways_of

NAME: Final = "FastCRUD"


class IdName(BaseModel):
    id: int
    name: str


class NewRemark(BaseModel):
    text: str


CITIES: Final[Any] = FastCRUD(City)
REMARKS: Final[Any] = FastCRUD(Remark)


async def by_key(session: AsyncSession, number: int) -> Any:
    return await CITIES.get(session, id=number)


async def by_text(session: AsyncSession, text: str) -> Any:
    return await CITIES.get(session, name=text)


async def related(session: AsyncSession) -> Sequence[Any]:
    found = await CITIES.get_multi(
        session,
        where=City.country.has(Country.name == "country 7"),
        sort_columns="name",
        limit=20,
        return_total_count=False,
    )
    return found["data"]


async def exists(session: AsyncSession) -> bool:
    return await CITIES.exists(session, where=City.country.has(Country.name == "country 7"))


async def count(session: AsyncSession) -> int:
    return await CITIES.count(session, where=City.country.has(Country.name == "country 7"))


async def page(session: AsyncSession) -> tuple[Sequence[Any], int]:
    found = await CITIES.get_multi(session, people__gte=1_000, sort_columns="id", offset=40, limit=20)
    return found["data"], found["total_count"]


async def values(session: AsyncSession) -> Sequence[Any]:
    found = await CITIES.get_multi(
        session, schema_to_select=IdName, sort_columns="id", limit=None, return_total_count=False
    )
    return [tuple(row.values()) for row in found["data"]]


async def entities(session: AsyncSession) -> Sequence[Any]:
    return (await CITIES.get_multi(session, limit=None, return_total_count=False))["data"]


async def contains(session: AsyncSession) -> Sequence[Any]:
    found = await CITIES.get_multi(
        session, name__ilike="%TY 12%", sort_columns="id", limit=20, return_total_count=False
    )
    return found["data"]


async def listed(session: AsyncSession, ids: list[int]) -> Sequence[Any]:
    return (await CITIES.get_multi(session, id__in=ids, limit=None, return_total_count=False))["data"]


async def create(session: AsyncSession, text: str) -> None:
    await REMARKS.create(session, NewRemark(text=text), commit=True)


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with sessions(url) as made:
        yield Entrant(NAME, WAYS, lambda mode: made[mode](), getitem)
