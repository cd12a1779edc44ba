"""What is no relation that can be written, no object that has related rows, and no member."""

from typing import Any

import pytest
from sqlalchemy import func, inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Database,
    DoesNotExist,
    F,
    InvalidLookupValueError,
    NameNotAllowedError,
    Q,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
)
from tests.links.models import Author, Comment, Note, Page, Post, Tag, Word
from tests.links.repositories import PageRepository, PostRepository, TagRepository
from tests.links.test_many_to_many import linked, writes
from tests.recording import RecordedSQL


@pytest.fixture
async def post(posts: AsyncSession) -> Post:
    return await PostRepository(posts).objects.get(id=1)


@pytest.mark.parametrize(
    ("path", "kind", "error"),
    [
        ("tgas", UnknownFieldError, "Post has no field 'tgas': did you mean 'tags'"),
        ("title", UnsupportedOperationError, r"related\('title'\): Post.title is no relation"),
        ("title__lower", UnsupportedOperationError, "must name a field"),
        ("main_tag", UnsupportedOperationError, r"Post.main_tag leads to one row: set the attribute"),
        ("tags__posts", UnsupportedOperationError, r"Post.tags__posts leads over 2 relations"),
        ("tags__name", UnsupportedOperationError, r"Post.tags__name is no relation"),
        ("viewed", UnsupportedOperationError, r"Post.viewed is viewonly"),
        ("names", UnsupportedOperationError, r"Post.names is a proxy of values: related\('tags'\)"),
        (Tag.posts, UnsupportedOperationError, r"Tag.posts is no relation of Post"),
        (Post.title, UnsupportedOperationError, r"Post.title is no relation"),
        (
            7,
            UnsupportedOperationError,
            r"takes the name of a relation, or the attribute Model.relation, not 7",
        ),
    ],
)
async def test_paths(posts: AsyncSession, post: Post, path: Any, kind: type[Exception], error: str) -> None:
    with pytest.raises(kind, match=error):
        PostRepository(posts).related(post, path)


async def test_owners(posts: AsyncSession, post: Post, posts_database: Database) -> None:
    repository: Any = PostRepository(posts)
    related = repository.related(post, "tags")
    with pytest.raises(UnsupportedOperationError, match=r"takes an object of Post, not 1"):
        repository.related(1, "tags")
    with pytest.raises(UnsupportedOperationError, match=r"takes an object of Post, not <tests"):
        repository.related(await posts.get_one(Tag, 1), "tags")
    with pytest.raises(UnsupportedOperationError, match="this Post is new and in no session"):
        repository.related(Post(title="x"), "tags")
    async with posts_database.session() as other:
        theirs = await other.get_one(Post, 2)
        with pytest.raises(UnsupportedOperationError, match="this Post is in another session"):
            repository.related(theirs, "tags")
    pending = Post(title="pending")
    posts.add(pending)
    with pytest.raises(
        UnsupportedOperationError, match=r"this Post has no id, by which its tags are known: await"
    ):
        _ = repository.related(pending, "tags").objects
    posts.expunge(pending)

    posts.expunge(post)
    with pytest.raises(UnsupportedOperationError, match="this Post is detached"):
        repository.related(post, "tags")
    with pytest.raises(UnsupportedOperationError, match="this Post is detached"):
        await related.add(1)
    third = await posts.get_one(Post, 3)
    await posts.delete(third)
    await posts.flush()
    with pytest.raises(UnsupportedOperationError, match="this Post was deleted in this transaction"):
        repository.related(third, "tags")


async def test_members(posts: AsyncSession, post: Post, posts_database: Database, sql: RecordedSQL) -> None:
    tags = PostRepository(posts).related(post, "tags")
    async with posts_database.session() as other:
        theirs = await other.get_one(Tag, 1)
        with pytest.raises(UnsupportedOperationError, match="this Tag is in another session"):
            await tags.add(theirs)
    author = await posts.get_one(Author, 1)
    queryset = TagRepository(posts).objects
    wrong: list[tuple[Any, type[Exception], str]] = [
        ("x", InvalidLookupValueError, "'add' takes an integer here, not str"),
        (None, InvalidLookupValueError, "takes a Tag or its key here, not None"),
        (2**70, InvalidLookupValueError, "beyond the integers"),
        (F("id"), InvalidLookupValueError, "takes a Tag or its key"),
        (func.now(), InvalidLookupValueError, "takes a Tag or its key"),
        (
            [1, 2],
            UnsupportedOperationError,
            r"takes objects of Tag or their keys, not \[1, 2\]: add\(\*objs\)",
        ),
        (queryset, UnsupportedOperationError, r"add\(\*await queryset\)"),
        (author, UnsupportedOperationError, r"add\(\) of Post.tags takes objects of Tag, not <tests"),
        (Tag(name="x"), InvalidLookupValueError, "takes a Tag that has a row here, not Tag"),
    ]
    sql.clear()
    for value, kind, error in wrong:
        with pytest.raises(kind, match=error):
            await tags.add(1, value)
    for objs in (7, "12", queryset, None):
        with pytest.raises(UnsupportedOperationError, match=r"set\(\) takes a list of objects or keys"):
            await tags.set(objs)  # type: ignore[arg-type]
    with pytest.raises(InvalidLookupValueError, match=r"a tuple of \(row, number\) here"):
        await PostRepository(posts).related(post, "seats").add(1)
    assert writes(sql) == []
    assert await linked(posts) == []


async def test_members_by_their_keys_alone(posts: AsyncSession, post: Post) -> None:
    """Detached objects, those of a row that is expired: the key is what counts."""
    tag, other = await posts.get_one(Tag, 1), await posts.get_one(Tag, 2)
    posts.expunge(tag)
    posts.expire(other)
    await PostRepository(posts).related(post, "tags").add(tag, other)
    assert await linked(posts) == [(1, 1), (1, 2)]
    assert inspect(tag).detached


async def test_repositories(posts: AsyncSession, post: Post) -> None:
    class NoteRepository(BaseRepository[Note]):
        pass

    repository: Any = PostRepository(posts)
    for wrong in (NoteRepository, TagRepository(posts), Tag, 7):
        with pytest.raises(
            UnsupportedOperationError, match=r"Post.tags is of Tag, whose repository is a class"
        ):
            repository.related(post, "tags", wrong)


async def test_what_querysets_have(posts: AsyncSession, post: Post) -> None:
    tags: Any = PostRepository(posts).related(post, "tags")
    for name in ("filter", "count", "all", "exists"):
        with pytest.raises(AttributeError, match=rf"querysets have it, related.objects.{name}"):
            getattr(tags, name)
    for mistake in (bool, list, len, lambda each: 1 in each, lambda each: each.__await__(), aiter):
        with pytest.raises(
            UnsupportedOperationError, match=r"await related.objects, or .*<Related Post.tags>"
        ):
            mistake(tags)
    assert repr(tags) == "<Related Post.tags>"
    assert isinstance(tags.objects, QuerySet)


async def test_strict_names(posts: AsyncSession, post: Post) -> None:
    """What is allowed behind the relation is allowed of what is related."""
    repository = PostRepository(posts).strict_names(["tags", "tags__name", "title"])
    tags = repository.related(post, "tags")
    await tags.add(1)
    assert await tags.objects.filter(name="t1").count() == 1
    with pytest.raises(NameNotAllowedError):
        tags.objects.filter(hidden=True)
    with pytest.raises(NameNotAllowedError):
        repository.related(post, "comments")
    with pytest.raises(NameNotAllowedError):
        repository.related(post, "nothing")
    assert await posts.get(Comment, 1)


async def test_keys_that_lack_a_part(posts: AsyncSession) -> None:
    seats = PostRepository(posts).related(await posts.get_one(Post, 1), "seats")
    with pytest.raises(InvalidLookupValueError, match="takes a Seat or its key"):
        await seats.add(("a", None))


async def test_a_generator(posts: AsyncSession) -> None:
    tags = PostRepository(posts).related(await posts.get_one(Post, 1), "tags")
    with pytest.raises(UnsupportedOperationError, match=r"takes objects of Tag or their keys.*add\(\*objs\)"):
        await tags.add(number for number in (1, 2))


@pytest.mark.parametrize("verb", ["get_or_create", "update_or_create"])
async def test_conditions_for_defaults(posts: AsyncSession, verb: str) -> None:
    tags = PostRepository(posts).related(await posts.get_one(Post, 1), "tags")
    for asked in (tags, tags.objects):
        with pytest.raises(UnsupportedOperationError, match=r"takes a dict of defaults, not .*Q"):
            await getattr(asked, verb)(Q(name="x"))


async def test_a_set_of_rows_that_are_not_there(posts: AsyncSession) -> None:
    comments = PostRepository(posts).related(await posts.get_one(Post, 1), "comments")
    with pytest.raises(DoesNotExist, match=r"^set\(\) of Post.comments: there is no such Comment"):
        await comments.set([999])


async def test_expired_members(posts: AsyncSession, sql: RecordedSQL) -> None:
    """What they are known by is loaded, all at once."""
    words = [Word(id=number, slug=f"w{number}") for number in (1, 2)]
    posts.add_all([page := Page(id=1), *words])
    await posts.flush()
    related = PageRepository(posts).related(page, "words")
    for word in words:
        posts.expire(word)
    sql.clear()
    await related.add(*words)
    assert [each.split()[0] for each in writes(sql)] == ["SELECT", "INSERT"]
    assert await related.objects.order_by("id").values_list("slug", flat=True) == ["w1", "w2"]
