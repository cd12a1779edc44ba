"""Models are made by a loop of ours or by SQLAlchemy, and nobody can tell which: `execution/models.py`."""

import gc
import pickle
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import event as tell
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    Session,
    contains_eager,
    defer,
    joinedload,
    lazyload,
    load_only,
    raiseload,
    selectinload,
    undefer,
    with_loader_criteria,
)
from sqlalchemy.orm.interfaces import UserDefinedOption

from django_like_repos import Count, Database, F, QuerySet
from django_like_repos.execution.models import Loading
from django_like_repos.plans import Run
from tests.parity.schema import Author, Book, Review, Tag
from tests.recording import MUTED, RecordedSQL
from tests.rows.chains import MODEL_NAMED, ROOTS, Chain, chains, slices
from tests.rows.mappings import Animal, Bird, Crate, Key, Label, Place, Rack, Stamp, Use
from tests.rows.states import told

some_models = ROOTS.flatmap(lambda root: chains(root, models=True))
few = settings(max_examples=max(2, settings().max_examples // 2))


@contextmanager
def noted_ways() -> Iterator[list[bool]]:
    """Of each SELECT of models whether the loop made them."""
    found: list[bool] = []
    models = Loading.models

    def noted(loading: Loading) -> Any:
        made = models.__get__(loading)
        if not MUTED:
            found.append(made is not None)
        return made

    with patch.object(Loading, "models", property(noted)):
        yield found


@pytest.fixture
def ways() -> Iterator[list[bool]]:
    with noted_ways() as found:
        yield found


# What a session holds before the query


async def _nothing(session: AsyncSession, model: type[Any]) -> Any:
    return None


async def _all(session: AsyncSession, model: type[Any]) -> Any:
    return (await session.scalars(select(model))).unique().all()


async def _dropped(session: AsyncSession, model: type[Any]) -> Any:
    await _all(session, model)


async def _expired(session: AsyncSession, model: type[Any]) -> Any:
    held = await _all(session, model)
    for each in held[::2]:
        session.expire(each)
    return held


async def _expired_in_part(session: AsyncSession, model: type[Any]) -> Any:
    held = await _all(session, model)
    names = _plain_columns(model)
    for each in held:
        session.expire(each, names[-1:])
    return held


async def _modified(session: AsyncSession, model: type[Any]) -> Any:
    held = await _all(session, model)
    name = _plain_columns(model)[-1]
    for each in held[::2]:
        setattr(each, name, getattr(each, name))
    for each in held[::3]:
        session.expire(each)
        setattr(each, name, None)
    session.sync_session.autoflush = False
    return held


async def _partial(session: AsyncSession, model: type[Any]) -> Any:
    columns = [getattr(model, name) for name in _plain_columns(model)[:1]]
    return (await session.scalars(select(model).options(load_only(*columns)))).unique().all()


async def _attribute_deleted(session: AsyncSession, model: type[Any]) -> Any:
    held = await _all(session, model)
    for each in held[::2]:
        delattr(each, _plain_columns(model)[-1])
    session.sync_session.autoflush = False
    return held


async def _deleted(session: AsyncSession, model: type[Any]) -> Any:
    held = await _all(session, model)
    session.sync_session.autoflush = False
    for each in held[1::2]:
        session.sync_session._delete_impl(inspect(each), each, True)
    return held


BEFORE = [
    _nothing,
    _all,
    _dropped,
    _expired,
    _expired_in_part,
    _modified,
    _partial,
    _attribute_deleted,
    _deleted,
]


def _plain_columns(model: type[Any]) -> list[str]:
    keys = {column.key for column in inspect(model).primary_key}
    return [each.key for each in inspect(model).column_attrs if each.key not in keys and not each.deferred]


Before = Callable[[AsyncSession, type[Any]], Any]


async def states(
    database: Database, make: Callable[[AsyncSession], Any], before: Before, *, direct: bool
) -> tuple[Any, ...]:
    """What is known of the models of a queryset, and of all that the session holds then."""
    async with database.session() as session:
        queryset = make(session)
        held = await before(session, queryset._query.model)
        if not direct:
            queryset = queryset.execution_options(direct=False)
        models = await queryset
        everything = sorted(
            session.sync_session.identity_map.values(), key=lambda each: repr(inspect(each).key)
        )
        numbers = {id(each): number for number, each in enumerate(everything)}
        found = (
            [numbers[id(each)] for each in models],
            [told(session, each) for each in models],
            [told(session, each) for each in everything],
            held is not None and [told(session, each) for each in held],
        )
        session.expunge_all()
        return found


@few
@given(chain=some_models, part=st.none() | slices(), before=st.sampled_from(BEFORE))
@example(Chain("Book", declared=(("outerjoin", "reviews"),)), None, _all)
@example(Chain("Book"), None, _expired)
@example(Chain("Book"), None, _modified)
@example(Chain("Tag", (".filter(Q(books__pages__gt=0))",)), slice(0, 5), _partial)
async def test_random_chains(shelves: Database, chain: Chain, part: slice | None, before: Before) -> None:
    def make(session: AsyncSession) -> Any:
        queryset = chain.but(ordering=(*chain.ordering, "pk")).on(session)
        return queryset if part is None else queryset[part]

    with noted_ways() as ways:
        here = await states(shelves, make, before, direct=True)
        there = await states(shelves, make, before, direct=False)
    assert here == there
    # A queryset that finds nothing, whatever there is, asks nothing.
    made, left = ways or (False, False)
    assert not left
    tell("by the loop" if made else "by SQLAlchemy")


MAPPED: dict[str, tuple[type[Any], Callable[[Any], Any], bool]] = {
    "other names, synonyms, SQL expressions, a deferred column": (Rack, lambda q: q, True),
    "a deferred column that is wanted": (Rack, lambda q: q.options(undefer(Rack.remark)), True),
    "raising relations": (Crate, lambda q: q, True),
    "a key of several columns": (Key, lambda q: q, True),
    "a dataclass": (Place, lambda q: q, True),
    "some columns": (Rack, lambda q: q.options(load_only(Rack.label, Rack.width)), True),
    "without some columns": (Crate, lambda q: q.options(defer(Crate.weight), defer(Crate.content)), True),
    "columns that must not be touched": (
        Crate,
        lambda q: q.options(defer(Crate.weight, raiseload=True)),
        True,
    ),
    "a union": (Key, lambda q: q.filter(rank=1).union(q.filter(rank=2)), True),
    "a union of rows": (Key, lambda q: q.filter(rank=1).union(q, all=True), True),
    "distinct": (Use, lambda q: q.distinct(), True),
    "joined by the mapping": (Label, lambda q: q, False),
    "inheritance": (Animal, lambda q: q, False),
    "a subclass": (Bird, lambda q: q, False),
    "joined": (Key, lambda q: q.options("uses"), False),
    "joined by SQLAlchemy": (Key, lambda q: q.options(joinedload(Key.uses)), False),
    "by SELECTs of their own": (Key, lambda q: q.options(selectinload(Key.uses)), False),
    "loaded lazily all the same": (Crate, lambda q: q.options(lazyload(Crate.rack)), False),
    "refused": (Key, lambda q: q.options(raiseload("*")), False),
    "populate_existing": (Use, lambda q: q.execution_options(populate_existing=True), False),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("before", [_nothing, _all, _expired, _partial], ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", MAPPED)
async def test_mappings(shelves: Database, ways: list[bool], name: str, before: Before) -> None:
    model, chain, by_loop = MAPPED[name]

    def make(session: AsyncSession) -> Any:
        return chain(QuerySet(model, session).order_by("pk"))

    here = await states(shelves, make, before, direct=True)
    assert here[0] or model is Place
    assert here == await states(shelves, make, before, direct=False)
    assert ways == [by_loop, False]


async def test_values_beside_models(shelf: AsyncSession, ways: list[bool]) -> None:
    books: Any = QuerySet(Book, shelf).order_by("pk").annotate(n=Count("reviews"), more=F("pages") + 1)
    here = [(book.id, book.n, book.more) for book in await books]
    assert ways == [True]
    there = [(book.id, book.n, book.more) for book in await books.execution_options(direct=False)]
    assert here == there
    assert len({n for _, n, _ in here}) > 1


async def test_a_statement_of_models_and_keys(shelf: AsyncSession, ways: list[bool]) -> None:
    statement = select(Review, Review.book_id).order_by(Review.id)
    rows = await shelf.run_sync(lambda session: Loading(session, Run(statement), {}, {}).models)
    assert rows
    assert all((type(review), key) == (Review, review.book_id) for review, key in rows)
    assert ways == [True]


class Mark(UserDefinedOption):
    """An option that is for whoever finds it in the state of an object."""

    propagate_to_loaders = True


async def test_options_stay_with_the_objects(shelf: AsyncSession, ways: list[bool]) -> None:
    for number in (1, 2):
        tag = await QuerySet(Tag, shelf).options(Mark(number)).order_by("pk").first()
        option: Any
        (option,) = [each for each in inspect(tag).load_options if isinstance(each, Mark)]
        assert option.payload == number
        shelf.expunge_all()
    assert ways == [True, True]


# What is done with the objects later


async def test_lazy_loads_refreshes_and_flushes(
    shelf: AsyncSession, ways: list[bool], sql: RecordedSQL
) -> None:
    crate = await QuerySet(Crate, shelf).options(defer(Crate.weight)).order_by("pk").first()
    assert crate is not None
    assert ways == [True]
    assert await shelf.run_sync(lambda _: crate.weight) == 5
    assert {label.id for label in await shelf.run_sync(lambda _: crate.labels)} == {1, 2}
    crate.label = "changed"
    sql.clear()
    await shelf.flush()
    assert sql.last.startswith("UPDATE crates SET label=")
    await shelf.refresh(crate)
    assert crate.label == "changed"
    assert await shelf.run_sync(lambda _: crate.weight) == 5
    shelf.expire(crate)
    assert await shelf.run_sync(lambda _: crate.label) == "changed"
    crate.rack_code = None
    await shelf.flush()
    assert await QuerySet(Crate, shelf).filter(rack=None, pk=1).exists()


async def test_a_pending_object_is_flushed_first(shelf: AsyncSession, ways: list[bool]) -> None:
    shelf.add(Use(id=77, size=1))
    assert [use.id for use in await QuerySet(Use, shelf).filter(pk=77)] == [77]
    assert ways == [True]


async def test_pickling(shelf: AsyncSession, ways: list[bool]) -> None:
    racks = QuerySet(Rack, shelf).options(defer(Rack.width)).order_by("pk")
    here = await racks
    there = pickle.loads(pickle.dumps(here))
    assert ways == [True]
    assert [rack.label for rack in there] == [rack.label for rack in here]
    assert inspect(there[0]).detached
    assert inspect(there[0]).key == inspect(here[0]).key
    shelf.expunge_all()
    shelf.add(there[0])
    assert await shelf.run_sync(lambda _: there[0].width) == 5


async def test_nothing_is_kept_of_objects_that_nobody_uses(shelf: AsyncSession, ways: list[bool]) -> None:
    books = await QuerySet(Book, shelf)
    assert ways == [True]
    watched = [weakref.ref(each) for book in books for each in (book, inspect(book))]
    del books
    gc.collect()
    assert not any(each() for each in watched)
    assert not len(shelf.sync_session.identity_map)


async def test_a_row_that_goes_between_two_queries(shelf: AsyncSession, ways: list[bool]) -> None:
    """An object whose last reference went in the middle of a run is made anew."""
    first = {inspect(book).key for book in await QuerySet(Book, shelf)}
    assert {inspect(book).key for book in await QuerySet(Book, shelf)} == first
    assert ways == [True, True]


# Who stands in the way


def _loaded(*_: Any) -> None: ...


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (Author, "load"),
        (Author, "refresh"),
        (Session, "loaded_as_persistent"),
        (Session, "do_orm_execute"),
    ],
)
async def test_listeners(shelf: AsyncSession, ways: list[bool], target: Any, name: str) -> None:
    heard: list[Any] = []

    def listen(*arguments: Any) -> None:
        heard.append(arguments)

    authors = QuerySet(Author, shelf)
    await authors
    shelf.expunge_all()
    event.listen(target, name, listen)
    try:
        await authors
    finally:
        event.remove(target, name, listen)
    assert bool(heard) == (name != "refresh")
    shelf.expunge_all()
    await authors
    assert ways == [True, False, True]


async def test_criteria_are_part_of_the_statement(shelf: AsyncSession, ways: list[bool]) -> None:
    keys = QuerySet(Key, shelf).options(with_loader_criteria(Key, Key.rank == 2))
    assert [(key.k0, key.rank) for key in await keys] == [(1, 2)]
    assert ways == [True]


async def test_a_session_that_executes_otherwise(shelves: Database, ways: list[bool]) -> None:
    asked: list[Any] = []

    class Watching(Session):
        def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:
            asked.append(statement)
            return super().execute(statement, *arguments, **options)

    async with AsyncSession(shelves.engine, sync_session_class=Watching) as session:
        assert await QuerySet(Key, session).order_by("pk").first()
    assert ways == [False]
    assert len(asked) == 1


async def test_statements_that_are_not_kept(shelves: Database, ways: list[bool]) -> None:
    engine = create_async_engine(shelves.engine.url, query_cache_size=0)
    async with AsyncSession(engine) as session:
        assert len(await QuerySet(Key, session)) == 3
    await engine.dispose()
    assert ways == [False]


async def test_it_can_be_turned_off(shelves: Database, shelf: AsyncSession, ways: list[bool]) -> None:
    await QuerySet(Key, shelf).execution_options(direct=False)
    engine = shelves.engine.execution_options(direct=False)
    async with AsyncSession(engine) as session:
        assert len(await QuerySet(Key, session)) == 3
    assert ways == [False, False]


async def test_contains_eager_is_left_to_sqlalchemy(shelf: AsyncSession, ways: list[bool]) -> None:
    labels = QuerySet(Stamp, shelf)
    assert len(await labels) == 2
    statement = select(Use).outerjoin(Use.key).options(contains_eager(Use.key)).order_by(Use.id)

    def work(session: Session) -> Any:
        loading = Loading(session, Run(statement), {}, {})
        assert loading.models is None
        return [use.key for use in loading.result.scalars()]

    assert [key and key.k0 for key in await shelf.run_sync(work)] == [1, 1, 2, None]
    assert ways == [True, False]


async def test_a_model_that_is_not_there(shelf: AsyncSession, ways: list[bool]) -> None:
    """An outer join may have nothing at its other end."""
    statement = select(Key, Use.id).select_from(Use).outerjoin(Use.key).order_by(Use.id)
    rows = await shelf.run_sync(lambda session: Loading(session, Run(statement), {}, {}).models)
    assert rows is not None
    assert [(key and key.k0, use) for key, use in rows] == [(1, 1), (1, 2), (2, 3), (None, 4)]
    assert rows[0][0] is rows[1][0]
    assert ways == [True]


def test_every_model_of_the_chains_has_a_name() -> None:
    assert {Book, Author, Tag, Review} <= {*MODEL_NAMED.values()}
