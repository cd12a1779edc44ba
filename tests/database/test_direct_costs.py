"""What operations cost whose plans are there, counted and not timed: calls of Python, memory, statements."""

import gc
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, QuerySet, Value
from django_like_repos.functions import Concat
from django_like_repos.plans import SELECT
from tests.calls import called
from tests.database.models import Shelf, ShelfRepository
from tests.routes import counted

Operation = Callable[[AsyncSession, int], Any]


def _rows(session: AsyncSession) -> Any:
    return ShelfRepository(session).objects


CALLS: dict[str, tuple[Operation, int]] = {
    "get": (lambda session, at: _rows(session).get(name="Проза"), 78),
    "exists": (lambda session, at: _rows(session).filter(name=f"shelf {at}").exists(), 62),
    "count": (lambda session, at: _rows(session).filter(name=f"shelf {at}").count(), 63),
    "values_list": (lambda session, at: _rows(session).filter(id__gt=at).values_list("id", "name"), 80),
    "in a list": (lambda session, at: _rows(session).filter(id__in=[*range(at, at + 100)]).exists(), 70),
    "update": (lambda session, at: _rows(session).filter(id=1000 + at).update(name=f"new {at}"), 130),
    "update to an expression": (
        lambda session, at: _rows(session).filter(id=1000 + at).update(name=Concat("name", Value(f"{at}"))),
        224,
    ),
    "delete": (lambda session, at: _rows(session).filter(id__in=[*range(1000, 1100 + at)]).delete(), 117),
}
"""Operations, and the most of our functions that each may call, a few more than it does.

Versions of SQLAlchemy and Python differ by one or two. Less is welcome: put it here then.
"""


@pytest.fixture
async def session(shelves: Database) -> AsyncIterator[AsyncSession]:
    async with shelves.session() as session:
        yield session


@pytest.mark.parametrize("name", CALLS)
async def test_calls_of_our_functions(session: AsyncSession, name: str) -> None:
    operation, most = CALLS[name]
    for at in (1, 2, 3):
        session.expunge_all()
        await operation(session, at)
    session.expunge_all()
    with called() as found:
        await operation(session, 4)
    assert len(found) <= most, found


async def test_a_plan_that_is_there_leaves_nothing_behind(shelves: Database) -> None:
    prepare, rows = shelves.plans.prepare, QuerySet(Shelf)

    def hits(number: int) -> None:
        for at in range(number):
            prepare(SELECT, rows.filter(name=f"shelf {at}", id__in=[at, 2])[:5]._query)

    hits(50)
    gc.collect()
    before = sys.getallocatedblocks()
    hits(1000)
    gc.collect()
    assert sys.getallocatedblocks() - before < 100


async def test_a_session_of_its_own_that_writes(shelves: Database) -> None:
    """SQLite begins on the same way to its thread, PostgreSQL before the statement."""

    async def write(name: str) -> None:
        async with shelves.session() as session:
            await _rows(session).filter(id=1000).update(name=name)
            await session.commit()

    for name in ("a", "b"):
        await write(name)
    with counted() as found:
        await write("c")
    wanted = {"_execute": 2} if shelves.engine.dialect.name == "sqlite" else {"execute": 2, "fetch": 1}
    assert found == {"greenlet_spawn": 3, **wanted}
