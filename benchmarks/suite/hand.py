"""SQLAlchemy's ORM as a careful author writes it, on an engine with its own settings: the reference."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from benchmarks.suite.entrant import POOL, Entrant, Mode
from benchmarks.suite.schema import City, Country, Remark
from benchmarks.suite.workloads import ways_of

NAME: Final = "by hand"


async def by_key(session: AsyncSession, number: int) -> City | None:
    return await session.get(City, number)


async def by_text(session: AsyncSession, text: str) -> City:
    return (await session.execute(select(City).where(City.name == text))).scalar_one()


async def related(session: AsyncSession) -> Sequence[City]:
    statement = select(City).join(City.country).where(Country.name == "country 7").order_by(City.name)
    return (await session.scalars(statement.limit(20))).all()


def _of_country() -> Select[Any]:
    return select(City.id).join(City.country).where(Country.name == "country 7")


async def exists(session: AsyncSession) -> bool:
    return bool(await session.scalar(select(_of_country().exists())))


async def count(session: AsyncSession) -> int | None:
    statement = select(func.count(City.id)).join(City.country).where(Country.name == "country 7")
    return await session.scalar(statement)


async def page(session: AsyncSession) -> tuple[Sequence[City], int | None]:
    wanted = select(City).where(City.people >= 1_000)
    found = (await session.scalars(wanted.order_by(City.id).limit(20).offset(40))).all()
    return found, await session.scalar(select(func.count(City.id)).where(City.people >= 1_000))


async def values(session: AsyncSession) -> Sequence[Any]:
    return (await session.execute(select(City.id, City.name).order_by(City.id))).all()


async def entities(session: AsyncSession) -> Sequence[City]:
    return (await session.scalars(select(City))).all()


async def children(session: AsyncSession) -> list[tuple[Any, Sequence[Any]]]:
    statement = select(Country).options(selectinload(Country.cities))
    return [(country, country.cities) for country in await session.scalars(statement)]


async def groups(session: AsyncSession) -> Sequence[Any]:
    statement = (
        select(Country.name, func.count(City.id))
        .join(Country.cities)
        .group_by(Country.id, Country.name)
        .order_by(Country.name)
    )
    return (await session.execute(statement)).all()


async def contains(session: AsyncSession) -> Sequence[City]:
    statement = select(City).where(City.name.icontains("TY 12", autoescape=True)).order_by(City.id).limit(20)
    return (await session.scalars(statement)).all()


async def listed(session: AsyncSession, ids: list[int]) -> Sequence[City]:
    return (await session.scalars(select(City).where(City.id.in_(ids)))).all()


async def update_related(session: AsyncSession) -> int:
    statement = update(City).where(City.id.in_(_of_country())).values(people=City.people + 1)
    done: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)


async def delete_listed(session: AsyncSession, ids: list[int]) -> int:
    statement = delete(City).where(City.id.in_(ids))
    done: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)


async def get_or_create(session: AsyncSession, text: str) -> tuple[City, bool]:
    found = (await session.execute(select(City).where(City.name == text))).scalar_one_or_none()
    if found is not None:
        return found, False
    city = City(name=text, people=1, country_id=1)
    session.add(city)
    await session.flush()
    return city, True


async def create(session: AsyncSession, text: str) -> None:
    session.add(Remark(text=text))
    await session.commit()


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def sessions(url: URL) -> AsyncIterator[dict[Mode, async_sessionmaker[AsyncSession]]]:
    """Sessions for each mode, of engines with SQLAlchemy's own settings."""
    engine = create_async_engine(url, pool_size=POOL)
    apart = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
    autocommit = create_async_engine(url, pool_size=POOL, **apart)
    made = async_sessionmaker(engine, expire_on_commit=False)
    try:
        yield {
            "transaction": made,
            "commit": made,
            "autocommit": async_sessionmaker(autocommit, expire_on_commit=False),
        }
    finally:
        await engine.dispose()
        await autocommit.dispose()


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with sessions(url) as made:
        yield Entrant(NAME, WAYS, lambda mode: made[mode]())
