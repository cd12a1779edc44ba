"""What is not asked and not written, since nothing needs it."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.links.models import Author, Post
from tests.links.repositories import AuthorRepository, CommentRepository, PostRepository
from tests.recording import RecordedSQL


def kinds(sql: RecordedSQL) -> list[str]:
    """The first words of what was sent, without savepoints."""
    words = ["PRAGMA", "SAVEPOINT", "RELEASE", "BEGIN"]
    return [each.split()[0] for each in sql.statements if each.split()[0] not in words]


async def test_only_objects_of_rows_that_were_written_are_read_again(
    posts: AsyncSession, sql: RecordedSQL, backend: str
) -> None:
    held = await CommentRepository(posts).objects
    comments = PostRepository(posts).related(await posts.get_one(Post, 1), "comments")
    sql.clear()
    await comments.add(2)
    assert kinds(sql) == ["UPDATE", "SELECT"]
    assert sql.last.count("2") == 1
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


async def test_many_at_once(posts: AsyncSession) -> None:
    """In time that grows with their number, and not with its square."""
    posts.add_all([Author(id=number, name=f"many{number}") for number in range(1000, 9000)])
    await posts.flush()
    author = await AuthorRepository(posts).objects.prefetch_related("follows").get(id=1000)
    follows = AuthorRepository(posts).related(author, "follows")
    await follows.set(range(1001, 5000))
    await follows.set(range(5000, 9000))
    assert len(author.follows) == 4000
    await follows.clear()
    assert author.follows == []
