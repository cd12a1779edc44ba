"""Whatever a session holds of links is what another session reads, after each of the operations."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, selectinload

from tests.links.models import Author, Comment, Credit, Note, Post, Tag
from tests.links.repositories import AuthorRepository, PostRepository

Work = Callable[[Any], Awaitable[Any]]
WITH: Final = {"through_defaults": {"role": "editor", "share": 5}}


def _held(session: Session) -> dict[Any, dict[str, Any]]:
    """What is loaded, by objects: columns, and the keys of what is related."""
    found: dict[Any, dict[str, Any]] = {}
    for state in session.identity_map.all_states():
        held = {key: state.dict[key] for key in {*state.mapper.column_attrs.keys()} if key in state.dict}
        for relation in state.mapper.relationships:
            if relation.key in state.dict and relation.lazy != "dynamic":
                held[relation.key] = _keys(state.dict[relation.key], ordered=bool(relation.order_by))
        found[state.class_, state.identity] = held
    return found


def _keys(related: Any, *, ordered: bool) -> Any:
    if related is None or not isinstance(related, (list, set, dict)):
        return related and inspect(related).identity
    keys = [inspect(each).identity for each in related]
    return keys if ordered else sorted(keys)


def _read(session: Session, held: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The same of another session."""
    found: dict[Any, dict[str, Any]] = {}
    with Session(session.connection(), join_transaction_mode="create_savepoint") as other:
        for (model, identity), values in held.items():
            obj = other.get(model, identity)
            mapper = inspect(model)
            found[model, identity] = {
                key: _keys(getattr(obj, key), ordered=bool(mapper.relationships[key].order_by))
                if key in mapper.relationships
                else getattr(obj, key)
                for key in (values if obj is not None else ())
            }
    return found


async def _loaded(session: AsyncSession) -> tuple[Post, list[Any]]:
    """A post with all its relations, and all that these may lead to with theirs."""
    session.add_all(
        [
            Credit(id=1, post_id=1, author_id=1, role="author", share=1),
            Credit(id=2, post_id=1, author_id=2, role="author"),
            Credit(id=3, post_id=2, author_id=3, role="author"),
        ]
    )
    posts = PostRepository(session)
    post = await posts.objects.get(id=1)
    await posts.related(post, "tags").add(1, 2)
    await posts.related(post, "comments").add(1, 2)
    await session.commit()
    keep: list[Any] = []
    for model, names in LOADED.items():
        options = [selectinload(getattr(model, each)) for each in names]
        keep += (await session.scalars(select(model).options(*options))).unique().all()
    return await session.get_one(Post, 1), keep


LOADED: Final[dict[Any, list[str]]] = {
    Post: ["tags", "ordered", "visible", "viewed", "credits", "credited", "comments", "honest", "notes"],
    Tag: ["posts"],
    Author: ["credits"],
    Credit: ["post", "author"],
    Comment: ["post", "parent", "replies"],
    Note: ["post"],
}

OPERATIONS: Final[dict[str, tuple[str, Work]]] = {
    "add": ("tags", lambda tags: tags.add(2, 3, 4)),
    "remove": ("tags", lambda tags: tags.remove(1)),
    "set": ("tags", lambda tags: tags.set([2, 3])),
    "set anew": ("tags", lambda tags: tags.set([2, 3], clear=True)),
    "clear": ("tags", lambda tags: tags.clear()),
    "create": ("tags", lambda tags: tags.create(name="new", through_defaults={"place": 7})),
    "get or create": ("tags", lambda tags: tags.get_or_create(name="new")),
    "add authors": ("authors", lambda authors: authors.add(2, 3, **WITH)),
    "remove authors": ("authors", lambda authors: authors.remove(1)),
    "set authors": ("authors", lambda authors: authors.set([2, 4], **WITH)),
    "set authors anew": ("authors", lambda authors: authors.set([2, 4], clear=True, **WITH)),
    "clear authors": ("authors", lambda authors: authors.clear()),
    "create an author": ("authors", lambda authors: authors.create(name="new", **WITH)),
    "get or create an author": ("authors", lambda authors: authors.get_or_create(name="new", **WITH)),
    "add comments": ("comments", lambda comments: comments.add(2, 3)),
    "remove comments": ("comments", lambda comments: comments.remove(1)),
    "set comments": ("comments", lambda comments: comments.set([2, 3])),
    "clear comments": ("comments", lambda comments: comments.clear()),
    "create a comment": ("comments", lambda comments: comments.create(text="new")),
    "add notes": ("notes", lambda notes: notes.add(2)),
    "create a note": ("notes", lambda notes: notes.create(text="a new one")),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_what_is_loaded_is_what_is_stored(posts: AsyncSession, operation: str) -> None:
    name, work = OPERATIONS[operation]
    post, keep = await _loaded(posts)
    before = await posts.run_sync(_held)
    await work(PostRepository(posts).related(post, name))
    held = await posts.run_sync(_held)
    assert held != before
    assert held == await posts.run_sync(_read, held)
    assert keep


@pytest.mark.by_turns
@pytest.mark.parametrize("operation", ["add", "remove", "set", "clear", "create"])
async def test_from_the_other_end(posts: AsyncSession, operation: str) -> None:
    _, keep = await _loaded(posts)
    author = next(each for each in keep if isinstance(each, Author) and each.id == 1)
    follows = AuthorRepository(posts).related(author, "follows")
    await follows.add(2, 3)
    work: dict[str, Any] = {
        "add": lambda: follows.add(3, 4),
        "remove": lambda: follows.remove(2),
        "set": lambda: follows.set([3, 4]),
        "clear": follows.clear,
        "create": lambda: follows.create(name="new"),
    }
    authors = [each for each in keep if isinstance(each, Author)]
    await posts.run_sync(lambda _: [(each.follows, each.followers) for each in authors])
    await work[operation]()
    held = await posts.run_sync(_held)
    assert held == await posts.run_sync(_read, held)
