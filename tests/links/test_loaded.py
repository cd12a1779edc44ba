"""What the session's objects have loaded: current after each write, and written by no later flush."""

from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Prefetch, ViolationError
from tests.links.models import Author, Comment, Credit, Note, Post, Tag
from tests.links.repositories import (
    AuthorRepository,
    CommentRepository,
    PostRepository,
    TagRepository,
    stored,
)
from tests.links.test_many_to_many import linked, writes
from tests.recording import RecordedSQL


@pytest.fixture
async def post(posts: AsyncSession) -> Post:
    await PostRepository(posts).related(await posts.get_one(Post, 1), "tags").add(1, 2)
    posts.expunge_all()
    return (
        await PostRepository(posts).objects.prefetch_related("tags", "ordered", "visible", "viewed").get(id=1)
    )


def names(tags: Any) -> list[str]:
    return [each.name for each in tags]


async def test_members_that_the_session_has(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    """They are put into the very collection that is there; nobody is asked, and nothing is flushed."""
    post = await PostRepository(posts).objects.prefetch_related("tags").get(id=1)
    held = post.tags
    third, first = await posts.get_one(Tag, 3), await posts.get_one(Tag, 1)
    posts.expire(post, ["ordered", "visible", "viewed"])
    related = PostRepository(posts).related(post, "tags")
    sql.clear()
    await related.add(third, 1)
    assert names(held) == ["t1", "t2", "t3"]
    await related.remove(first)
    assert names(held) == ["t2", "t3"]
    assert post.tags is held
    assert [each.split()[0] for each in writes(sql)] == ["INSERT", "DELETE"]

    assert not inspect(post).modified
    sql.clear()
    await posts.flush()
    assert writes(sql) == []
    assert await linked(posts) == [(1, 2), (1, 3)]


async def test_members_that_the_session_has_not(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    """They are read, once a relation, and come in its order."""
    held = post.tags
    related = PostRepository(posts).related(post, "tags")
    await related.add(5, through_defaults={"place": 9})
    assert names(held) == ["t1", "t2", "t5"]
    assert names(post.ordered)[0] == "t5"
    assert sorted(names(post.visible)) == sorted(names(post.viewed)) == ["t1", "t2", "t5"]

    await related.set([4, 5])
    assert sorted(names(held)) == ["t4", "t5"]
    assert names(post.visible) == ["t5"]
    await related.clear()
    assert (post.tags, post.ordered, post.visible, post.viewed) == ([], [], [], [])
    sql.clear()
    await posts.flush()
    assert writes(sql) == []


async def test_the_other_ends(posts: AsyncSession, post: Post) -> None:
    first, second, third = (
        await TagRepository(posts).objects.filter(id__lt=4).order_by("id").prefetch_related("posts")
    )
    related = PostRepository(posts).related(post, "tags")
    await related.add(third)
    await related.remove(1)
    assert [[each.title for each in tag.posts] for tag in (first, second, third)] == [[], ["p1"], ["p1"]]
    await TagRepository(posts).related(first, "posts").set([1, 2])
    assert names(post.tags) == ["t2", "t3", "t1"]
    await related.clear()
    assert [[each.title for each in tag.posts] for tag in (first, second, third)] == [["p2"], [], []]
    assert not posts.dirty


async def test_a_set_at_the_other_end(posts: AsyncSession) -> None:
    tag = await TagRepository(posts).objects.prefetch_related("loose_posts").get(id=1)
    post = await posts.get_one(Post, 1)
    held = tag.loose_posts
    await PostRepository(posts).related(post, "loose").add(1)
    assert held == {post}
    await PostRepository(posts).related(post, "loose").set([2])
    assert held == set()


async def test_only_a_part_is_loaded(posts: AsyncSession) -> None:
    """What was left out stays out."""
    repository = PostRepository(posts)
    await repository.related(await posts.get_one(Post, 1), "tags").add(1, 2, 3)
    posts.expunge_all()
    some = TagRepository(posts).objects.filter(id=2)
    post = await repository.objects.prefetch_related(Prefetch("tags", some)).get(id=1)
    await repository.related(post, "tags").add(5, await posts.get_one(Tag, 4))
    assert sorted(names(post.tags)) == ["t2", "t4"]
    await repository.related(post, "tags").remove(2, 1)
    assert names(post.tags) == ["t4"]


async def test_objects_of_the_class_between(posts: AsyncSession) -> None:
    post = await PostRepository(posts).objects.prefetch_related("credits__author", "credited").get(id=1)
    author = await AuthorRepository(posts).objects.prefetch_related("credits").get(id=1)
    authors = PostRepository(posts).related(post, Post.authors)
    await authors.add(author, 2, through_defaults={"role": "x"})

    assert [each.role for each in author.credits] == ["x"]
    assert [each.author_id for each in sorted(post.credits, key=lambda each: each.author_id)] == [1, 2]
    assert sorted(names(post.credited)) == ["a1", "a2"]
    (credit,) = author.credits
    await authors.remove(author)
    assert author.credits == []
    assert [each.author_id for each in post.credits] == [2]
    assert credit not in posts
    await posts.flush()
    assert await stored(posts, Credit, "author_id") == [(2,)]


async def test_rows_that_refer_themselves(posts: AsyncSession) -> None:
    repository = PostRepository(posts)
    first, second = (
        await repository.objects.filter(id__lt=3).order_by("id").prefetch_related("comments", "honest")
    )
    one, two = await CommentRepository(posts).objects.filter(id__lt=3).order_by("id").select_related("post")
    held = first.comments
    await repository.related(first, "comments").add(one, two, 3)
    assert [each.id for each in held] == [each.id for each in first.honest] == [1, 2, 3]
    assert (one.post, one.post_id, two.post) == (first, 1, first)

    await repository.related(second, "comments").add(one)
    assert [each.id for each in held] == [each.id for each in first.honest] == [2, 3]
    assert (one.post, second.comments, second.honest) == (second, [one], [one])
    await repository.related(first, "comments").clear()
    assert (held, first.honest, two.post, two.post_id) == ([], [], None, None)
    await repository.related(second, "comments").set([two])
    assert (second.comments, one.post, two.post) == ([two], None, second)
    await posts.flush()
    assert await stored(posts, Comment, "id", "post_id") == [(1, None), (2, 2), (3, None), (4, None)]


async def test_the_order_of_the_mapping(posts: AsyncSession) -> None:
    post = await PostRepository(posts).objects.prefetch_related("notes").get(id=1)
    notes = PostRepository(posts).related(post, "notes")
    await notes.create(text="a")
    await notes.add(2)
    assert [each.text for each in post.notes] == ["a", "n1", "n2"]


async def test_a_dict(posts: AsyncSession) -> None:
    post = await PostRepository(posts).objects.prefetch_related("parts").get(id=1)
    part = await PostRepository(posts).related(post, Post.parts).create(name="x")
    assert post.parts == {"x": part}


async def test_collections_that_are_never_loaded(posts: AsyncSession) -> None:
    post = await posts.get_one(Post, 1)
    await PostRepository(posts).related(post, "written").add(1)
    await PostRepository(posts).related(post, Post.asked).add(2)
    assert await linked(posts) == [(1, 1), (1, 2)]
    assert await PostRepository(posts).related(post, Post.written).objects.count() == 2


async def test_a_pending_owner_and_pending_members(posts: AsyncSession) -> None:
    """They are flushed before."""
    post, tag = Post(title="new", tags=[]), Tag(name="new")
    posts.add_all([post, tag])
    await PostRepository(posts).related(post, "tags").add(tag, 1)
    assert await linked(posts) == [(post.id, 1), (post.id, tag.id)]
    assert sorted(names(post.tags)) == ["new", "t1"]

    later = Post(title="later", notes=[])
    posts.add(later)
    note = await PostRepository(posts).related(later, "notes").create(text="x")
    assert (note.post_id, note.post, later.notes) == (later.id, later, [note])
    last = Post(title="last")
    posts.add(last)
    made, created = await PostRepository(posts).related(last, "notes").get_or_create(text="y")
    assert (made.post_id, created) == (last.id, True)


async def test_what_was_changed_before(posts: AsyncSession, post: Post) -> None:
    """What is pending in the collection is flushed first, and stays."""
    (fifth,) = await TagRepository(posts).objects.filter(id=5)
    post.tags.append(fifth)
    await PostRepository(posts).related(post, "tags").add(3)
    assert sorted(names(post.tags)) == ["t1", "t2", "t3", "t5"]
    assert await linked(posts) == [(1, 1), (1, 2), (1, 3), (1, 5)]


async def test_what_failed_is_as_before(posts: AsyncSession, post: Post) -> None:
    held = post.tags
    with pytest.raises(ViolationError, match="there is no such row"):
        await PostRepository(posts).related(post, "tags").set([5, 77])
    assert names(post.tags) == names(held) == ["t1", "t2"]
    assert await linked(posts) == [(1, 1), (1, 2)]
    assert await stored(posts, Note, "id") == [(1,), (2,)]
    assert await stored(posts, Author, "id") == [(1,), (2,), (3,), (4,)]
