"""What type checkers know of related rows."""

from typing import Any, assert_type

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, QuerySet, Related
from tests.links.models import Author, Part, Post, Tag
from tests.links.repositories import PostRepository


class TagQuerySet(QuerySet[Tag]):
    """One with a method of its own."""

    def shown(self) -> "TagQuerySet":
        return self.filter(hidden=False)


class ShownTags(BaseRepository[Tag, TagQuerySet]):
    queryset_class = TagQuerySet


async def test_what_is_related(posts: AsyncSession) -> None:
    repository, post = PostRepository(posts), await posts.get_one(Post, 1)
    assert_type(repository.related(post, Post.tags), Related[Tag])
    assert_type(repository.related(post, Post.parts), Related[Part])
    assert_type(repository.related(post, Post.authors), Related[Author])
    assert_type(repository.related(post, Post.written), Related[Tag])
    assert_type(repository.related(post, Post.asked), Related[Tag])
    assert_type(repository.related(post, "tags"), Related[Any])
    assert_type(repository.related(post, "tags", ShownTags), Related[Tag, TagQuerySet])
    shown = assert_type(repository.related(post, Post.tags, ShownTags), Related[Tag, TagQuerySet])
    assert await shown.objects.shown().count() == 0
