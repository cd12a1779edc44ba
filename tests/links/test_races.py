"""Many at once, each in a session of its own: no error, no duplicate, nothing lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.links.models import Post, Tag, loose_tags, post_tags
from tests.links.repositories import CommentRepository, PostRepository, TagRepository, stored
from tests.writes.racing import started, two_sessions

TASKS = 32
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], scope="session")


@pytest.fixture
async def shared(posts_database: Database) -> Any:
    """The posts for several connections; their links are gone afterwards."""
    yield posts_database
    async with posts_database.session() as session:
        for table in (post_tags, loose_tags):
            await session.execute(table.delete())
        await session.execute(Tag.__table__.delete().where(Tag.id > 5))  # type: ignore[attr-defined]
        await session.commit()


async def together(database: Database, work: Callable[[AsyncSession, int], Awaitable[object]]) -> None:
    """So many tasks, none of which begins before all are there."""
    there = asyncio.Barrier(TASKS)

    async def run(number: int) -> None:
        await there.wait()
        async with database.session() as session:
            await work(session, number)
            await session.commit()

    async with asyncio.TaskGroup() as group:
        for number in range(TASKS):
            group.create_task(run(number))


def shuffled(number: int) -> list[int]:
    """Keys that no two neighbours give in the same order."""
    keys = [1, 2, 3, 4, 5]
    turn = number % 5
    keys = keys[turn:] + keys[:turn]
    return keys if number % 2 else keys[::-1]


@pytest.mark.parametrize("path", ["tags", "loose"])
async def test_the_same_links_from_both_ends(shared: Database, path: str) -> None:
    async def work(session: AsyncSession, number: int) -> None:
        if number % 4:
            post = await session.get_one(Post, 1)
            await PostRepository(session).related(post, path).add(*shuffled(number))
        else:
            tag = await session.get_one(Tag, number % 5 + 1)
            back = "posts" if path == "tags" else "loose_posts"
            await TagRepository(session).related(tag, back).add(1)

    await together(shared, work)
    async with shared.session() as session:
        table = post_tags if path == "tags" else loose_tags
        assert await stored(session, table, "post_id", "tag_id") == [(1, tag) for tag in range(1, 6)]


async def test_set_add_and_remove(shared: Database) -> None:
    """What all of them end with is there once."""

    async def work(session: AsyncSession, number: int) -> None:
        tags = PostRepository(session).related(await session.get_one(Post, 2), "tags")
        if number % 3:
            await tags.set([*shuffled(number)[:3], 5])
        else:
            await tags.add(*shuffled(number), 5)

    await together(shared, work)
    async with shared.session() as session:
        links = await stored(session, post_tags, "post_id", "tag_id")
        assert len(links) == len(set(links))
        assert (2, 5) in links


async def test_get_or_create(shared: Database) -> None:
    """One makes the row and its link; the others find both."""
    made: list[bool] = []

    async def work(session: AsyncSession, number: int) -> None:
        tags = PostRepository(session).related(await session.get_one(Post, 3), "tags")
        _, created = await tags.get_or_create(name="raced")
        made.append(created)

    await together(shared, work)
    assert sorted(made) == [False] * (TASKS - 1) + [True]
    async with shared.session() as session:
        tags = PostRepository(session).related(await session.get_one(Post, 3), "tags")
        assert await tags.objects.values_list("name", flat=True) == ["raced"]


async def test_rows_that_refer_themselves(shared: Database) -> None:
    """Who is given what another has taken meanwhile, or is to let it go, waits, and is not refused."""

    async def work(session: AsyncSession, number: int) -> None:
        comments = PostRepository(session).related(await session.get_one(Post, number % 3 + 1), "comments")
        mine = [key for key in shuffled(number) if key < 5]
        if number % 2:
            await comments.add(*mine)
        else:
            await comments.set(mine[: number % 5])

    await together(shared, work)
    async with shared.session() as session:
        await CommentRepository(session).objects.update(post_id=None)
        await session.commit()


@on_postgresql
async def test_who_comes_second_waits(shared: Database) -> None:
    """For the link that the first has not committed yet, and leaves it."""
    async with two_sessions(shared) as (first, second):
        mine = PostRepository(first).related(await first.get_one(Post, 1), "tags")
        theirs = PostRepository(second).related(await second.get_one(Post, 1), "tags")
        await mine.add(1, 2)
        waiting = await started(shared, theirs.add(2, 3))
        await first.commit()
        await waiting
        await second.commit()
    async with shared.session() as session:
        assert await stored(session, post_tags, "post_id", "tag_id") == [(1, 1), (1, 2), (1, 3)]
