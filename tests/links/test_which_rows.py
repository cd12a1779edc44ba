"""Which related rows are written: those that ``objects`` shows, and what may be added."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, DoesNotExist, QuerySet
from tests.links.models import (
    Box,
    Comment,
    Jewel,
    Lamp,
    Member,
    Post,
    Tag,
    Team,
    Thing,
    box_things,
    loose_tags,
    team_members,
)
from tests.links.repositories import BoxRepository, CommentRepository, PostRepository, TeamRepository, stored
from tests.links.test_many_to_many import linked


class LowTags(BaseRepository[Tag]):
    """Those that a tenant may see, say."""

    def get_queryset(self) -> QuerySet[Tag]:
        return super().get_queryset().filter(id__lt=3)


class LowComments(BaseRepository[Comment]):
    def get_queryset(self) -> QuerySet[Comment]:
        return super().get_queryset().filter(id__lt=3)


@pytest.mark.parametrize("is_loaded", [False, True])
async def test_links_that_a_repository_hides(posts: AsyncSession, is_loaded: bool) -> None:
    """As of Django's default managers: they stay, and may be added."""
    repository = PostRepository(posts)
    post = await posts.get_one(Post, 1)
    if is_loaded:
        await repository.fetch_related(post, "tags")
    low = repository.related(post, "tags", LowTags)
    await repository.related(post, "tags").add(1, 5)
    await low.set([2])
    assert await linked(posts) == [(1, 2), (1, 5)]
    await low.set([1], clear=True)
    assert await linked(posts) == [(1, 1), (1, 5)]
    await low.remove(1, 5)
    assert await linked(posts) == [(1, 5)]
    await low.add(1, 4)
    await low.clear()
    assert await linked(posts) == [(1, 4), (1, 5)]
    await low.set([5])
    assert await linked(posts) == [(1, 4), (1, 5)]
    if is_loaded:
        assert sorted(tag.id for tag in post.tags) == [4, 5]


async def test_foreign_keys_that_a_repository_hides(posts: AsyncSession) -> None:
    post = await posts.get_one(Post, 1)
    low = PostRepository(posts).related(post, "comments", LowComments)
    await low.add(1, 4)
    await low.set([2])
    assert await stored(posts, Comment, "id", "post_id") == [(1, None), (2, 1), (3, None), (4, 1)]
    with pytest.raises(DoesNotExist, match="no such Comment is among its comments"):
        await low.remove(2, 4)
    await low.clear()
    await low.clear()
    assert await stored(posts, Comment, "id", "post_id") == [(1, None), (2, None), (3, None), (4, 1)]


@pytest.mark.parametrize(("name", "own", "other"), [("jewels", 2, 1), ("lamps", 3, 1)])
async def test_a_relation_to_a_part_of_a_hierarchy(
    posts: AsyncSession, name: str, own: int, other: int
) -> None:
    """Links to other rows of the table are none of its own."""
    posts.add_all([box := Box(id=1), Thing(id=1), Jewel(id=2), Lamp(id=3)])
    await posts.flush()
    boxes = BoxRepository(posts)
    part: Any = boxes.related(box, name)

    async def links() -> list[int]:
        return [row[1] for row in await stored(posts, box_things)]

    await boxes.related(box, "things").add(1, 2, 3)
    await part.remove(other)
    assert await links() == [1, 2, 3]
    await part.clear()
    assert await links() == sorted({1, 2, 3} - {own})
    with pytest.raises(DoesNotExist, match=rf"add\(\) of Box.{name}: there is no such"):
        await part.add(own, other)
    await part.set([own])
    await part.set([own])
    assert await links() == [1, 2, 3]
    assert [each.id for each in await part.objects] == [own]
    await part.set([])
    assert await links() == sorted({1, 2, 3} - {own})


async def test_a_column_that_refers_to_both_ends(posts: AsyncSession) -> None:
    team, other = Team(firm=1, id=1), Team(firm=2, id=1)
    posts.add_all([team, other, *[Member(firm=firm, id=key) for firm in (1, 2) for key in (1, 2, 3)]])
    await posts.flush()
    members = TeamRepository(posts).related(team, "members")
    await members.add(await posts.get_one(Member, (1, 1)), (1, 2))
    assert await stored(posts, team_members) == [(1, 1, 1), (1, 1, 2)]
    await members.set([(1, 2), (1, 3)])
    await members.create(firm=1, id=9)
    assert await stored(posts, team_members, "member_id") == [(2,), (3,), (9,)]
    with pytest.raises(DoesNotExist, match=r"team_members\.firm refers to both ends, and no such Member"):
        await members.add((1, 1), (2, 1))
    assert await members.objects.count() == 3
    await members.remove((1, 2), (2, 1))
    await members.clear()
    assert await stored(posts, team_members) == []


@pytest.mark.parametrize("verb", ["remove", "clear", "set", "set anew"])
async def test_links_that_are_there_twice(posts: AsyncSession, verb: str) -> None:
    rows = [{"post_id": 1, "tag_id": number} for number in (1, 1, 2)]
    await posts.execute(loose_tags.insert(), rows)
    post = await PostRepository(posts).objects.prefetch_related("loose__loose_posts").get(id=1)
    first = await posts.get_one(Tag, 1)
    loose = PostRepository(posts).related(post, "loose")
    calls: dict[str, Callable[[], Awaitable[None]]] = {
        "remove": lambda: loose.remove(1),
        "clear": loose.clear,
        "set": lambda: loose.set([2]),
        "set anew": lambda: loose.set([2], clear=True),
    }
    await calls[verb]()
    left = [] if verb == "clear" else [2]
    assert [tag.id for tag in post.loose] == left
    assert first.loose_posts == set()
    assert await stored(posts, loose_tags, "tag_id") == [(number,) for number in left]
    await posts.flush()


async def test_a_narrower_join(posts: AsyncSession) -> None:
    """A collection has what its own join finds, also where an object was added."""
    post = await PostRepository(posts).objects.prefetch_related("visible", "honest").get(id=1)
    hidden, spam = await posts.get_one(Tag, 4), await posts.get_one(Comment, 1)
    await CommentRepository(posts).objects.filter(id=1).update(spam=True)
    await PostRepository(posts).related(post, "visible").add(hidden, 1)
    await PostRepository(posts).related(post, "honest").add(spam, 2)
    assert [tag.id for tag in post.visible] == [1]
    assert [comment.id for comment in post.honest] == [2]
    await PostRepository(posts).related(post, "visible").clear()
    assert post.visible == []
    assert await linked(posts) == [(1, 4)]
