"""What whole small operations cost, each in a session of its own, beside `select()` written by hand.

By hand is told twice: on an engine of SQLAlchemy's own settings, which is what the ratio is to, and on the
engine of a ``Database``, whose settings cost something themselves. On PostgreSQL all three read in a
transaction; on SQLite none begins one before it writes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from benchmarks.measuring import Ways, measure
from django_like_repos import Count, Database, QuerySet

CITIES: int = 5_000
COUNTRIES: int = 100
LISTED: int = 1_000
"""Ids in the list of one query."""


class Base(DeclarativeBase):
    """The models of the workloads."""


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    cities: Mapped[list["City"]] = relationship(back_populates="country")


class City(Base):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    people: Mapped[int]
    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"), index=True)

    country: Mapped[Country] = relationship(back_populates="cities")


By = Callable[[AsyncSession], Awaitable[Any]]


class Workload(NamedTuple):
    """One operation, by hand and here, and the ratio that is wanted on PostgreSQL and on SQLite."""

    name: str
    by_hand: By
    here: By
    targets: tuple[float, float]
    repeat: int = 20


def _cities(session: AsyncSession) -> QuerySet[City]:
    return QuerySet(City, session)


def _countries(session: AsyncSession) -> QuerySet[Country]:
    return QuerySet(Country, session)


def _one(number: int) -> Select[Any]:
    return select(City).where(City.name == f"city {number}")


async def _five_by_hand(session: AsyncSession) -> object:
    return [_of_city((await session.execute(_one(number))).scalar_one()) for number in range(1, 6)]


async def _five_here(session: AsyncSession) -> object:
    return [_of_city(await _cities(session).get(name=f"city {number}")) for number in range(1, 6)]


def _of_city(city: City) -> tuple[Any, ...]:
    return city.id, city.name, city.people, city.country_id


def _of_cities(cities: Sequence[City]) -> list[tuple[Any, ...]]:
    return [(city.id, city.name) for city in cities]


async def _related_by_hand(session: AsyncSession) -> object:
    statement = select(City).join(City.country).where(Country.name == "country 7").order_by(City.name)
    return _of_cities((await session.scalars(statement.limit(20))).all())


async def _related_here(session: AsyncSession) -> object:
    return _of_cities(await _cities(session).filter(country__name="country 7").order_by("name")[:20])


def _of_country() -> Select[Any]:
    return select(City.id).join(City.country).where(Country.name == "country 7")


async def _exists_by_hand(session: AsyncSession) -> object:
    return bool(await session.scalar(select(_of_country().exists())))


async def _exists_here(session: AsyncSession) -> object:
    return await _cities(session).filter(country__name="country 7").exists()


async def _count_by_hand(session: AsyncSession) -> object:
    statement = select(func.count(City.id)).join(City.country).where(Country.name == "country 7")
    return await session.scalar(statement)


async def _count_here(session: AsyncSession) -> object:
    return await _cities(session).filter(country__name="country 7").count()


async def _page_by_hand(session: AsyncSession) -> object:
    wanted = select(City).where(City.people >= 1_000)
    found = (await session.scalars(wanted.order_by(City.id).limit(20).offset(40))).all()
    total = await session.scalar(select(func.count(City.id)).where(City.people >= 1_000))
    return _of_cities(found), total


async def _page_here(session: AsyncSession) -> object:
    wanted = _cities(session).filter(people__gte=1_000)
    return _of_cities(await wanted.order_by("id")[40:60]), await wanted.count()


async def _values_by_hand(session: AsyncSession) -> object:
    return [tuple(row) for row in await session.execute(select(City.id, City.name).order_by(City.id))]


async def _values_here(session: AsyncSession) -> object:
    return await _cities(session).order_by("id").values_list("id", "name")


async def _entities_by_hand(session: AsyncSession) -> object:
    return len((await session.scalars(select(City))).all())


async def _entities_here(session: AsyncSession) -> object:
    return len(await _cities(session).all())


async def _children_by_hand(session: AsyncSession) -> object:
    statement = select(Country).options(selectinload(Country.cities))
    return sum([len(country.cities) for country in await session.scalars(statement)])


async def _children_here(session: AsyncSession) -> object:
    return sum([len(country.cities) for country in await _countries(session).prefetch_related("cities")])


async def _groups_by_hand(session: AsyncSession) -> object:
    statement = (
        select(Country.name, func.count(City.id))
        .join(Country.cities)
        .group_by(Country.id, Country.name)
        .order_by(Country.name)
    )
    return [tuple(row) for row in await session.execute(statement)]


async def _groups_here(session: AsyncSession) -> object:
    return await _countries(session).annotate(number=Count("cities")).order_by("name").values_list(
        "name", "number"
    )


async def _within_by_hand(session: AsyncSession) -> object:
    statement = select(City).where(City.name.icontains("TY 12", autoescape=True)).order_by(City.id).limit(20)
    return _of_cities((await session.scalars(statement)).all())


async def _within_here(session: AsyncSession) -> object:
    return _of_cities(await _cities(session).filter(name__icontains="TY 12").order_by("id")[:20])


_IDS = list(range(1, CITIES, CITIES // LISTED))


async def _listed_by_hand(session: AsyncSession) -> object:
    return len((await session.scalars(select(City).where(City.id.in_(_IDS)))).all())


async def _listed_here(session: AsyncSession) -> object:
    return len(await _cities(session).filter(id__in=_IDS))


async def _get_by_hand(session: AsyncSession) -> object:
    return _of_city((await session.execute(_one(77))).scalar_one())


async def _get_here(session: AsyncSession) -> object:
    return _of_city(await _cities(session).get(name="city 77"))


WORKLOADS: Sequence[Workload] = (
    Workload("get by unique text", _get_by_hand, _get_here, (0.60, 0.45)),
    Workload("five gets in a session", _five_by_hand, _five_here, (0.45, 0.35)),
    Workload("related filter, order, 20 models", _related_by_hand, _related_here, (0.60, 0.55)),
    Workload("exists over a join", _exists_by_hand, _exists_here, (0.50, 0.40)),
    Workload("count over a join", _count_by_hand, _count_here, (0.50, 0.40)),
    Workload("page of 20 with total", _page_by_hand, _page_here, (0.60, 0.50)),
    Workload(f"values_list {CITIES} × 2", _values_by_hand, _values_here, (0.50, 0.55), 1),
    Workload(f"{CITIES} models", _entities_by_hand, _entities_here, (0.65, 0.65), 1),
    Workload(f"{COUNTRIES} parents with children", _children_by_hand, _children_here, (0.80, 0.80), 1),
    Workload("group by with count", _groups_by_hand, _groups_here, (0.85, 0.65), 5),
    Workload("icontains, first 20", _within_by_hand, _within_here, (0.70, 0.50)),
    Workload(f"in-list of {LISTED} ids", _listed_by_hand, _listed_here, (0.60, 0.80), 2),
)


@asynccontextmanager
async def filled(database: Database) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """The rows, and the sessions of an engine with SQLAlchemy's own settings, while they are measured."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all([Country(id=each, name=f"country {each}") for each in range(1, COUNTRIES + 1)])
        await session.flush()
        session.add_all(
            [
                City(id=each, name=f"city {each}", people=each * 7, country_id=each % COUNTRIES + 1)
                for each in range(1, CITIES + 1)
            ]
        )
        await session.commit()
    engine = create_async_engine(database.engine.url)
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()


async def workloads(database: Database, only: str = "", *, rounds: int = 15) -> Mapping[str, Ways]:
    """The costs of the workloads whose names hold a text, by their names."""
    async with filled(database) as bare:
        return {
            each.name: await measure(
                {
                    "by hand": _in_session(bare, each.by_hand),
                    "by hand on Database": _in_session(database.session_factory, each.by_hand),
                    "here": _in_session(database.session_factory, each.here),
                },
                rounds=rounds,
                repeat=each.repeat,
            )
            for each in WORKLOADS
            if only in each.name
        }


def _in_session(factory: async_sessionmaker[AsyncSession], work: By) -> Callable[[], Awaitable[object]]:
    async def operation() -> object:
        async with factory() as session:
            return await work(session)

    return operation
