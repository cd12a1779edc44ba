"""UPDATE and DELETE go to the driver where the session holds nothing: what that costs, and when not."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Case, Database, QuerySet, Subquery, Value, When
from django_like_repos.errors import DatabaseLockedError
from django_like_repos.execution import reading
from django_like_repos.execution.direct.writing import MOST
from django_like_repos.functions import Concat, Lower, Upper
from django_like_repos.plans import UPDATE
from tests.database.models import Base, Book, BookRepository, Shelf, ShelfRepository
from tests.routes import counted, noted_routes


@pytest.fixture
async def shelves(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        session.add_all([Shelf(id=number, name=f"shelf {number}") for number in range(1, 10)])
        await session.commit()
    return fresh_database


@pytest.fixture
async def session(shelves: Database) -> AsyncIterator[AsyncSession]:
    async with shelves.session() as session:
        yield session


@pytest.fixture
def routes(shelves: Database) -> Iterator[list[bool]]:
    with noted_routes() as found:
        yield found


def _run_of(database: Database, rows: Any) -> Any:
    plan, _ = database.plans.prepare(UPDATE, reading.unordered(rows._query))
    return plan.actions


async def _names(session: AsyncSession) -> list[str]:
    return [*await session.scalars(select(Shelf.name).order_by(Shelf.id))]


async def test_an_update(session: AsyncSession, routes: list[bool]) -> None:
    repo = ShelfRepository(session)
    for number, name in ((1, "a"), (2, "b"), (3, "c")):
        done = await repo.objects.filter(id=number).update(name=name)
        assert done == 1
        assert [*done] == [(number,)]
    assert routes == [False, True, True]
    assert (await _names(session))[:4] == ["a", "b", "c", "shelf 4"]
    assert await repo.objects.filter(id=99).update(name="x") == 0


async def test_a_delete(session: AsyncSession, routes: list[bool]) -> None:
    repo = ShelfRepository(session)
    for numbers in ([1, 2], [3], [4, 5, 99]):
        done = await repo.objects.filter(id__in=numbers).returning("name").delete()
        assert [*done] == [(f"shelf {number}",) for number in numbers if number < 10]
    assert routes == [False, True, True]
    assert await _names(session) == [f"shelf {number}" for number in range(6, 10)]


async def test_one_call_of_the_driver(shelves: Database, session: AsyncSession) -> None:
    repo = ShelfRepository(session)
    for name in ("a", "b"):
        await repo.objects.filter(id=1).update(name=name)
    with counted() as found:
        await repo.objects.filter(id=1).update(name="c")
    driver = "_execute" if shelves.engine.dialect.name == "sqlite" else "fetch"
    assert found == {"greenlet_spawn": 1, driver: 1}


async def test_it_begins_a_transaction(shelves: Database) -> None:
    for name in ("a", "b", "c"):
        async with shelves.session() as session, shelves.session() as other:
            await ShelfRepository(session).objects.filter(id=1).update(name=name)
            assert name not in await _names(other)
            await session.rollback()
            assert name not in await _names(session)


async def test_it_needs_a_transaction_also_where_reads_need_none(shelves: Database) -> None:
    async with Database(shelves.engine.url, reads="autocommit") as database:
        for name in ("a", "b", "c"):
            async with database.session() as session:
                await ShelfRepository(session).objects.filter(id=1).update(name=name)
                await session.rollback()
                assert name not in await _names(session)


async def test_what_is_set_otherwise(session: AsyncSession, routes: list[bool]) -> None:
    repo = ShelfRepository(session)
    await repo.objects.filter(id=1).update(name="a")
    await repo.objects.filter(id=1).update(name="b", id=1)
    await repo.objects.filter(id=1).update(id=1, name="c")
    await repo.objects.filter(id=1).update(name=Upper("name"))
    await repo.objects.filter(id=1).update(name=Lower("name"))
    assert routes == [False] * 5
    assert (await _names(session))[0] == "c"


SETS: dict[str, Callable[[str], Any]] = {
    "of a column": lambda end: Concat("name", Value(end)),
    "of conditions": lambda end: Case(
        When(name__gt=f"shelf {end}", then=Concat("name", Value(end))), default=Value(end)
    ),
    "of the user's own": lambda end: Shelf.name + end,
    "of another query": lambda end: Concat(
        Subquery(QuerySet(Shelf).filter(id=8, name__endswith="8").values_list("name")[:1]), Value(end)
    ),
}


@pytest.mark.parametrize("name", SETS)
async def test_what_is_computed(session: AsyncSession, routes: list[bool], name: str) -> None:
    """Of each shape there is one route, with the values of each."""
    repo, said = ShelfRepository(session), SETS[name]
    for number, end in ((1, "a"), (2, "b"), (3, "c")):
        assert await repo.objects.filter(id=number).update(name=said(end)) == 1
    assert routes == [False, True, True]
    found = await _names(session)
    await session.rollback()
    for number, end in ((1, "a"), (2, "b"), (3, "c")):
        await repo.objects.filter(id=number).execution_options(direct=False).update(name=said(end))
    assert found == await _names(session)


async def test_values_beside_what_is_computed(session: AsyncSession, routes: list[bool]) -> None:
    rows = ShelfRepository(session).objects
    for number, end in ((1, "a"), (2, "b"), (3, "c")):
        computed = Concat("name", Value(end), Value("-"), Value(end))
        await rows.filter(name=f"shelf {number}").update(name=computed, id=number * 100)
    assert routes == [False, True, True]
    found = [*await session.scalars(select(Shelf.name).where(Shelf.id >= 100).order_by(Shelf.id))]
    assert found == ["shelf 1a-a", "shelf 2b-b", "shelf 3c-c"]


@pytest.mark.by_turns
async def test_many_shapes_are_not_kept(session: AsyncSession, shelves: Database) -> None:
    rows = ShelfRepository(session).objects.filter(id=1)
    for number in range(MOST + 2):
        await rows.update(
            name=Case(*[When(id=each, then=Value("x")) for each in range(number + 1)], default=Value("y"))
        )
    (run,) = _run_of(shelves, rows)
    assert len(run.known["sets"]) == 2


async def test_what_the_session_holds_is_told(session: AsyncSession, routes: list[bool]) -> None:
    repo = ShelfRepository(session)
    for name in ("a", "b"):
        await repo.objects.filter(id=1).update(name=name)
    shelf = await repo.objects.get(id=1)
    routes.clear()
    await repo.objects.filter(id=1).update(name="c")
    assert shelf.name == "c"
    await repo.objects.filter(id=1).delete()
    assert shelf not in session
    assert True not in routes


async def test_what_was_added_is_written_first(session: AsyncSession) -> None:
    repo = ShelfRepository(session)
    for name in ("a", "b"):
        await repo.objects.filter(id=1).update(name=name)
    shelf = Shelf(id=20, name="new")
    session.add(shelf)
    assert await repo.objects.filter(id=20).update(name="c") == 1
    assert shelf.name == "c"


async def test_errors(session: AsyncSession, routes: list[bool]) -> None:
    repo = ShelfRepository(session)
    for name in ("a", "b"):
        await repo.objects.filter(id=1).update(name=name)
    await session.commit()
    errors: list[DBAPIError] = []
    for direct in (True, False):
        rows = repo.objects.filter(id=1).execution_options(**({} if direct else {"direct": False}))
        with pytest.raises(DBAPIError) as raised:
            await rows.update(name="shelf 2")
        errors.append(raised.value)
        await session.rollback()
    assert routes == [False, True, True]
    here, there = errors
    assert (type(here), str(here), here.params) == (type(there), str(there), there.params)


async def test_a_key_that_is_referred_to(session: AsyncSession) -> None:
    session.add(Book(id=1, title="x", shelf_id=1))
    await session.commit()
    session.expunge_all()
    for number in (8, 9):
        await ShelfRepository(session).objects.filter(id=number).delete()
    await ShelfRepository(session).objects.filter(id=1).delete()
    with pytest.raises(DBAPIError):
        await session.commit()
    await session.rollback()
    assert await BookRepository(session).objects.count() == 1


async def test_a_writer_waits_in_line(shelves: Database) -> None:
    if shelves.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    async with shelves.session() as session, shelves.session() as other:
        for name in ("a", "b"):
            await ShelfRepository(session).objects.filter(id=1).update(name=name)
            await session.commit()
        await other.execute(text("PRAGMA busy_timeout = 10"))
        await ShelfRepository(session).objects.filter(id=1).update(name="c")
        with pytest.raises(DatabaseLockedError, match="another session has written") as raised:
            await ShelfRepository(other).objects.filter(id=1).update(name="d")
        assert raised.value.statement is not None
        assert raised.value.statement.startswith("UPDATE")
        await other.rollback()
        await session.commit()
        assert await ShelfRepository(other).objects.filter(id=1).update(name="d") == 1
