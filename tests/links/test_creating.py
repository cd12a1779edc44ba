"""New rows that are related: create(), bulk_create(), get_or_create(), update_or_create(), and hooks."""

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    DoesNotExist,
    InvalidLookupValueError,
    UnknownFieldError,
    UnsupportedOperationError,
)
from tests.links.models import Comment, Credit, Note, Post, Tag
from tests.links.repositories import CommentRepository, PostRepository, TagRepository, stored
from tests.links.test_many_to_many import linked


@pytest.fixture
async def post(posts: AsyncSession) -> Post:
    return await PostRepository(posts).objects.prefetch_related("tags", "comments").get(id=1)


async def test_create(posts: AsyncSession, post: Post) -> None:
    related = PostRepository(posts).related(post, Post.tags)
    tag = await related.create(name="new", hidden="true", through_defaults={"place": 3})
    assert (tag.hidden, post.tags) == (True, [tag])
    assert await linked(posts) == [(1, tag.id)]

    comment = await PostRepository(posts).related(post, "comments").create(text="new")
    assert (comment.post_id, comment.post, post.comments) == (1, post, [comment])
    assert not posts.dirty


async def test_an_association_object(posts: AsyncSession, post: Post) -> None:
    author = (
        await PostRepository(posts)
        .related(post, "authors")
        .create(name="new", through_defaults={"role": "x"})
    )
    assert await stored(posts, Credit, "post_id", "author_id", "role") == [(1, author.id, "x")]


async def test_what_is_created_is_undone_with_its_link(posts: AsyncSession, post: Post) -> None:
    with pytest.raises(IntegrityError, match="role"):
        await PostRepository(posts).related(post, "authors").create(name="new")
    assert len(await stored(posts, Tag)) == 5
    assert await PostRepository(posts).related(post, "authors").objects.count() == 0
    assert await stored(posts, Credit) == []


async def test_bulk_create(posts: AsyncSession, post: Post) -> None:
    related = PostRepository(posts).related(post, "tags")
    made = await related.bulk_create([{"name": "x"}, Tag(name="y")])
    assert post.tags == made
    assert await related.bulk_create([]) == []
    comments = (
        await PostRepository(posts).related(post, "comments").bulk_create([{"text": "x"}, Comment(text="y")])
    )
    assert post.comments == comments
    assert [each.post for each in comments] == [post, post]


async def test_get_or_create(posts: AsyncSession, post: Post) -> None:
    related = PostRepository(posts).related(post, "tags")
    tag, created = await related.get_or_create({"hidden": lambda: True}, name="new")
    assert (tag.hidden, created, await linked(posts)) == (True, True, [(1, tag.id)])
    assert await related.get_or_create({"hidden": False}, name="new") == (tag, False)
    assert post.tags == [tag]
    # As in Django, one that is there and not related is no match, and cannot be made.
    with pytest.raises(IntegrityError):
        await related.get_or_create(name="t1")
    assert await linked(posts) == [(1, tag.id)]

    notes = PostRepository(posts).related(post, "notes")
    note, created = await notes.get_or_create(text="x")
    assert (note.post_id, note.post, created) == (1, post, True)
    assert await notes.get_or_create(text="x") == (note, False)
    other, created = await notes.get_or_create(text="n2")
    assert (created, other.post_id) == (True, 1)


async def test_update_or_create(posts: AsyncSession, post: Post) -> None:
    related = PostRepository(posts).related(post, "tags")
    tag, created = await related.update_or_create(
        {"hidden": True}, {"hidden": False}, name="new", through_defaults={"place": 4}
    )
    assert (tag.hidden, created, post.tags) == (False, True, [tag])
    assert await related.update_or_create({"hidden": True}, name="new") == (tag, False)
    assert tag.hidden is True
    comment, created = (
        await PostRepository(posts).related(post, "comments").update_or_create({"spam": True}, text="new")
    )
    assert (comment.post_id, comment.spam, created, post.comments) == (1, True, True, [comment])


class Told(BaseRepository[Tag]):
    calls: ClassVar[list[tuple[str, Any]]] = []

    def prepare_create(self, values: dict[str, Any]) -> None:
        self.calls.append(("prepare_create", dict(values)))
        values["name"] = values["name"].upper()

    async def after_create(self, objs: Sequence[Tag]) -> None:
        self.calls.append(("after_create", [each.id is not None for each in objs]))
        if objs[0].name == "BAD":
            raise ValueError("refused")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(hidden=False)


class ToldOfNotes(BaseRepository[Note]):
    calls: ClassVar[list[tuple[str, Any]]] = []

    def prepare_create(self, values: dict[str, Any]) -> None:
        self.calls.append(("prepare_create", dict(values)))

    def prepare_update(self, values: dict[str, Any]) -> None:
        self.calls.append(("prepare_update", dict(values)))

    def after_update(self, written: Sequence[Any]) -> None:
        self.calls.append(("after_update", list(written)))


async def test_the_repository_of_what_is_related(posts: AsyncSession, post: Post) -> None:
    """Its hooks see what is written, and its querysets choose."""
    Told.calls.clear()
    related = PostRepository(posts).related(post, "tags", Told)
    await related.create(name="x")
    await related.get_or_create(name="y")
    await related.add(1, 4)
    assert Told.calls == [
        ("prepare_create", {"name": "x"}),
        ("after_create", [True]),
        ("prepare_create", {"name": "y"}),
        ("after_create", [True]),
    ]
    assert [tag.name for tag in await related.objects.order_by("name")] == ["X", "Y", "t1"]
    before = await linked(posts)
    with pytest.raises(ValueError, match="refused"):
        await related.create(name="bad")
    assert await linked(posts) == before
    assert await TagRepository(posts).objects.filter(name="BAD").exists() is False

    ToldOfNotes.calls.clear()
    notes = PostRepository(posts).related(post, Post.notes, ToldOfNotes)
    await notes.create(text="x")
    await notes.add(2)
    assert ToldOfNotes.calls == [
        ("prepare_create", {"text": "x", "post_id": 1}),
        ("prepare_update", {"post_id": 1}),
        ("after_update", [2]),
    ]


async def test_flags(posts: AsyncSession, post: Post) -> None:
    await PostRepository(posts).commit().related(post, "tags").create(name="kept")
    await PostRepository(posts).related(post, "tags").create(name="lost")
    await posts.rollback()
    assert {name for (name,) in await stored(posts, Tag, "name")} >= {"kept"}
    assert not await TagRepository(posts).objects.filter(name="lost").exists()


@pytest.mark.parametrize(
    ("verb", "values", "kind", "error"),
    [
        (
            "create",
            {"post_id": 2, "text": "x"},
            UnsupportedOperationError,
            "post_id says whose the Comment is",
        ),
        ("create", {"post": None, "text": "x"}, UnsupportedOperationError, "post says whose the Comment is"),
        ("get_or_create", {"post": None, "text": "x"}, UnsupportedOperationError, "post says whose the"),
        (
            "update_or_create",
            {"defaults": {"post_id": 2}},
            UnsupportedOperationError,
            "post_id says whose the",
        ),
        ("create", {"txet": "x"}, UnknownFieldError, "did you mean 'text'"),
        ("get_or_create", {"text": "x", "defaults": {"spm": 1}}, UnknownFieldError, "did you mean 'spam'"),
        ("create", {"text": "x", "spam": "perhaps"}, InvalidLookupValueError, "spam='perhaps' does not fit"),
        ("create", {"through_defaults": {}, "text": "x"}, UnsupportedOperationError, "no table between"),
        ("bulk_create", {"values": 1}, UnsupportedOperationError, r"bulk_create\(\) takes a list"),
        ("bulk_create", {"values": [{"post_id": 1}]}, UnsupportedOperationError, "post_id says whose"),
        (
            "bulk_create",
            {"values": [Tag()]},
            UnsupportedOperationError,
            "takes dicts and instances of Comment",
        ),
    ],
)
async def test_wrong_values(
    posts: AsyncSession, post: Post, verb: str, values: dict[str, Any], kind: type[Exception], error: str
) -> None:
    comments = PostRepository(posts).related(post, "comments")
    with pytest.raises(kind, match=error):
        await getattr(comments, verb)(**values)
    assert len(await stored(posts, Comment)) == 4
    assert DoesNotExist is not kind


async def test_an_instance_of_another_owner(posts: AsyncSession) -> None:
    """It is refused before anything is written; nothing of it comes to the session."""
    one, two = (
        await PostRepository(posts).objects.filter(id__lt=3).order_by("id").prefetch_related("comments")
    )
    comments = PostRepository(posts).related(one, "comments")
    with pytest.raises(UnsupportedOperationError, match="post of this Comment is another Post: let"):
        await comments.bulk_create([{"text": "fine"}, Comment(text="x", post=two)])
    two.comments.clear()
    assert await CommentRepository(posts).objects.count() == 4

    comment = await posts.get_one(Comment, 1)
    with pytest.raises(UnsupportedOperationError, match=r"this Comment has a row: add\(\) relates it"):
        await comments.bulk_create([comment])
    assert one.comments == []


class MovingComments(BaseRepository[Comment]):
    """A hook that gives a new row to somebody else."""

    def prepare_create(self, values: dict[str, Any]) -> None:
        values["post_id"] = 2


@pytest.mark.parametrize("verb", ["create", "bulk_create", "get_or_create", "update_or_create"])
async def test_a_hook_that_names_another_owner(posts: AsyncSession, verb: str) -> None:
    post = await PostRepository(posts).objects.prefetch_related("comments").get(id=1)
    comments: Any = PostRepository(posts).related(post, "comments", MovingComments)
    with pytest.raises(UnsupportedOperationError, match="a new Comment is of another post_id than"):
        await (
            comments.bulk_create([{"text": "x"}])
            if verb == "bulk_create"
            else getattr(comments, verb)(text="x")
        )
    assert post.comments == []
    assert await CommentRepository(posts).objects.count() == 4
