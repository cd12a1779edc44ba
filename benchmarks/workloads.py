"""What whole small operations cost, each in a session of its own, beside `select()` written by hand.

By hand is told twice: on an engine of SQLAlchemy's own settings, which is what the ratio is to, and on the
engine of a ``Database``, whose settings cost something themselves. On PostgreSQL all three read in a
transaction; on SQLite none begins one before it writes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import ForeignKey, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from benchmarks.measuring import Ways, measure
from django_like_repos import BaseRepository, Count, Database, F, QuerySet

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


class Remark(Base):
    __tablename__ = "remarks"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class RemarkRepository(BaseRepository[Remark]): ...


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
    return (
        await _countries(session)
        .annotate(number=Count("cities"))
        .order_by("name")
        .values_list("name", "number")
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


async def _update_by_hand(session: AsyncSession) -> object:
    keys = select(City.id).join(City.country).where(Country.name == "country 7")
    statement = update(City).where(City.id.in_(keys)).values(people=City.people + 1)
    done: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return done.rowcount


async def _update_here(session: AsyncSession) -> object:
    wanted = _cities(session).filter(country__name="country 7")
    return int(await wanted.update(people=F("people") + 1))


async def _delete_by_hand(session: AsyncSession) -> object:
    done: Any = await session.execute(
        delete(City).where(City.id.in_(_IDS[:100])).execution_options(synchronize_session=False)
    )
    return done.rowcount


async def _delete_here(session: AsyncSession) -> object:
    return int(await _cities(session).filter(id__in=_IDS[:100]).delete())


async def _there_by_hand(session: AsyncSession) -> object:
    found = (await session.execute(_one(77))).scalar_one_or_none()
    assert found is not None
    return _of_city(found), False


async def _there_here(session: AsyncSession) -> object:
    city, is_new = await _cities(session).get_or_create(
        name="city 77", defaults={"people": 1, "country_id": 1}
    )
    return _of_city(city), is_new


async def _create_by_hand(session: AsyncSession) -> object:
    session.add(Remark(text="new"))
    await session.commit()
    return None


async def _create_here(session: AsyncSession) -> object:
    await RemarkRepository(session).commit().create(text="new")
    return None


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
    Workload("update by related filter", _update_by_hand, _update_here, (0.75, 0.75), 5),
    Workload("delete 100 by ids", _delete_by_hand, _delete_here, (0.75, 0.75), 5),
    Workload("get_or_create, existing", _there_by_hand, _there_here, (0.60, 0.60)),
    Workload("create and commit", _create_by_hand, _create_here, (0.75, 0.75), 5),
)

TASKS, GETS = 8, 50

HAND: Final = "by hand"
HAND_HERE: Final = "by hand on Database"
HERE: Final = "here"
AUTOCOMMIT: Final = "here, reads in autocommit"


async def _in_session(factory: async_sessionmaker[AsyncSession], work: By) -> object:
    async with factory() as session:
        return await work(session)


async def _tasks(factory: async_sessionmaker[AsyncSession], get: By) -> object:
    """Gets one after the other in several tasks, each in a session of its own."""

    async def task() -> None:
        for _ in range(GETS):
            async with factory() as session:
                await get(session)

    await asyncio.gather(*[task() for _ in range(TASKS)])
    return None


TOGETHER = Workload(f"{TASKS} tasks × {GETS} gets", _get_by_hand, _get_here, (0.60, 0.45), 1)


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


async def workloads(
    database: Database, only: str = "", *, rounds: int = 15
) -> AsyncIterator[tuple[Workload, Ways]]:
    """The costs of the workloads whose names hold a text, as they are measured."""
    own = database.session_factory
    autocommit = Database(database.engine, autocommit_reads=True).session_factory
    async with filled(database) as bare:
        for each in (*WORKLOADS, TOGETHER):
            if only not in each.name:
                continue
            run = _tasks if each is TOGETHER else _in_session
            ways: dict[str, Callable[[], Awaitable[object]]] = {
                HAND: partial(run, bare, each.by_hand),
                HAND_HERE: partial(run, own, each.by_hand),
                HERE: partial(run, own, each.here),
            }
            if database.engine.dialect.name == "postgresql":
                ways[AUTOCOMMIT] = partial(run, autocommit, each.here)
            yield each, await measure(ways, rounds=rounds, repeat=each.repeat)


def told(each: Workload, ways: Ways, dialect: str) -> str:
    """A line of the table of workloads."""
    target = each.targets[dialect == "sqlite"]
    ratio = ways.ratio(HERE, HAND)
    by_hand, here = ways.cost(HAND).wall * 1e6, ways.cost(HERE).wall * 1e6
    columns = [
        f"{by_hand:>10.0f}{here:>10.0f}{ratio:>8.2f} ±{ways.spread(HERE, HAND):.2f}",
        f"{target:>8.2f}{'' if ratio <= target else ' missed':<8}",
        f"{ways.cost(HERE).cpu / ways.cost(HAND).cpu:>6.2f}{ways.ratio(HAND_HERE, HAND):>10.2f}",
        f"{ways.ratio(AUTOCOMMIT, HAND):>11.2f}" if AUTOCOMMIT in ways.costs else "",
    ]
    return f"  {each.name:<34}{''.join(columns)}"


HEAD: Final = (
    f"  {'a session for each operation':<34}{'by hand':>10}{'here':>10}{'ratio':>8}      {'target':>8}"
    f"{'':<8}{'CPU':>6}{'Database':>10}{'autocommit':>11}\n"
    f"  {'':<34}{'µs clock':>10}{'µs clock':>10}"
)
