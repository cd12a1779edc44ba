"""The one place that awaits a session for a query: statements run here, and rows become results here.

One operation is one ``run_sync``, and so one greenlet, however many statements it takes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from django_like_repos.clauses.paging import Wanted as PageWanted
from django_like_repos.clauses.prefetching import prefetched
from django_like_repos.clauses.refreshing import Wanted
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import creating, explaining, paging, reading, refreshing, writing
from django_like_repos.execution.creating import Values
from django_like_repos.execution.creating import made as made
from django_like_repos.execution.peers import peers_of
from django_like_repos.execution.renewing import renewed
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.shards import bind_of
from django_like_repos.execution.turns import check_commits_whole, commit_known, take_turn
from django_like_repos.mapping.models import mapper_of
from django_like_repos.pages import CursorPage, Page, Total
from django_like_repos.query import Query
from django_like_repos.statements.assignments import assignments

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

T = TypeVar("T")


async def fetch(session: SomeSession | None, query: Query) -> list[Any]:
    """The rows of a query: models, tuples, named tuples, scalars or dicts, as the query says."""
    return await run(session, query, lambda sync: reading.fetch(sync, query))


async def load(
    session: SomeSession | None, query: Query, models: Sequence[Any], columns: Sequence[str]
) -> None:
    """Loads columns, and what a query prefetches, for models in hand and for their peers."""

    def work(sync: Session) -> None:
        together = list({id(peer): peer for model in models for peer in peers_of(model)}.values())
        if columns:
            refreshing.load_columns(sync, query.model, together, columns)
        reading.prefetch(sync, together, query)

    await run(session, query, work)


async def count(session: SomeSession | None, query: Query) -> int:
    """How many rows ``fetch`` would give."""
    query = reading.unordered(query, chooses=False)
    return await run(session, query, lambda sync: reading.number(sync, query))


async def aggregate(session: SomeSession | None, query: Query) -> dict[str, Any]:
    """The aggregates of a query's rows, by name."""
    query = reading.unordered(query)
    return await run(session, query, lambda sync: reading.summary(sync, query))


async def explain(session: SomeSession | None, query: Query, options: Mapping[str, Any]) -> str:
    """The database's plan for the rows of a query."""
    return await run(session, query, lambda sync: explaining.explain(sync, query, options))


async def exists(session: SomeSession | None, query: Query) -> bool:
    """Whether ``fetch`` would give any row."""
    query = reading.unordered(query, chooses=False)
    return await run(session, query, lambda sync: reading.any_row(sync, query))


async def page(session: SomeSession | None, query: Query, wanted: PageWanted, total: Total) -> Page[Any]:
    """One page of a query's rows."""
    return await run(session, query, lambda sync: paging.page(sync, query, wanted, total))


async def cursor_page(session: SomeSession | None, query: Query, turn: paging.Turn) -> CursorPage[Any]:
    """One page of the rows of a query that has a keyset."""
    return await run(session, query, lambda sync: paging.cursor_page(sync, query, turn))


async def update(session: SomeSession | None, query: Query, values: Mapping[str, Any]) -> "Written":
    """Runs the UPDATE; the result has a ``rowcount``."""
    assigned = assignments(query, values)
    query = reading.unordered(query)
    return await run(session, query, lambda sync: writing.update(sync, query, assigned))


async def delete(session: SomeSession | None, query: Query) -> "Written":
    """Runs the DELETE; the result has a ``rowcount``."""
    query = reading.unordered(query)
    return await run(session, query, lambda sync: writing.delete(sync, query))


async def get_or_create(
    session: SomeSession | None, query: Query, attributes: Mapping[str, Any], defaults: Values
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    return await run(session, query, lambda sync: creating.get_or_create(sync, query, attributes, defaults))


async def update_or_create(
    session: SomeSession | None,
    query: Query,
    attributes: Mapping[str, Any],
    defaults: Values,
    changes: Values,
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""

    def work(sync: Session) -> tuple[Any, bool]:
        return creating.update_or_create(sync, query, attributes, defaults, changes)

    return await run(session, query, work)


async def add(session: SomeSession | None, query: Query, models: Sequence[Any]) -> None:
    """Adds models to the session, and no more than the query's flags say."""
    await run(session, query, lambda sync: sync.add_all(models))


async def get(session: SomeSession | None, query: Query, key: Any) -> Any:
    """The model of a primary key, from the session if it is there; None if there is none."""
    return await run(session, query, lambda sync: reading.by_key(sync, query, key))


async def refresh_from_db(session: SomeSession | None, query: Query, model: Any, wanted: Wanted) -> None:
    """Reloads attributes of a model. Raises DoesNotExist where its row is gone."""

    def work(sync: Session) -> None:
        refreshing.refresh(sync, model, wanted)
        # SQLAlchemy leaves a relation to the same class to the next time that it is asked for.
        missing = [key for key in wanted.relations if key not in vars(model)]
        if missing:
            reading.prefetch(sync, [model], prefetched(query, tuple(missing)))

    await run(session, query, work)


def dialect_of(session: SomeSession, model: type[Any]) -> Dialect:
    """The dialect of the database that the session asks for a model."""
    return bind_of(own(session).sync_session, mapper_of(model)).dialect


async def run(session: SomeSession | None, query: Query, work: Callable[[Session], T]) -> T:
    """Does ``work`` with the session, then flushes or commits if the query says so.

    Raises UnsupportedOperationError where there is no session, or it is in use by another task.
    """

    def whole(sync: Session) -> T:
        result = work(sync)
        if query.settings.commit:
            check_commits_whole(sync)
            with commit_known(sync):
                sync.commit()
        elif query.settings.flush:
            sync.flush()
        return result

    if session is None:
        raise UnsupportedOperationError(
            "this queryset has no session to run in; it can only be looked at, or given one by in_session()"
        )
    asked = own(session)
    turn = take_turn(asked)
    try:
        return await asked.run_sync(renewed, whole)
    finally:
        turn.end()
