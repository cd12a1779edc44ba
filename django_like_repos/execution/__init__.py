"""The one place that awaits a session for a query: statements run here, and rows become results here.

One operation is one ``run_sync``, and so one greenlet, however many statements it takes.
"""

from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from django_like_repos.advice.values import Advice
from django_like_repos.clauses.bodies import ToWrite
from django_like_repos.clauses.paging import Wanted as PageWanted
from django_like_repos.clauses.prefetching import prefetched
from django_like_repos.clauses.refreshing import Wanted
from django_like_repos.execution import (
    advising,
    bodies,
    creating,
    explaining,
    graphs,
    hooked,
    locking,
    paging,
    reading,
    refreshing,
    single,
    writing,
)
from django_like_repos.execution.bulk.batches import BatchProgress as BatchProgress
from django_like_repos.execution.bulk.batches import WriteBatch as WriteBatch
from django_like_repos.execution.bulk.batches import WrittenInBatches as WrittenInBatches
from django_like_repos.execution.bulk.batches import in_batches as in_batches
from django_like_repos.execution.bulk.changing import Progress as Progress
from django_like_repos.execution.bulk.changing import bulk_update as bulk_update
from django_like_repos.execution.bulk.creating import CreateProgress as CreateProgress
from django_like_repos.execution.bulk.creating import bulk_add as bulk_add
from django_like_repos.execution.bulk.creating import bulk_create as bulk_create
from django_like_repos.execution.bulk.creating import bulk_way as bulk_way
from django_like_repos.execution.bulk.ways import Way as Way
from django_like_repos.execution.creating import Attributes, Values
from django_like_repos.execution.creating import made as made
from django_like_repos.execution.exports import arrow_batches as arrow_batches
from django_like_repos.execution.exports import copy_to as copy_to
from django_like_repos.execution.exports import to_arrow as to_arrow
from django_like_repos.execution.exports import to_pandas as to_pandas
from django_like_repos.execution.exports import to_polars as to_polars
from django_like_repos.execution.hooked import Draft as Draft
from django_like_repos.execution.hooked import draft_of as draft_of
from django_like_repos.execution.hooks import Hooks as Hooks
from django_like_repos.execution.peers import peers_of
from django_like_repos.execution.raw import RawReader
from django_like_repos.execution.running import run, write
from django_like_repos.execution.sessions import SomeSession, is_watched, own
from django_like_repos.execution.shards import bind_of
from django_like_repos.execution.streams import MOST, read_by
from django_like_repos.execution.streams import stream as stream
from django_like_repos.mapping.models import mapper_of
from django_like_repos.pages import Batch, CursorPage, Page, Total
from django_like_repos.query import Query
from django_like_repos.query.raw import RawQuery
from django_like_repos.statements.assignments import prepared
from django_like_repos.tokens import Signer

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

T = TypeVar("T")


# Coroutines that would only await another give that one: a frame less, and one less at each turn of the loop.
Awaited = Coroutine[Any, Any, T]


def fetch(session: SomeSession | None, query: Query) -> Awaited[list[Any]]:
    """The rows of a query: models, tuples, named tuples, scalars or dicts, as the query says."""
    return run(session, query, partial(reading.fetch, query=query))


def by_field(session: SomeSession | None, query: Query, keys: tuple[str, ...]) -> Awaited[dict[Any, Any]]:
    """The rows of a query by attributes of its models."""
    return run(session, query, partial(reading.by_field, query=query, keys=keys))


def load(
    session: SomeSession | None, query: Query, models: Sequence[Any], columns: Sequence[str]
) -> Awaited[None]:
    """Loads columns, and what a query prefetches, for models in hand and for their peers."""

    def work(sync: Session) -> None:
        together = list({id(peer): peer for model in models for peer in peers_of(model)}.values())
        if columns:
            refreshing.load_columns(sync, query.model, together, columns)
        reading.prefetch(sync, together, query)

    return run(session, query, work)


def count(session: SomeSession | None, query: Query) -> Awaited[int]:
    """How many rows ``fetch`` would give."""
    query = reading.unordered(query, chooses=False)
    return run(session, query, partial(reading.number, query=query))


def aggregate(session: SomeSession | None, query: Query) -> Awaited[dict[str, Any]]:
    """The aggregates of a query's rows, by name."""
    query = reading.unordered(query)
    return run(session, query, partial(reading.summary, query=query))


def explain(session: SomeSession | None, query: Query, options: Mapping[str, Any]) -> Awaited[str]:
    """The database's plan for the rows of a query."""
    return run(session, query, lambda sync: explaining.explain(sync, query, options))


def advise(
    session: SomeSession | None, query: Query, statement: str, options: Mapping[str, Any]
) -> Awaited[Advice]:
    """The database's plan for the rows of a query, and what is to be said of it."""
    return run(session, query, lambda sync: advising.advise(sync, query, statement, options))


def exists(session: SomeSession | None, query: Query) -> Awaited[bool]:
    """Whether ``fetch`` would give any row."""
    query = reading.unordered(query, chooses=False)
    return run(session, query, partial(reading.any_row, query=query))


def text(session: SomeSession | None, asked: ToWrite) -> Awaited[bodies.Text]:
    """The rows of a query as a JSON array, and how many there are."""
    return run(session, asked.read, partial(bodies.text, asked=asked))


async def text_way(session: SomeSession | None, asked: ToWrite) -> str:
    """Who would write it, and why not the database."""
    why = await run(session, asked.read, lambda sync: bodies.why_python(sync, asked))
    return f"python: {why}" if why else "database"


def page(session: SomeSession | None, query: Query, wanted: PageWanted, total: Total) -> Awaited[Page[Any]]:
    """One page of a query's rows."""
    return run(session, query, partial(paging.page, query=query, wanted=wanted, total=total))


async def raw(session: SomeSession, query: Query, raw: RawQuery) -> list[Any]:
    """The rows of SQL of the user's own."""
    rows, _ = await write(session, query, RawReader(query, raw, None).begin)
    return rows


def raw_stream(session: SomeSession, query: Query, raw: RawQuery, size: int) -> AsyncGenerator[Any, None]:
    """The same one by one, read some at a time."""
    return read_by(RawReader(query, raw, size), session, query)


async def batches(
    session: SomeSession | None, query: Query, size: int, after: str | None, signer: Signer | None
) -> AsyncGenerator[Batch[Any], None]:
    """The rows of a query that has a keyset, so many at a time."""
    place: Any = after
    # More than that no list has, and no LIMIT takes.
    size = min(size, MOST)
    while True:
        found, place = await run(
            session, query, partial(paging.batch, query=query, place=place, size=size, signer=signer)
        )
        number = len(found)
        if found:
            yield found
        if number < size:
            return
        # Not to have two batches at a time.
        del found


def cursor_page(session: SomeSession | None, query: Query, turn: paging.Turn) -> Awaited[CursorPage[Any]]:
    """One page of the rows of a query that has a keyset."""
    return run(session, query, lambda sync: paging.cursor_page(sync, query, turn))


def update(session: SomeSession | None, query: Query, values: Mapping[str, Any]) -> "Awaited[Written]":
    """Runs the UPDATE; the result has a ``rowcount``."""
    query = reading.unordered(query)
    if query.settings.hooks is not None:
        return hooked.update(session, query, values)
    return write(session, query, partial(writing.update, query=query, values=prepared(query, values)))


def delete(session: SomeSession | None, query: Query, *, by_orm: bool = False) -> "Awaited[Written]":
    """Runs the DELETE, or has SQLAlchemy delete objects; the result has a ``rowcount``."""
    query = reading.unordered(query)
    work = partial(writing.delete, by_orm=by_orm)
    if query.settings.hooks is not None:
        return hooked.delete(session, query, work)
    return write(session, query, partial(work, query=query))


def get_or_create(
    session: SomeSession | None, query: Query, attributes: Attributes, defaults: Values
) -> Awaited[tuple[Any, bool]]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    if query.settings.hooks is not None:
        return hooked.get_or_create(session, query, attributes, defaults)
    return write(session, query, lambda sync: creating.get_or_create(sync, query, attributes, defaults))


def update_or_create(
    session: SomeSession | None,
    query: Query,
    attributes: Attributes,
    defaults: Values,
    changes: Values,
) -> Awaited[tuple[Any, bool]]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""

    if query.settings.hooks is not None:
        return hooked.update_or_create(session, query, attributes, defaults, changes)

    def work(sync: Session) -> tuple[Any, bool]:
        return creating.update_or_create(sync, query, attributes, defaults, changes)

    return write(session, query, work)


async def insert(session: SomeSession | None, query: Query, drafts: Sequence[Draft]) -> list[Any]:
    """Adds objects to the session, and no more than the query's flags say, unless there are hooks."""
    if query.settings.hooks is not None:
        return await hooked.insert(session, query, drafts)
    models = [draft.finish(draft.values) for draft in drafts]
    await write(session, query, lambda sync: single.add(sync, query, models))
    return models


async def update_one(session: SomeSession | None, query: Query, obj: Any) -> Any:
    """Stores what an object has in its row, which must be there; the session's object."""
    if query.settings.hooks is not None:
        return await hooked.update_one(session, query, obj)

    def work(sync: Session) -> Any:
        found = single.updated(sync, query, obj)
        single.flush_if_told(sync, query)
        return found

    return await write(session, query, work)


async def save(session: SomeSession | None, query: Query, obj: Any) -> Any:
    """Stores what an object has, in its row or in a new one; the session's object."""
    bare = query.evolve(flush=False, commit=False)
    if query.settings.hooks is not None:
        state = await write(session, bare, lambda sync: single.checked(query, obj, "save", sync))
        if await write(session, bare, lambda sync: single.row_of(sync, query, state)) is not None:
            return await hooked.update_one(session, query, obj)
        await write(session, bare, lambda sync: single.made_new(state))
        assert session is not None
        finish = partial(read_graph, session, query.names.zone, "save")
        return (await hooked.insert(session, query, [draft_of(obj, finish)]))[0]

    def work(sync: Session) -> Any:
        found = single.saved(sync, query, obj)
        single.flush_if_told(sync, query)
        return found

    return await write(session, query, work)


async def delete_one(session: SomeSession | None, query: Query, obj: Any) -> "Written":
    """Deletes the row of an object, which must be there."""

    def work(sync: Session, query: Query, keys: list[Any]) -> "Written":
        return single.deleted(sync, query, obj, keys)

    if query.settings.hooks is not None:
        return await hooked.delete(session, query, work)
    return await write(session, query, lambda sync: work(sync, query, []))


def get(session: SomeSession | None, query: Query, key: Any) -> Awaited[Any]:
    """The model of a primary key, from the session if it is there; None if there is none."""
    return run(session, query, lambda sync: reading.by_key(sync, query, key))


async def refresh_from_db(session: SomeSession | None, query: Query, model: Any, wanted: Wanted) -> None:
    """Reloads attributes of a model. Raises DoesNotExist where its row is gone."""

    def work(sync: Session) -> None:
        refreshing.refresh(sync, model, wanted)
        # SQLAlchemy leaves a relation to the same class to the next time that it is asked for.
        missing = [key for key in wanted.relations if key not in vars(model)]
        if missing:
            reading.prefetch(sync, [model], prefetched(query, tuple(missing)))

    await run(session, query, work)


def check_new(session: SomeSession, obj: Any) -> None:
    """Raises UnsupportedOperationError for an object that has a row, or is in another session."""
    graphs.check_new(own(session).sync_session, obj)


def read_graph(session: SomeSession, zone: str, verb: str, obj: Any) -> None:
    """Reads the values of an object that is to be added, and of those that it brings along."""
    graphs.read_graph(own(session).sync_session, zone, verb, obj)


def read_related(session: SomeSession, zone: str, verb: str, obj: Any) -> None:
    """Reads the values of those that an object brings along."""
    graphs.read_related(own(session).sync_session, zone, verb, obj)


def check_lockable(session: SomeSession, query: Query) -> None:
    """Raises UnsupportedOperationError where the database of a session cannot lock as a query wants."""
    locking.check_supported(own(session).sync_session, query)


def adds_criteria(session: SomeSession) -> bool:
    """Whether somebody listens to what a session executes, and may add criteria of models to it."""
    return is_watched(own(session).sync_session)


def dialect_of(session: SomeSession, model: type[Any]) -> Dialect:
    """The dialect of the database that the session asks for a model."""
    return bind_of(own(session).sync_session, mapper_of(model)).dialect
