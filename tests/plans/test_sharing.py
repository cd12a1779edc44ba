"""Plans are few, belong to an engine, and are shared by its tasks and threads without mixing their values."""

import asyncio
import gc
import sys
import weakref
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, Q, QuerySet, plans
from django_like_repos.plans import Plans, plans_of
from tests.plans.office import Office, ids
from tests.plans.schema import Parcel, Stamp

TASKS = 12


@pytest.fixture
async def another(office: Office, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The same database through an engine of its own."""
    options: dict[str, Any] = request.param
    async with Database(office.database.engine.url, **options) as database:
        yield database


def plans_of_database(database: Database) -> Plans:
    return plans_of(database.engine.sync_engine)


@pytest.mark.parametrize("another", [{"query_cache_size": 5}], indirect=True)
async def test_no_more_plans_than_the_engine_compiles(another: Database) -> None:
    async with another.session() as session:
        parcels = QuerySet(Parcel, session)
        for path in ("rank", "floor", "weight", "ratio"):
            for lookup in ("gt", "gte", "lt", "lte"):
                await parcels.filter(**{f"{path}__{lookup}": 1})

    info = plans_of_database(another).info()
    assert (info.maxsize, info.currsize) == (5, 5)


@pytest.mark.parametrize("another", [{"query_cache_size": 3}], indirect=True)
async def test_the_least_recently_used_plan_goes_first(another: Database) -> None:
    kept = plans_of_database(another)
    async with another.session() as session:
        parcels = QuerySet(Parcel, session)
        for path in ("rank", "floor", "weight", "rank", "ratio", "rank", "floor"):
            await parcels.filter(**{path: 1})

    # The first three are new; "rank" is there; "ratio" drives "floor" out; "rank" is there; "floor" is new.
    assert (kept.info().misses, kept.info().hits) == (5, 2)


@pytest.mark.parametrize("another", [{"query_cache_size": 0}], indirect=True)
async def test_no_plans_where_the_engine_keeps_nothing(another: Database) -> None:
    async with another.session() as session:
        parcels = QuerySet(Parcel, session).order_by("id")
        assert ids(await parcels.filter(rank=1)) == [1, 7]
        assert ids(await parcels.filter(rank=3)) == [3, 6]
        assert ids(await parcels.filter(Parcel.stamps.any(Stamp.rank == 5))) == [4]
        result: Any = await parcels.filter(rank=3).update(rank=4)
        assert result.rowcount == 2

    assert plans_of_database(another).info().currsize == 0


@pytest.mark.parametrize("another", [{}], indirect=True)
async def test_every_engine_has_plans_of_its_own(another: Database, office: Office) -> None:
    engine = another.engine
    async with another.session() as session:
        await QuerySet(Parcel, session).filter(rank=1)

    async with engine.connect() as connection, AsyncSession(bind=connection) as session:
        await QuerySet(Parcel, session).filter(rank=2)

    assert plans_of_database(another).info().hits == 1
    assert plans_of_database(another).info().maxsize == 500
    assert office.plans.info().currsize == 0


async def test_plans_do_not_outlive_their_engine(office: Office) -> None:
    url: URL = office.database.engine.url
    async with Database(url) as database, database.session() as session:
        await QuerySet(Parcel, session).filter(rank=1)
    kept = weakref.ref(plans_of_database(database))
    assert kept() is not None

    del session, database
    gc.collect()

    assert kept() is None


def lookups(number: int, session: AsyncSession | None = None) -> Any:
    """One shape with a value at every kind of place."""
    stamps = QuerySet(Stamp).filter(rank__gte=number).values_list("parcel_id")
    return (
        QuerySet(Parcel, session)
        .filter(Q(id=number) | Q(id__in=[number, number + 100]), id__range=(number, F("id") * 1 + number))
        .filter(Q(id__in=stamps) | Q(title__isnull=False) | Q(rank__gte=-number))
        .order_by("id")[0:number]
    )


def expressions(number: int, session: AsyncSession | None = None) -> Any:
    """The same of SQLAlchemy's."""
    parcels = QuerySet(Parcel, session).filter(Parcel.id >= number, Parcel.id.in_([number, number + 100]))
    return parcels.filter(id__lte=number).order_by(Parcel.id + number)[0:number]


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads that take turns after every few instructions, in the middle of whatever they make."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.by_turns
@pytest.mark.usefixtures("restless_threads")
@pytest.mark.parametrize("chain", [lookups, expressions])
@pytest.mark.parametrize("rounds", [10, pytest.param(30, marks=pytest.mark.long)])
def test_threads_share_a_plan(office: Office, chain: Any, rounds: int) -> None:
    dialect = office.database.engine.dialect
    for _ in range(rounds):
        shared, start = Plans(dialect, 10), Barrier(8)

        def prepared(
            number: int, shared: Plans = shared, start: Barrier = start
        ) -> tuple[Any, dict[str, Any]]:
            start.wait()
            plan, params = shared.prepare(plans.SELECT, chain(number)._query)
            statement = plan.statement
            return str(statement.compile(dialect=dialect)), params

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(prepared, range(1, 9)))

        assert len({text for text, _ in found}) == 1
        assert shared.info().currsize == 1
        for number, (_, params) in enumerate(found, start=1):
            assert params == Plans(dialect, 0).prepare(plans.SELECT, chain(number)._query)[1]


@pytest.mark.parametrize("chain", [lookups, expressions])
async def test_tasks_share_a_plan(office: Office, chain: Any) -> None:
    async def find(number: int) -> list[list[int]]:
        found = []
        for step in range(8):
            async with office.database.session() as session:
                wanted = (number + step) % 8 + 1
                found.append([wanted, *ids(await chain(wanted, session))])
                await asyncio.sleep(0)
        return found

    rows = [row for found in await asyncio.gather(*map(find, range(TASKS))) for row in found]

    assert len(rows) == TASKS * 8
    assert [row for row in rows if row != [row[0]] * 2] == []
    assert office.plans.info().currsize == 1
