"""Links in a table between: added, removed, set, cleared; and the rows that are related."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, UnknownFieldError, UnsupportedOperationError, ViolationError
from tests.links.models import Author, Credit, Post, Seat, Tag, following, loose_tags, post_tags, seat_posts
from tests.links.repositories import AuthorRepository, PostRepository, SeatRepository, TagRepository, stored
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@pytest.fixture
async def post(posts: AsyncSession) -> Post:
    return await PostRepository(posts).objects.get(id=1)


async def linked(session: AsyncSession) -> list[tuple[Any, ...]]:
    return await stored(session, post_tags, "post_id", "tag_id")


def writes(sql: RecordedSQL) -> list[str]:
    """The statements that read or write rows."""
    return [each for each, _ in sql.statements if not each.startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]


async def test_add(posts: AsyncSession, post: Post, sql: RecordedSQL, backend: str) -> None:
    tag = await posts.get_one(Tag, 2)
    sql.clear()
    assert await PostRepository(posts).related(post, "tags").add(tag, 1, "3", 1) is None  # type: ignore[func-returns-value]

    (insert,) = writes(sql)
    same_sql(
        insert,
        {
            "sqlite": "INSERT INTO post_tags (post_id, tag_id, source) SELECT ? AS anon_1, fed.column2, "
            "? AS anon_2 FROM (VALUES (0, ?), (1, ?), (2, ?)) AS fed ORDER BY fed.column2 "
            "ON CONFLICT (post_id, tag_id) DO NOTHING",
            "postgresql": "INSERT INTO post_tags (post_id, tag_id, source) SELECT $1::INTEGER AS anon_1, "
            "anon_2.v0, $2::VARCHAR AS anon_3 FROM unnest(CAST(CAST($3 AS TEXT) AS BIGINT[])) "
            "WITH ORDINALITY AS anon_2(v0, dlr_place) ORDER BY anon_2.v0 "
            "ON CONFLICT (post_id, tag_id) DO NOTHING",
        }[backend],
    )
    assert await stored(posts, post_tags) == [(1, 1, 0, "hand"), (1, 2, 0, "hand"), (1, 3, 0, "hand")]


async def test_what_is_there_stays_as_it_is(posts: AsyncSession, post: Post) -> None:
    tags = PostRepository(posts).related(post, Post.tags)
    await tags.add(1, 2, through_defaults={"place": 7})
    await tags.add(2, 3, through_defaults={"place": "8", "source": None})
    await tags.add()

    assert await stored(posts, post_tags) == [(1, 1, 7, "hand"), (1, 2, 7, "hand"), (1, 3, 8, None)]


async def test_remove(posts: AsyncSession, post: Post, sql: RecordedSQL, backend: str) -> None:
    tags = PostRepository(posts).related(post, "tags")
    await tags.add(1, 2, 3)
    await PostRepository(posts).related(await posts.get_one(Post, 2), "tags").add(1, 2, 3)
    sql.clear()
    await tags.remove(3, await posts.get_one(Tag, 1), 5)

    same_sql(
        writes(sql)[-1],
        "DELETE FROM post_tags WHERE $1::INTEGER = post_tags.post_id AND post_tags.tag_id = "
        "ANY ($2::BIGINT[]) RETURNING post_tags.tag_id"
        if backend == "postgresql"
        else "DELETE FROM post_tags WHERE ? = post_tags.post_id AND post_tags.tag_id IN (?, ?, ?) "
        "RETURNING tag_id",
    )
    assert await linked(posts) == [(1, 2), (2, 1), (2, 2), (2, 3)]
    await tags.clear()
    assert await linked(posts) == [(2, 1), (2, 2), (2, 3)]


async def test_set(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    tags = PostRepository(posts).related(post, "tags")
    await tags.add(1, 2, through_defaults={"place": 7})
    await tags.set([2, 3])
    assert await stored(posts, post_tags, "tag_id", "place") == [(2, 7), (3, 0)]

    sql.clear()
    await tags.set([await posts.get_one(Tag, 3), "2", 2])
    assert [each.split()[0] for each in writes(sql)] == ["SELECT", "SELECT"]

    await tags.set((2, 4), clear=True, through_defaults={"place": lambda: 9})
    assert await stored(posts, post_tags, "tag_id", "place") == [(2, 9), (4, 9)]
    await tags.set([])
    assert await linked(posts) == []


async def test_what_is_related(posts: AsyncSession, post: Post, sql: RecordedSQL, backend: str) -> None:
    await PostRepository(posts).related(await posts.get_one(Post, 2), "tags").add(1, 5)
    tags = PostRepository(posts).related(post, Post.tags)
    await tags.add(1, 2, 3, 4)
    found = tags.objects
    sql.clear()

    one, two = ("$1::INTEGER", "$2::BOOLEAN") if backend == "postgresql" else ("?", "?")
    assert [tag.name for tag in await found.filter(hidden=False).order_by("-name")] == ["t3", "t2", "t1"]
    same_sql(
        sql.last,
        "SELECT tags.id, tags.name, tags.hidden FROM tags WHERE tags.id IN (SELECT post_tags.tag_id FROM "
        f"post_tags WHERE {one} = post_tags.post_id) AND tags.hidden = {two} ORDER BY tags.name DESC",
    )
    assert (await found.count(), await found.filter(id=5).exists(), await found.exists()) == (4, False, True)
    assert await found.order_by("id").values_list("id", flat=True) == [1, 2, 3, 4]
    assert await found.annotate(n=Count("posts")).filter(n=2).values_list("id", "n") == [(1, 2)]
    assert await found.filter(posts__id=2).values_list("id", flat=True) == [1]
    assert await TagRepository(posts).objects.filter(id__in=found).count() == 4
    assert await TagRepository(posts).objects.exclude(pk__in=found.values("pk")).count() == 1
    assert await found.filter(name__in=["t1", "t5"]).update(hidden=True) == 1
    assert (await found.get(name="t1")).hidden is True


async def test_the_other_end(posts: AsyncSession) -> None:
    tag = await posts.get_one(Tag, 1)
    related = TagRepository(posts).related(tag, Tag.posts)
    await related.add(1, 3)
    assert await linked(posts) == [(1, 1), (3, 1)]
    assert [post.title for post in await related.objects.order_by("id")] == ["p1", "p3"]


async def test_the_own_class(posts: AsyncSession) -> None:
    repository = AuthorRepository(posts)
    first = await posts.get_one(Author, 1)
    await repository.related(first, Author.follows).add(1, 2, 3)
    await repository.related(first, Author.followers).add(4)
    assert await stored(posts, following) == [(1, 1), (1, 2), (1, 3), (4, 1)]

    names = repository.related(first, "follows").objects.order_by("name").values_list("name", flat=True)
    assert await names == ["a1", "a2", "a3"]
    assert await repository.related(first, "followers").objects.order_by("id").values_list(
        "id", flat=True
    ) == [
        1,
        4,
    ]
    follower_of_followed = repository.related(first, "follows").objects.filter(followers__id=4)
    assert await follower_of_followed.values_list("id", flat=True) == [1]


async def test_composite_keys(posts: AsyncSession) -> None:
    seat, other = await posts.get_one(Seat, ("a", 1)), await posts.get_one(Seat, ("a", 2))
    await SeatRepository(posts).related(seat, "posts").add(1, 2)
    seats = PostRepository(posts).related(await posts.get_one(Post, 1), "seats")
    await seats.add(other, ("a", "3"), ("a", 1))
    assert await stored(posts, seat_posts) == [("a", 1, 1), ("a", 1, 2), ("a", 2, 1), ("a", 3, 1)]

    assert [(each.row, each.number) for each in await seats.objects.order_by("pk")] == [
        ("a", 1),
        ("a", 2),
        ("a", 3),
    ]
    await seats.remove(("a", 1), ("a", 2))
    assert await stored(posts, seat_posts) == [("a", 1, 2), ("a", 3, 1)]
    await seats.set([("a", 1)])
    assert await stored(posts, seat_posts) == [("a", 1, 1), ("a", 1, 2)]


async def test_a_table_that_lets_links_repeat(posts: AsyncSession, post: Post, sql: RecordedSQL) -> None:
    await posts.execute(loose_tags.insert(), [{"post_id": 1, "tag_id": 1}, {"post_id": 1, "tag_id": 1}])
    loose = PostRepository(posts).related(post, "loose")
    sql.clear()
    await loose.add(1, 2, 2)
    await loose.add(2)

    assert await stored(posts, loose_tags) == [(1, 1), (1, 1), (2, 1)]
    assert await loose.objects.order_by("id").values_list("id", flat=True) == [1, 2]
    # The rows of one table are locked, whichever end is written from.
    locks = [each for each in writes(sql) if "FOR NO KEY UPDATE" in each]
    assert len(locks) in (0, 2)
    assert all("FROM tags" in each for each in locks)
    await loose.remove(1)
    assert await stored(posts, loose_tags) == [(2, 1)]


async def test_a_join_that_says_more(posts: AsyncSession, post: Post) -> None:
    visible = PostRepository(posts).related(post, "visible")
    await PostRepository(posts).related(post, "tags").add(3, 4)
    await visible.add(1)
    assert await visible.objects.order_by("id").values_list("id", flat=True) == [1, 3]

    await visible.set([2, 3])
    assert await linked(posts) == [(1, 2), (1, 3), (1, 4)]
    await visible.remove(4)
    await visible.clear()
    assert await linked(posts) == [(1, 4)]


async def test_the_order_of_the_mapping(posts: AsyncSession, post: Post) -> None:
    ordered = PostRepository(posts).related(post, "ordered")
    for tag, place in ((1, 5), (2, 9), (3, 7)):
        await ordered.add(tag, through_defaults={"place": place})

    assert await ordered.objects.values_list("id", flat=True) == [2, 3, 1]
    assert await ordered.objects.order_by("id").values_list("id", flat=True) == [1, 2, 3]
    assert await ordered.objects.values("hidden").annotate(n=Count("id")) == [{"hidden": False, "n": 3}]


@pytest.mark.parametrize("path", ["authors", "credited"])
async def test_an_association_object(posts: AsyncSession, post: Post, path: str) -> None:
    authors = PostRepository(posts).related(post, path)
    await authors.add(1, 2, through_defaults={"role": "editor", "share": "3"})
    await authors.add(2, 3, through_defaults={"role": "author"})
    assert await stored(posts, Credit, "author_id", "role", "share") == [
        (1, "editor", 3),
        (2, "editor", 3),
        (3, "author", None),
    ]
    serials = [serial for (serial,) in await stored(posts, Credit, "serial")]
    assert len(set(serials)) == 3

    assert await authors.objects.filter(credits__role="editor").order_by("id").values_list(
        "id", flat=True
    ) == [
        1,
        2,
    ]
    await authors.remove(1)
    await authors.set([3, 4], through_defaults={"role": "late", "serial": 5})
    assert await stored(posts, Credit, "author_id", "role") == [(3, "author"), (4, "late")]


async def test_expressions_of_the_database(posts: AsyncSession, post: Post) -> None:
    await PostRepository(posts).related(post, "tags").add(1, through_defaults={"source": func.lower("SQL")})
    authors = PostRepository(posts).related(post, "authors")
    await authors.add(1, 2, through_defaults={"role": func.upper("x")})
    assert await stored(posts, post_tags, "source") == [("sql",)]
    assert await stored(posts, Credit, "author_id", "role") == [(1, "X"), (2, "X")]


async def test_an_object_of_the_class_between_alone(posts: AsyncSession, post: Post) -> None:
    """The session holds nothing else that could know of it."""
    authors = PostRepository(posts).related(post, "authors")
    await authors.add(1, through_defaults={"role": "x"})
    credit = (await posts.scalars(select(Credit))).one()
    await authors.clear()
    assert credit not in posts


async def test_what_a_link_lacks(posts: AsyncSession, post: Post) -> None:
    """The database says which column it is; what was linked already does not ask for it."""
    authors = PostRepository(posts).related(post, "authors")
    await authors.add(1, through_defaults={"role": "editor"})
    await authors.add(1)
    with pytest.raises(IntegrityError, match="role"):
        await authors.add(1, 2)
    assert await stored(posts, Credit, "author_id") == [(1,)]


@pytest.mark.parametrize(
    ("path", "defaults", "error"),
    [
        ("tags", {"plaec": 1}, r"post_tags has no field 'plaec': did you mean 'place'\?"),
        ("tags", {"place": "x"}, r"add\(through_defaults=\{'place': 'x'\}\): takes an integer"),
        ("tags", {"tag_id": 1}, r"post_tags.tag_id says what is related"),
        ("tags", [1], r"through_defaults is a dict, not \[1\]"),
        ("authors", {"rloe": 1}, r"Credit has no field 'rloe'"),
        ("authors", {"share": "x"}, r"Credit: share='x' does not fit: 'add' takes an integer"),
        ("authors", {"post": 1}, r"credits.post_id says what is related"),
        ("authors", {"post__title": "x"}, r"Credit.post__title is no column of credits"),
        ("tags", {"place": F("id")}, r"takes values, and SQLAlchemy's expressions"),
        ("comments", {"x": 1}, r"Post.comments has no table between"),
    ],
)
async def test_wrong_through_defaults(
    posts: AsyncSession, post: Post, sql: RecordedSQL, path: str, defaults: Any, error: str
) -> None:
    sql.clear()
    kinds = (UnknownFieldError, UnsupportedOperationError, ValueError)
    with pytest.raises(kinds, match=error):
        await PostRepository(posts).related(post, path).add(1, through_defaults=defaults)
    assert writes(sql) == []


async def test_keys_of_no_row(posts: AsyncSession, post: Post) -> None:
    tags = PostRepository(posts).related(post, "tags")
    with pytest.raises(IntegrityError) as caught:
        await tags.add(1, 77, 78)

    (note,) = caught.value.__notes__
    assert note == "Post.tags was to lead to rows of Tag that are not there: <int>, <int>"
    assert await linked(posts) == []
    await tags.add(1)
    assert await linked(posts) == [(1, 1)]


@pytest.mark.parametrize(("path", "many"), [("tags", 1200), ("seats", 600)])
async def test_many_at_once(posts: AsyncSession, post: Post, path: str, many: int, sql: RecordedSQL) -> None:
    if path == "tags":
        rows: list[Any] = [Tag(id=number, name=f"many{number}") for number in range(1000, 1000 + many)]
        keys: list[Any] = [row.id for row in rows]
    else:
        rows = [Seat(row="b", number=number) for number in range(many)]
        keys = [(row.row, row.number) for row in rows]
    posts.add_all(rows)
    await posts.flush()
    posts.expunge_all()
    post = await posts.get_one(Post, 1)
    related = PostRepository(posts).related(post, path)
    sql.clear()
    await related.add(*keys)
    assert len(writes(sql)) <= 3
    assert await related.objects.count() == many
    await related.remove(*keys[1:])
    assert await related.objects.count() == 1


async def test_nothing_lazy_after_a_commit(posts: AsyncSession) -> None:
    """Expired objects are asked for what is needed, and no more."""
    post, tag = await posts.get_one(Post, 1), await posts.get_one(Tag, 1)
    await posts.commit()
    posts.expire_all()
    tags = PostRepository(posts).commit().related(post, "tags")
    await tags.add(tag)
    assert await tags.objects.count() == 1
    await posts.rollback()
    assert await linked(posts) == [(1, 1)]
    await tags.remove(tag)


async def test_a_violation_names_the_constraint_and_its_columns(posts: AsyncSession, backend: str) -> None:
    """Of a table that no class maps, too; what is missing is told besides."""
    post = await PostRepository(posts).objects.get(id=1)
    on_postgresql = backend == "postgresql"
    with pytest.raises(ViolationError) as caught:
        await PostRepository(posts).related(post, "tags").add(1, 77)
    error = caught.value
    assert (error.kind, error.fields) == ("foreign_key", ())
    assert (error.table, error.columns) == (("post_tags", ("tag_id",)) if on_postgresql else (None, ()))
    assert str(error).startswith("add() of Post.tags: there is no such row")
    assert error.__notes__
    with pytest.raises(
        ViolationError, match=r"add\(\) of Post.authors: there is no value for role"
    ) as caught:
        await PostRepository(posts).related(post, "authors").add(1)
    assert (caught.value.kind, caught.value.table, caught.value.fields) == ("not_null", "credits", ("role",))
    with pytest.raises(ViolationError, match=r"create\(\) of Post.notes: another row has the same") as caught:
        await PostRepository(posts).related(post, "notes").create(text="n1")
    assert (caught.value.fields, caught.value.columns) == (("post_id", "text"), ("post_id", "text"))
