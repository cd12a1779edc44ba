"""Reading: the statements of a query executed, those too that prefetch for its models."""

from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.clauses import loaded_with, unlocked, with_fields
from django_like_repos.errors import MultipleObjectsReturned
from django_like_repos.execution import locking, peers
from django_like_repos.execution.actions import Work, do, perform, plans_for
from django_like_repos.execution.collections import PARTIAL, filled_anew
from django_like_repos.execution.growing import grow, needed_by_tree
from django_like_repos.execution.making import by_owner, keys_in, made_of
from django_like_repos.execution.places import reads_from
from django_like_repos.execution.prefetching import Filling, beside, needed_by, owned_by
from django_like_repos.execution.results import OF_MODELS, rows_of
from django_like_repos.execution.shards import refuse_shards
from django_like_repos.mapping.eager import loads_more
from django_like_repos.mapping.fetch_modes import FetchMode, kept_mark
from django_like_repos.mapping.guard import guard_once
from django_like_repos.mapping.models import hop_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import UNORDERED, Query
from django_like_repos.query.fetch_modes import PEERS
from django_like_repos.query.into import Listed


def unordered(query: Query, *, chooses: bool = True) -> Query:
    """A query without locks, whose order is left out where it decides nothing; without ``chooses``, only how
    many rows."""
    frame = query.settings.frame
    if frame.locked is not None:
        query = unlocked(query)
    if query.ordering.shape == ():
        return query
    # What DISTINCT values are ordered by counts among them, so there the order decides how many there are.
    # The same is true of groups, and of rows of several queries nobody needs to know.
    counts = (frame.distinct and frame.projection) or (frame.distinct_on and (chooses or _of_many(query)))
    if counts or query.names.annotations:
        return query
    return query.evolve(ordering=UNORDERED)


def _of_many(query: Query) -> bool:
    """Whether one model may be the first of several kinds, so that which are the first decides how many."""
    kinds = [field_path(query.names, name) for name in query.frame.distinct_on]
    return query.frame.projection is None and any(path.crosses_to_many for path in kinds)


def fetch(session: Session, query: Query) -> list[Any]:
    """Every row, and what is prefetched for its models."""
    if query.settings.frame.locked is not None:
        locking.prepare(session, query)
        with locking.relations_kept(session):
            return _fetch_all(session, query)
    return _fetch_all(session, query)


def _fetch_all(session: Session, query: Query) -> list[Any]:
    if query.settings.loads_apart:
        query = with_needed(query)
    return finished(session, _fetch(session, query), query)


def finished(session: Session, rows: list[Any], query: Query) -> list[Any]:
    """Rows with all that statements of their own find for them."""
    settings = query.settings
    if settings.row == "into":
        return _made(session, rows, query)
    if settings.loads_apart and settings.row == "model":
        prefetch(session, rows, query)
    return rows


def _made(session: Session, rows: list[Any], query: Query) -> list[Any]:
    """What ``into()`` makes of rows."""
    into = query.settings.into
    assert into is not None
    return made_of(into.made, rows, [_found(session, rows, query, each) for each in into.lists])


def _found(session: Session, rows: list[Any], query: Query, listed: Listed) -> Mapping[Any, list[Any]]:
    """What is made of the rows at the end of a relation, by the keys of their owners."""
    keys = keys_in(rows, listed.keys)
    if not keys:
        return {}
    hop = hop_of(mapper_of(listed.model), listed.relation)
    assert hop is not None
    related = beside(query, listed.query)
    with reads_from(session, related.settings.reads):
        owned = _fetch(session, owned_by(related, ownership_of(hop), keys))
        return by_owner(owned, _made(session, [row for row, _ in owned], related), listed.identity)


def with_needed(query: Query) -> Query:
    """A query that loads the columns, too, that what it prefetches is found by."""
    if query.settings.loads_apart and query.row == "model" and query.frame.fields is not None:
        return loaded_with(query, [*needed_by(query), *needed_by_tree(query)])
    return query


def placed(session: Session, query: Query) -> list[Any]:
    """Rows alone; in the order of a keyset, each with the values that it is ordered by."""
    if query.frame.locked is not None:
        locking.prepare(session, query)
        with locking.relations_kept(session):
            return _fetch(session, query)
    return _fetch(session, query)


def by_field(session: Session, query: Query, keys: tuple[str, ...]) -> dict[Any, Any]:
    """Every row, by attributes of its model."""
    if query.row == "model":
        of_model = attrgetter(*keys)
        return {of_model(model): model for model in fetch(session, loaded_with(query, keys))}
    query, places = with_fields(query, keys)
    rows, of_row = placed(session, query), itemgetter(*places)
    return {of_row(row): made for row, made in zip(rows, finished(session, rows, query), strict=True)}


def prefetch(session: Session, models: Sequence[Any], query: Query) -> None:
    """Loads what a query prefetches into models."""
    anew = bool(query.execution_options.get("populate_existing"))
    if query.settings.tree is not None:
        models = grow(session, models, query, _fetch, anew=anew)
    for each in query.settings.prefetches:
        filling = Filling(session, query.model, each, models, anew=anew)
        related = beside(query, each.query)
        with reads_from(session, related.settings.reads):
            if filling.keys:
                filling.fill(_fetch(session, owned_by(related, filling.ownership, filling.keys)))
            if related.settings.loads_apart:
                prefetch(session, filling.related(), related)


def _fetch(session: Session, query: Query) -> list[Any]:
    if query.never:
        return []
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    if query.settings.frame.fetch_mode != PEERS or query.row not in OF_MODELS:
        return _rows(session, query, plan, params)
    mark = FetchMode(PEERS)
    rows = _rows(session, query, plan.with_options((mark,)), params)
    bare = query.row == "model" and query.frame.keyset is None
    peers.bring_together(rows if bare else [model for model, _ in rows], mark)
    return rows


def _rows(session: Session, query: Query, plan: plans.Plan, params: Mapping[str, Any]) -> list[Any]:
    settings = query.settings
    of_models = settings.row in OF_MODELS
    work = Work(session, query, params, settings.execution_options, reads=True, of_models=of_models)
    if not plan.partial and PARTIAL not in session.info:
        do(work, plan)
        return rows_of(work)
    with filled_anew(session, plan.partial, every=bool(work.options.get("populate_existing"))):
        do(work, plan)
        return rows_of(work)


def number(session: Session, query: Query) -> int:
    """How many rows there are, in all the databases that are asked."""
    return 0 if query.never else sum([row[0] for row in perform(session, plans.COUNT, query)])


def any_row(session: Session, query: Query) -> bool:
    """Whether there is a row."""
    return not query.never and len([*perform(session, plans.EXISTS, query)]) > 0


def summary(session: Session, query: Query) -> dict[str, Any]:
    """The aggregates of ``aggregate()``, by name. Raises UnsupportedOperationError for several databases."""
    row, *others = perform(session, plans.SUMMARY, query)
    if others:
        refuse_shards(session, "aggregate()")
    return {name: value for (name, _, _), value in zip(query.frame.summary, row, strict=True)}


def only(session: Session, query: Query) -> Any:
    """The only model; None where there is none. Raises MultipleObjectsReturned."""
    models = fetch(session, query.evolve(limit=2, offset=0))
    if len(models) > 1:
        raise MultipleObjectsReturned(f"more than one {query!r}")
    return models[0] if models else None


def by_key(session: Session, query: Query, key: Any) -> Any:
    """The model of a primary key, from the session if it is there; None if there is none."""
    marks, mapper = kept_mark(query.frame.fetch_mode), mapper_of(query.model)
    if loads_more(mapper):
        return session.get(query.model, key, options=marks)
    # With options SQLAlchemy makes its statement anew each time; there is one object to be marked.
    parts = key if isinstance(key, tuple) else (key,)
    held = mapper.identity_key_from_primary_key(parts) in session.identity_map
    model = session.get(query.model, key)
    if model is not None and marks and not held:
        inspect(model).load_options = marks
        guard_once(mapper)
    return model
