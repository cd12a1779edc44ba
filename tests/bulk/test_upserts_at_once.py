"""Upserts at once, of the same keys: no error, no row twice, no update lost.

Who would be in another's way waits for him, in an order that is the same for all. Nothing here sleeps.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, CheckConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, F, Proposed, Q, ViolationError
from tests.examples import examples
from tests.postgres import new_database
from tests.writes.racing import started, two_sessions

on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], scope="session")

TASKS = 32
KEYS = 24


class Base(DeclarativeBase):
    """The model of these tests."""


class Tally(Base):
    __tablename__ = "tallies"
    __table_args__ = (CheckConstraint("count > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
    count: Mapped[int]


class TallyRepository(BaseRepository[Tally]): ...


@pytest.fixture
async def tallies(backend: str, tmp_path: Path, postgres: URL) -> AsyncIterator[Database]:
    if backend == "sqlite":
        async with Database(URL.create("sqlite+aiosqlite", database=str(tmp_path / "t.sqlite3"))) as database:
            await database.create_all(Base.metadata)
            yield database
        return
    async with new_database(postgres) as url, Database(url, pool_size=TASKS) as database:
        await database.create_all(Base.metadata)
        yield database


def _words(random: Random) -> list[str]:
    words = [f"word {n}" for n in range(KEYS)]
    random.shuffle(words)
    return words[: random.randint(KEYS // 2, KEYS)]


async def counted(database: Database) -> dict[str, int]:
    async with database.session() as session:
        return dict(await TallyRepository(session).objects.values_list("word", "count"))


async def test_32_tasks_count_the_same_words(tallies: Database) -> None:
    """Each brings others of them, in an order of its own; some of what was there is deleted meanwhile."""
    for seed in range(examples(20).max_examples):
        random = Random(seed)
        brought = [_words(random) for _ in range(TASKS)]
        together = asyncio.Barrier(TASKS)

        async def count(words: list[str], together: Any = together) -> Any:
            async with tallies.session() as session:
                await together.wait()
                rows = [{"word": word, "count": 1} for word in words]
                changes = {"count": F("count") + Proposed("count")}
                return await TallyRepository(session).commit().upsert(rows, ["word"], changes)

        before = await counted(tallies)
        found = await asyncio.gather(*[count(words) for words in brought])

        every = [word for words in brought for word in words]
        now = await counted(tallies)
        assert now == {word: before.get(word, 0) + every.count(word) for word in {*every, *before}}
        created = [key for each in found for key in each.created]
        assert len(created) == len({*created}) == len(now) - len(before)
        assert sum(each.rowcount for each in found) == len(every)


async def test_32_tasks_get_or_create_the_same_rows(tallies: Database) -> None:
    random = Random(77)
    brought = [_words(random) for _ in range(TASKS)]

    async def make(words: list[str]) -> list[tuple[str, int, bool]]:
        async with tallies.session() as session:
            rows = [{"word": word, "count": 1} for word in words]
            found = await TallyRepository(session).commit().bulk_get_or_create(rows, ["word"])
            return [(tally.word, tally.id, new) for tally, new in found]

    found = await asyncio.gather(*map(make, brought))

    assert [[word for word, _, _ in each] for each in found] == brought
    new = [word for each in found for word, _, is_new in each if is_new]
    assert sorted(new) == sorted({word for words in brought for word in words})
    assert len({(word, id) for each in found for word, id, _ in each}) == len(new)


async def test_rows_that_are_deleted_meanwhile_are_there_afterwards(tallies: Database) -> None:
    words = [f"word {n}" for n in range(KEYS)]
    rows = [{"word": word, "count": 1} for word in words]
    async with tallies.session() as session:
        await TallyRepository(session).commit().upsert(rows, ["word"])

    async def delete() -> None:
        async with tallies.session() as session:
            # In the order of the keys too: of two that lock in another order, one would have to give up.
            for word in sorted(words)[::2]:
                await TallyRepository(session).objects.filter(word=word).delete()
            await session.commit()

    async def write() -> int:
        async with tallies.session() as session:
            return (await TallyRepository(session).commit().upsert(rows, ["word"])).rowcount

    _, *found = await asyncio.gather(delete(), *[write() for _ in range(8)])

    assert found == [KEYS] * 8
    left = await counted(tallies)
    assert {*sorted(words)[1::2]} <= set(left) <= {*words}


@on_postgresql
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "rolled back"])
async def test_who_inserts_what_another_inserts_waits(committed: bool, tallies: Database) -> None:
    rows = [{"word": word, "count": 1} for word in "ba"]
    changes = {"count": F("count") + Proposed("count")}
    async with two_sessions(tallies) as (first, second):
        mine = await TallyRepository(first).upsert(rows, ["word"], changes)
        waiting = await started(tallies, TallyRepository(second).upsert(rows, ["word"], changes))
        await (first.commit() if committed else first.rollback())
        theirs = await waiting
        await second.commit()

    assert (mine.counts, theirs.counts) == ((2, 0, 0), (0, 2, 0) if committed else (2, 0, 0))
    assert await counted(tallies) == {"a": 1 + committed, "b": 1 + committed}


@on_postgresql
async def test_a_condition_is_of_the_row_as_it_is_when_it_is_locked(tallies: Database) -> None:
    async with tallies.session() as session:
        await TallyRepository(session).commit().upsert([{"word": "a", "count": 1}], ["word"])
    async with two_sessions(tallies) as (first, second):
        await TallyRepository(first).objects.filter(word="a").update(count=9)
        where = Q(count__lt=Proposed("count"))
        waiting = await started(
            tallies, TallyRepository(second).upsert([{"word": "a", "count": 5}], ["word"], where=where)
        )
        await first.commit()

        assert (await waiting).counts == (0, 0, 1)
        await second.commit()
    assert await counted(tallies) == {"a": 9}


@on_postgresql
async def test_a_row_that_is_deleted_by_who_was_waited_for_is_created(tallies: Database) -> None:
    async with tallies.session() as session:
        await TallyRepository(session).commit().upsert([{"word": "a", "count": 1}], ["word"])
    async with two_sessions(tallies) as (first, second):
        await TallyRepository(first).objects.filter(word="a").delete()
        waiting = await started(
            tallies, TallyRepository(second).upsert([{"word": "a", "count": 5}], ["word"])
        )
        await first.commit()

        assert (await waiting).counts == (1, 0, 0)
        await second.commit()
    assert await counted(tallies) == {"a": 5}


async def test_what_others_wait_for_is_not_lost_where_one_fails(tallies: Database) -> None:
    async def write(amount: int) -> Any:
        async with tallies.session() as session:
            rows = [{"word": "a", "count": 1}, {"word": "b", "count": amount}]
            changes = {"count": F("count") + Proposed("count")}
            return await TallyRepository(session).commit().upsert(rows, ["word"], changes)

    found = await asyncio.gather(*map(write, [1, -77] * 6), return_exceptions=True)

    assert [isinstance(each, ViolationError) for each in found] == [False, True] * 6
    assert await counted(tallies) == {"a": 6, "b": 6}
