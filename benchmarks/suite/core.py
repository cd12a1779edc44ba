"""SQLAlchemy Core: the same statements on tables, rows instead of objects."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, Select, delete, func, insert, select, update
from sqlalchemy import exists as any_of
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from benchmarks.suite.entrant import POOL, Entrant, Mode
from benchmarks.suite.schema import City, Country, Remark
from benchmarks.suite.workloads import ways_of

NAME: Final = "Core"

CITIES: Final[Any] = City.__table__
COUNTRIES: Final[Any] = Country.__table__
REMARKS: Final[Any] = Remark.__table__


async def by_key(connection: AsyncConnection, number: int) -> Any:
    return (await connection.execute(select(CITIES).where(CITIES.c.id == number))).one()


async def by_text(connection: AsyncConnection, text: str) -> Any:
    return (await connection.execute(select(CITIES).where(CITIES.c.name == text))).one()


async def related(connection: AsyncConnection) -> Sequence[Any]:
    joined = select(CITIES).select_from(CITIES.join(COUNTRIES)).where(COUNTRIES.c.name == "country 7")
    return (await connection.execute(joined.order_by(CITIES.c.name).limit(20))).all()


def _of_country() -> Select[Any]:
    joined = select(CITIES.c.id).select_from(CITIES.join(COUNTRIES))
    return joined.where(COUNTRIES.c.name == "country 7")


async def exists(connection: AsyncConnection) -> bool:
    return bool(await connection.scalar(select(any_of(_of_country()))))


async def count(connection: AsyncConnection) -> int | None:
    joined = select(func.count(CITIES.c.id)).select_from(CITIES.join(COUNTRIES))
    return await connection.scalar(joined.where(COUNTRIES.c.name == "country 7"))


async def page(connection: AsyncConnection) -> tuple[Sequence[Any], int | None]:
    wanted = CITIES.c.people >= 1_000
    rows = select(CITIES).where(wanted).order_by(CITIES.c.id).limit(20).offset(40)
    found = (await connection.execute(rows)).all()
    return found, await connection.scalar(select(func.count(CITIES.c.id)).where(wanted))


async def values(connection: AsyncConnection) -> Sequence[Any]:
    rows = select(CITIES.c.id, CITIES.c.name).order_by(CITIES.c.id)
    return (await connection.execute(rows)).all()


async def entities(connection: AsyncConnection) -> Sequence[Any]:
    return (await connection.execute(select(CITIES))).all()


async def children(connection: AsyncConnection) -> list[tuple[Any, Sequence[Any]]]:
    countries = (await connection.execute(select(COUNTRIES))).all()
    wanted = select(CITIES).where(CITIES.c.country_id.in_([country.id for country in countries]))
    found = defaultdict(list)
    for city in await connection.execute(wanted):
        found[city.country_id].append(city)
    return [(country, found[country.id]) for country in countries]


async def groups(connection: AsyncConnection) -> Sequence[Any]:
    joined = select(COUNTRIES.c.name, func.count(CITIES.c.id)).select_from(COUNTRIES.join(CITIES))
    grouped = joined.group_by(COUNTRIES.c.id, COUNTRIES.c.name).order_by(COUNTRIES.c.name)
    return (await connection.execute(grouped)).all()


async def contains(connection: AsyncConnection) -> Sequence[Any]:
    wanted = select(CITIES).where(CITIES.c.name.icontains("TY 12", autoescape=True))
    return (await connection.execute(wanted.order_by(CITIES.c.id).limit(20))).all()


async def listed(connection: AsyncConnection, ids: list[int]) -> Sequence[Any]:
    return (await connection.execute(select(CITIES).where(CITIES.c.id.in_(ids)))).all()


async def update_related(connection: AsyncConnection) -> int:
    changed = update(CITIES).where(CITIES.c.id.in_(_of_country())).values(people=CITIES.c.people + 1)
    return (await connection.execute(changed)).rowcount


async def delete_listed(connection: AsyncConnection, ids: list[int]) -> int:
    return (await connection.execute(delete(CITIES).where(CITIES.c.id.in_(ids)))).rowcount


async def get_or_create(connection: AsyncConnection, text: str) -> tuple[Any, bool]:
    found = (await connection.execute(select(CITIES).where(CITIES.c.name == text))).one_or_none()
    if found is not None:
        return found, False
    new = insert(CITIES).values(name=text, people=1, country_id=1).returning(CITIES)
    return (await connection.execute(new)).one(), True


async def create(connection: AsyncConnection, text: str) -> None:
    await connection.execute(insert(REMARKS).values(text=text))
    await connection.commit()


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    engine = create_async_engine(url, pool_size=POOL)
    apart = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
    autocommit = create_async_engine(url, pool_size=POOL, **apart)

    def scope(mode: Mode) -> Any:
        return (autocommit if mode == "autocommit" else engine).connect()

    try:
        yield Entrant(NAME, WAYS, scope)
    finally:
        await engine.dispose()
        await autocommit.dispose()
