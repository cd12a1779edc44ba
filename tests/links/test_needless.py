"""What is not asked and not written, since nothing needs it."""

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.execution.links.current import Change
from tests.links.models import Post
from tests.links.repositories import AuthorRepository, CommentRepository, PostRepository
from tests.recording import RecordedSQL


def kinds(sql: RecordedSQL) -> list[str]:
    """The first words of what was sent, without savepoints."""
    words = [statement.split()[0] for statement, _ in sql.statements]
    return [word for word in words if word in {"SELECT", "INSERT", "UPDATE", "DELETE"}]


async def test_only_objects_of_rows_that_were_written_are_read_again(
    posts: AsyncSession, sql: RecordedSQL, backend: str
) -> None:
    held = await CommentRepository(posts).objects
    comments = PostRepository(posts).related(await posts.get_one(Post, 1), "comments")
    sql.clear()
    await comments.add(2)
    assert kinds(sql) == ["UPDATE", "SELECT"]
    assert [each.post_id for each in sorted(held, key=lambda each: each.id)] == [None, 1, None, None]

    posts.expunge(next(each for each in held if each.id == 2))
    sql.clear()
    await comments.remove(2)
    assert kinds(sql) == ["UPDATE"]

    sql.clear()
    await comments.clear()
    assert kinds(sql) == (["UPDATE"] if backend == "sqlite" else ["SELECT"])


async def test_set_locks_once(posts: AsyncSession, sql: RecordedSQL) -> None:
    post = await posts.get_one(Post, 1)
    comments = PostRepository(posts).related(post, "comments")
    await comments.add(1, 2)
    posts.expunge_all()
    comments = PostRepository(posts).related(await posts.get_one(Post, 1), "comments")
    sql.clear()
    await comments.set([3, 4])
    assert kinds(sql) == ["SELECT", "UPDATE", "UPDATE"]
    assert await CommentRepository(posts).objects.filter(post_id=1).count() == 2


async def test_links_that_are_made_one_by_one_are_read_once(posts: AsyncSession, sql: RecordedSQL) -> None:
    """The table between has a default that Python calls."""
    authors = PostRepository(posts).related(await posts.get_one(Post, 1), Post.authors)
    sql.clear()
    await authors.set([1, 2], through_defaults={"role": "x"})
    assert kinds(sql) == ["SELECT", "INSERT"]
    assert await authors.objects.count() == 2
    assert await AuthorRepository(posts).objects.count() == 4


class CountedKey(tuple[int]):
    """A key that counts how often it is hashed."""

    __slots__ = ()

    hashed = 0

    def __hash__(self) -> int:
        CountedKey.hashed += 1
        return super().__hash__()


def test_changes_of_many_rows() -> None:
    """Work that grows with their number, and not with its square."""
    keys = [CountedKey((number,)) for number in range(400)]
    change = Change(keys[:200], ()).also(Change(keys[200:], keys[:200]))
    assert change == Change(keys[200:], keys[:200])
    assert CountedKey.hashed <= 4 * len(keys)
