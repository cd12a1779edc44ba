"""Piccolo, with its pool on asyncpg; on SQLite it opens a connection for each statement.

It reads no related objects of many: those are two queries, put together by hand, as its documentation does.
"""

# Its columns are typed as values of their own, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from piccolo.columns import ForeignKey, Integer, Serial, Text
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.query.functions import Count
from piccolo.table import Table
from sqlalchemy import URL

from benchmarks.suite.entrant import POOL, Entrant, Mode
from benchmarks.suite.workloads import ways_of

NAME: Final = "Piccolo"


class Country(Table, tablename="countries"):
    id = Serial(primary_key=True)
    name = Text(unique=True)


class City(Table, tablename="cities"):
    id = Serial(primary_key=True)
    name = Text(unique=True)
    people = Integer()
    country = ForeignKey(references=Country, db_column_name="country_id")


class Remark(Table, tablename="remarks"):
    id = Serial(primary_key=True)
    text = Text()


async def by_key(_: object, number: int) -> Any:
    return await City.objects().get(City.id == number)


async def by_text(_: object, text: str) -> Any:
    return await City.objects().get(City.name == text)


async def related(_: object) -> Sequence[Any]:
    wanted = City.objects().where(City.country.name == "country 7")
    return await wanted.order_by(City.name).limit(20)


async def exists(_: object) -> bool:
    return await City.exists().where(City.country.name == "country 7")


async def count(_: object) -> int:
    return await City.count().where(City.country.name == "country 7")


async def page(_: object) -> tuple[Sequence[Any], int]:
    wanted = City.people >= 1_000
    found = await City.objects().where(wanted).order_by(City.id).limit(20).offset(40)
    return found, await City.count().where(wanted)


async def values(_: object) -> Sequence[Any]:
    rows = await City.select(City.id, City.name).order_by(City.id)
    return [tuple(row.values()) for row in rows]


async def entities(_: object) -> Sequence[Any]:
    return await City.objects()


async def children(_: object) -> list[tuple[Any, Sequence[Any]]]:
    countries = await Country.objects()
    found = defaultdict(list)
    for city in await City.objects().where(City.country.is_in([country.id for country in countries])):
        found[city.country].append(city)
    return [(country, found[country.id]) for country in countries]


async def groups(_: object) -> Sequence[Any]:
    rows = (
        await City.select(City.country.name, Count()).group_by(City.country.name).order_by(City.country.name)
    )
    return [tuple(row.values()) for row in rows]


async def contains(_: object) -> Sequence[Any]:
    return await City.objects().where(City.name.ilike("%TY 12%")).order_by(City.id).limit(20)


async def listed(_: object, ids: list[int]) -> Sequence[Any]:
    return await City.objects().where(City.id.is_in(ids))


async def update_related(_: object) -> int:
    keys = Country.select(Country.id).where(Country.name == "country 7")
    changed = City.update({City.people: City.people + 1}).where(City.country.is_in(keys))
    return len(await changed.returning(City.id))


async def delete_listed(_: object, ids: list[int]) -> int:
    return len(await City.delete().where(City.id.is_in(ids)).returning(City.id))


async def get_or_create(_: object, text: str) -> tuple[Any, bool]:
    city = await City.objects().get_or_create(City.name == text, defaults={"people": 1, "country": 1})
    return city, city._was_created


async def create(_: object, text: str) -> None:
    await Remark.objects().create(text=text)


WAYS: Final = ways_of(__name__)


def _value(row: Any, name: str) -> Any:
    return getattr(row, "country" if name == "country_id" else name)


def engine_of(url: URL) -> Any:
    """Piccolo's engine for a database of SQLAlchemy's."""
    if url.get_backend_name() == "sqlite":
        return SQLiteEngine(path=url.database or "")
    host: Any = url.query.get("host") or url.host
    return PostgresEngine(
        config={
            "host": host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "database": url.database,
        },
        extensions=(),
        log_queries=False,
    )


@asynccontextmanager
async def engine_for(url: URL, *tables: Any) -> AsyncIterator[Any]:
    """That engine, as the one of some tables, with its pool where it has one."""
    engine = engine_of(url)
    for table in tables:
        table._meta._db = engine
    pooled = url.get_backend_name() != "sqlite"
    if pooled:
        await engine.start_connection_pool(min_size=1, max_size=POOL)
    try:
        yield engine
    finally:
        if pooled:
            await engine.close_connection_pool()


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with engine_for(url, Country, City, Remark) as engine:

        @asynccontextmanager
        async def scope(mode: Mode) -> AsyncIterator[None]:
            if mode == "autocommit":
                yield
                return
            async with engine.transaction() as transaction:
                yield
                if mode == "transaction":
                    await transaction.rollback()

        yield Entrant(NAME, WAYS, scope, _value)
