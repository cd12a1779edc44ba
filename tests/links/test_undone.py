"""Links that a savepoint undoes: what the session's objects have loaded is as it was before it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, UnsupportedOperationError, atomic
from tests.links.models import Comment, Note, Post, Tag, post_tags
from tests.links.repositories import CommentRepository, PostRepository, TagRepository, stored
from tests.links.test_many_to_many import linked


class Undone(Exception):
    """What undoes a block."""


@asynccontextmanager
async def undone(session: AsyncSession) -> AsyncIterator[None]:
    """A block within a transaction whose savepoint is rolled back."""
    await session.connection()
    with suppress(Undone):
        async with atomic(session):
            yield
            raise Undone


async def _add(session: AsyncSession, post: Post) -> None:
    await PostRepository(session).related(post, "tags").add(await session.get_one(Tag, 3), 4)


async def _remove(session: AsyncSession, post: Post) -> None:
    await PostRepository(session).related(post, "tags").remove(1)


async def _clear(session: AsyncSession, post: Post) -> None:
    await PostRepository(session).related(post, "tags").clear()


async def _set(session: AsyncSession, post: Post) -> None:
    await PostRepository(session).related(post, "tags").set([2, 5])


async def _create(session: AsyncSession, post: Post) -> None:
    await PostRepository(session).related(post, "tags").create(name="ghost")


async def _delete(session: AsyncSession, post: Post) -> None:
    await session.execute(post_tags.delete())
    await TagRepository(session).objects.filter(id=1).delete()


@pytest.mark.parametrize("work", [_add, _remove, _clear, _set, _create, _delete])
async def test_links(posts: AsyncSession, work: Callable[[AsyncSession, Post], Awaitable[None]]) -> None:
    await PostRepository(posts).related(await posts.get_one(Post, 1), "tags").add(1, 2)
    post = await PostRepository(posts).objects.prefetch_related("tags").get(id=1)
    other = await TagRepository(posts).objects.prefetch_related("posts").get(id=1)
    async with undone(posts):
        await work(posts, post)
    assert sorted(tag.id for tag in post.tags) == [1, 2]
    assert other in post.tags
    assert other.posts == [post]
    posts.add(post)
    await posts.flush()
    assert await TagRepository(posts).objects.count() == 5

    post.tags.remove(other)
    await posts.flush()
    assert await linked(posts) == [(1, 2)]


async def _comments_added(session: AsyncSession, owners: list[Post]) -> None:
    await PostRepository(session).related(owners[0], "comments").add(2, 3)


async def _comments_removed(session: AsyncSession, owners: list[Post]) -> None:
    await PostRepository(session).related(owners[0], "comments").clear()


async def _comments_deleted(session: AsyncSession, owners: list[Post]) -> None:
    await CommentRepository(session).objects.delete()


async def _comments_updated(session: AsyncSession, owners: list[Post]) -> None:
    await CommentRepository(session).objects.update(post_id=3)


async def _comment_made(session: AsyncSession, owners: list[Post]) -> None:
    await PostRepository(session).related(owners[0], "comments").create(text="ghost")


@pytest.mark.parametrize(
    "work", [_comments_added, _comments_removed, _comments_deleted, _comments_updated, _comment_made]
)
async def test_foreign_keys(
    posts: AsyncSession, work: Callable[[AsyncSession, list[Post]], Awaitable[None]]
) -> None:
    repository = PostRepository(posts)
    await CommentRepository(posts).objects.filter(id=1).update(post_id=1)
    await CommentRepository(posts).objects.filter(id=2).update(post_id=2)
    owners = await repository.objects.filter(id__lt=3).order_by("id").prefetch_related("comments__post")
    loose = await CommentRepository(posts).objects.prefetch_related("post").get(id=3)
    async with undone(posts):
        await work(posts, owners)
    assert [[each.id for each in owner.comments] for owner in owners] == [[1], [2]]
    assert [each.post for owner in owners for each in owner.comments] == owners
    assert (loose.post, loose.post_id) == (None, None)
    await posts.flush()
    rows = await stored(posts, Comment, "id", "post_id")
    assert rows[:3] == [(1, 1), (2, 2), (3, None)]


async def test_what_is_taken_from_another(posts: AsyncSession) -> None:
    owners = await PostRepository(posts).objects.order_by("id").prefetch_related("notes")
    async with undone(posts):
        await PostRepository(posts).related(owners[0], "notes").add(2)
        assert [[note.id for note in owner.notes] for owner in owners] == [[1, 2], [], []]
    assert [[note.id for note in owner.notes] for owner in owners] == [[1], [2], []]
    assert await stored(posts, Note, "id", "post_id") == [(1, 1), (2, 2)]


async def test_a_savepoint_of_sqlalchemy(posts: AsyncSession) -> None:
    """What it undoes is to be loaded again, as after its own flush."""
    post = await PostRepository(posts).objects.prefetch_related("tags").get(id=1)
    nested = await posts.begin_nested()
    await PostRepository(posts).related(post, "tags").add(1)
    await nested.rollback()
    assert "tags" in inspect(post).unloaded
    await PostRepository(posts).fetch_related(post, "tags")
    assert post.tags == []


async def test_blocks_within_blocks(posts: AsyncSession) -> None:
    """What an inner one has kept, the outer one undoes."""
    post = await PostRepository(posts).objects.prefetch_related("tags").get(id=1)
    async with undone(posts), atomic(posts):
        await PostRepository(posts).related(post, "tags").add(1)
    assert post.tags == []


class HookedTags(BaseRepository[Tag]):
    def after_create(self, objs: Any) -> None:
        pass


@pytest.mark.parametrize("verb", ["add", "set", "clear", "create"])
async def test_a_commit_in_a_block(posts: AsyncSession, verb: str) -> None:
    """It is refused before anything is written, and where it is caught nothing is kept."""
    repository = PostRepository(posts)
    post = await repository.objects.prefetch_related("tags").get(id=1)
    await repository.related(post, "tags").add(2)
    tags = repository.commit().related(post, "tags")
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "add": lambda: tags.add(1),
        "set": lambda: tags.set([1]),
        "clear": tags.clear,
        "create": lambda: tags.create(name="x"),
    }
    async with atomic(posts):
        with pytest.raises(UnsupportedOperationError, match="a commit would end the whole transaction"):
            await calls[verb]()
        with pytest.raises(UnsupportedOperationError, match="a commit would end the whole transaction"):
            await HookedTags(posts).commit().create(name="y")
    assert await linked(posts) == [(1, 2)]
    assert [tag.id for tag in post.tags] == [2]
    assert await TagRepository(posts).objects.count() == 5
