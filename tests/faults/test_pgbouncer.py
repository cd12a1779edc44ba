"""Many sessions by a pooler in transaction mode: every answer is that of its own question."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from django_like_repos import Database
from tests.database.models import Base, BookRepository, ShelfRepository
from tests.pgbouncer import installed, pooled
from tests.postgres import new_database

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="PgBouncer is not installed: apt-get install pgbouncer"),
]

SHELVES = 20
TASKS = 40
ROUNDS = 25


@pytest.fixture
async def by_pooler(postgres: URL) -> AsyncIterator[URL]:
    async with new_database(postgres) as url:
        async with Database(url) as database:
            await database.create_all(Base)
            async with database.session() as session:
                await (
                    ShelfRepository(session)
                    .commit()
                    .bulk_create([{"id": number, "name": f"shelf {number}"} for number in range(SHELVES)])
                )
        with pooled(url, servers=3) as behind:
            yield behind


async def ask(database: Database, number: int) -> str | None:
    """Something that is wrong about the answers to some questions; None of right ones."""
    async with database.session() as session:
        shelves, books = ShelfRepository(session), BookRepository(session)
        for each in range(ROUNDS):
            key = (number * 7 + each) % SHELVES
            name = await shelves.objects.filter(id=key).values_list("name", flat=True)
            if name != [f"shelf {key}"]:
                return f"{name} of shelf {key}"
            counted = await shelves.objects.filter(id__in=list(range(key)), name__startswith="shelf").count()
            if counted != key:
                return f"{counted} before {key}"
            book = await books.flush().create(title=f"{number}/{each}", shelf_id=key)
            if await books.objects.filter(id=book.id).values_list("title", "shelf__name") != [
                (f"{number}/{each}", f"shelf {key}")
            ]:
                return f"book {number}/{each}"
            await session.commit()
    return None


async def storm(database: Database) -> list[Any]:
    answers = await asyncio.gather(
        *(ask(database, number) for number in range(TASKS)), return_exceptions=True
    )
    return [answer for answer in answers if answer is not None]


async def test_every_answer_is_its_own(by_pooler: URL, record_figures: Any) -> None:
    async with Database(by_pooler, pooler="transaction", pool_size=TASKS) as database:
        assert await storm(database) == []
        async with database.session() as session:
            assert await BookRepository(session).objects.count() == TASKS * ROUNDS
    record_figures(transactions=TASKS * ROUNDS, connections=3, wrong=0, errors=0)


async def test_without_the_preset_they_are_not(by_pooler: URL) -> None:
    """What the preset is for: this fails if it is needed no more."""
    said = {"server_settings": {"application_name": "plain"}, "statement_cache_size": 100}
    async with Database(by_pooler, pooler="session", pool_size=TASKS, connect_args=said) as database:
        wrong = await storm(database)
    assert wrong


async def test_a_pooler_refuses_what_it_cannot_set(by_pooler: URL) -> None:
    """Why a pooler has to be named."""
    async with Database(by_pooler) as database, database.session() as session:
        with pytest.raises(Exception, match="unsupported startup parameter") as raised:
            await session.execute(text("SELECT 1"))
        assert not isinstance(raised.value, TimeoutError)
        assert not isinstance(raised.value, DBAPIError) or raised.value.orig is not None
