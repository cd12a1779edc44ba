"""Rows that refer to their owner themselves: foreign keys set and emptied by one UPDATE."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import DoesNotExist, UnsupportedOperationError
from tests.links.models import Comment, Note, Part, Post, Seat, Ticket
from tests.links.repositories import CommentRepository, PostRepository, SeatRepository, stored
from tests.links.test_many_to_many import writes
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@pytest.fixture
async def post(posts: AsyncSession) -> Post:
    return await PostRepository(posts).objects.get(id=1)


async def owners(session: AsyncSession) -> list[Any]:
    return [owner for _, owner in await stored(session, Comment, "id", "post_id")]


async def test_add(posts: AsyncSession, post: Post, sql: RecordedSQL, backend: str) -> None:
    comment = await posts.get_one(Comment, 2)
    sql.clear()
    await PostRepository(posts).related(post, Post.comments).add(comment, 1, "3")

    locks = [each for each in writes(sql) if "FOR NO KEY UPDATE" in each]
    assert [" ORDER BY comments.id " in each for each in locks] == ([True] if backend == "postgresql" else [])
    updates = [each for each in writes(sql) if each.startswith("UPDATE")]
    assert len(updates) == 1
    assert "SET post_id=" in updates[0]
    assert await owners(posts) == [1, 1, 1, None]
    assert comment.post is post


async def test_remove_and_clear(posts: AsyncSession, post: Post) -> None:
    comments = PostRepository(posts).related(post, "comments")
    await comments.add(1, 2, 3)
    await PostRepository(posts).related(await posts.get_one(Post, 2), "comments").add(4)
    await comments.remove(1, await posts.get_one(Comment, 2))
    assert await owners(posts) == [None, None, 1, 2]
    with pytest.raises(DoesNotExist, match=r"remove\(\) of Post.comments: no such Comment .* <int>"):
        await comments.remove(3, 4)
    assert await owners(posts) == [None, None, 1, 2]
    await comments.clear()
    assert await owners(posts) == [None, None, None, 2]


async def test_set(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    comments = PostRepository(posts).related(post, "comments")
    await comments.add(1, 2)
    await comments.set([2, 3])
    assert await owners(posts) == [None, 1, 1, None]
    sql.clear()
    await comments.set([2, await posts.get_one(Comment, 3)])
    assert not [each for each in writes(sql) if each.startswith("UPDATE")]
    await comments.set([4], clear=True)
    assert await owners(posts) == [None, None, None, 1]


async def test_what_is_related(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    comments = PostRepository(posts).related(post, "comments")
    await comments.add(1, 2, 3)
    found = comments.objects.filter(text__gt="c1").order_by("-id")
    sql.clear()
    assert [each.text for each in await found] == ["c3", "c2"]
    same_sql(
        sql.last.replace("$1::INTEGER", "?").replace("$2::VARCHAR", "?"),
        "SELECT comments.id, comments.text, comments.spam, comments.post_id, comments.parent_id "
        "FROM comments WHERE ? = comments.post_id AND comments.text > ? ORDER BY comments.id DESC",
    )
    assert await found.count() == 2


async def test_rows_that_are_not_there(posts: AsyncSession, post: Post) -> None:
    with pytest.raises(
        DoesNotExist, match=r"add\(\) of Post.comments: there is no such Comment: <int>, <int>"
    ):
        await PostRepository(posts).related(post, "comments").add(1, 77, 78)
    assert await owners(posts) == [None] * 4


async def test_a_foreign_key_that_cannot_be_null(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    notes = PostRepository(posts).related(post, "notes")
    await notes.add(2)
    assert await stored(posts, Note, "id", "post_id") == [(1, 1), (2, 1)]
    await notes.set([1, 2])
    sql.clear()
    for refused in (notes.remove(1), notes.clear(), notes.set([], clear=True), notes.set([1])):
        with pytest.raises(
            UnsupportedOperationError, match=r"Note.post_id cannot be NULL, so that a Note has"
        ):
            await refused
    assert not [each for each in writes(sql) if each.startswith("UPDATE")]
    assert await notes.objects.filter(id=1).delete() == 1


async def test_what_the_mapping_would_delete(posts: AsyncSession, post: Post) -> None:
    parts = PostRepository(posts).related(post, "parts")
    part = await parts.create(name="x")
    with pytest.raises(UnsupportedOperationError, match=r"Post.parts: the mapping deletes a Part "):
        await parts.remove(part)
    assert await stored(posts, Part, "name", "post_id") == [("x", 1)]


async def test_composite_keys(posts: AsyncSession) -> None:
    seat = await posts.get_one(Seat, ("a", 1))
    tickets = SeatRepository(posts).related(seat, "tickets")
    await tickets.add(1, 2)
    await tickets.remove(1)
    assert await stored(posts, Ticket) == [(1, None, None), (2, "a", 1), (3, None, None)]
    made = await tickets.create()
    assert (made.seat_row, made.seat_number, made.seat is seat) == ("a", 1, True)
    assert await tickets.objects.count() == 2


async def test_the_own_class(posts: AsyncSession) -> None:
    comment = await posts.get_one(Comment, 1)
    replies = CommentRepository(posts).related(comment, "replies")
    await replies.add(2, 3)
    assert await stored(posts, Comment, "id", "parent_id") == [(1, None), (2, 1), (3, 1), (4, None)]
    assert await replies.objects.order_by("id").values_list("id", flat=True) == [2, 3]
    await replies.clear()
    assert not await replies.objects.exists()


async def test_a_join_that_says_more(posts: AsyncSession, post: Post) -> None:
    await PostRepository(posts).related(post, "comments").add(1, 2, 3)
    await CommentRepository(posts).objects.filter(id=1).update(spam=True)
    honest = PostRepository(posts).related(post, "honest")
    assert await honest.objects.order_by("id").values_list("id", flat=True) == [2, 3]
    await honest.set([3, 4])
    assert await owners(posts) == [1, None, 1, 1]
    await honest.clear()
    assert await owners(posts) == [1, None, None, None]
