"""Reading: a query's statement executed, and its rows made into what the query says."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Result, inspect
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.caching import cached
from django_like_repos.errors import MultipleObjectsReturned, UnsupportedOperationError
from django_like_repos.execution import peers
from django_like_repos.execution.actions import Work, do, perform, plans_for
from django_like_repos.execution.collections import PARTIAL, filled_anew
from django_like_repos.execution.prefetching import Filling, in_mode_of, owned_by
from django_like_repos.execution.shards import refuse_shards
from django_like_repos.mapping.eager import loads_by_joins, loads_more
from django_like_repos.mapping.fetch_modes import FetchMode, kept_mark
from django_like_repos.mapping.fields import beside
from django_like_repos.mapping.guard import guard_once
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.owners import Ownership
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import outputs, outputs_of
from django_like_repos.mapping.row_makers import Maker, maker_of
from django_like_repos.query import UNORDERED, Query
from django_like_repos.query.fetch_modes import PEERS
from django_like_repos.query.shapes import Annotate


def unordered(query: Query, *, chooses: bool = True) -> Query:
    """A query whose order is left out where it decides nothing; without ``chooses``, only how many rows."""
    # What DISTINCT values are ordered by counts among them, so there the order decides how many there are.
    # The same is true of groups, and of rows of several queries nobody needs to know.
    frame = query.frame
    counts = (frame.distinct and frame.projection) or (frame.distinct_on and (chooses or _of_many(query)))
    if not query.ordered or counts or query.names.annotations:
        return query
    return query.evolve(ordering=UNORDERED)


def _of_many(query: Query) -> bool:
    """Whether one model may be the first of several kinds, so that which are the first decides how many."""
    kinds = [field_path(query.names, name) for name in query.frame.distinct_on]
    return query.frame.projection is None and any(path.crosses_to_many for path in kinds)


def fetch(session: Session, query: Query) -> list[Any]:
    """Every row, and what is prefetched for its models."""
    rows = _fetch(session, query)
    if query.settings.prefetches and query.row == "model":
        prefetch(session, rows, query)
    return rows


def prefetch(session: Session, models: Sequence[Any], query: Query) -> None:
    """Loads what a query prefetches into models."""
    anew = bool(query.execution_options.get("populate_existing"))
    for each in query.settings.prefetches:
        filling = Filling(session, query.model, each, models, anew=anew)
        related = in_mode_of(query, each.query)
        if filling.keys:
            filling.fill(_fetch(session, owned_by(related, filling.ownership, filling.keys)))
        if related.settings.prefetches:
            prefetch(session, filling.related(), related)


def _fetch(session: Session, query: Query) -> list[Any]:
    if query.never:
        return []
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    if query.frame.fetch_mode != PEERS or query.row not in ("model", "owned"):
        return _rows(session, query, plan, params)
    mark = FetchMode(PEERS)
    rows = _rows(session, query, plan.with_options((mark,)), params)
    peers.bring_together(rows if query.row == "model" else [model for model, _ in rows], mark)
    return rows


def _rows(session: Session, query: Query, plan: plans.Plan, params: Mapping[str, Any]) -> list[Any]:
    work = Work(session, query, params, query.execution_options)
    if not plan.partial and PARTIAL not in session.info:
        return _ROWS[query.row](do(work, plan), query)
    with filled_anew(session, plan.partial, every=bool(work.options.get("populate_existing"))):
        return _ROWS[query.row](do(work, plan), query)


def number(session: Session, query: Query) -> int:
    """How many rows there are, in all the databases that are asked."""
    return 0 if query.never else sum(perform(session, plans.COUNT, query).scalars())


def any_row(session: Session, query: Query) -> bool:
    """Whether there is a row."""
    return not query.never and perform(session, plans.EXISTS, query).first() is not None


def summary(session: Session, query: Query) -> dict[str, Any]:
    """The aggregates of ``aggregate()``, by name. Raises UnsupportedOperationError for several databases."""
    row, *others = perform(session, plans.SUMMARY, query)
    if others:
        refuse_shards(session, "aggregate()")
    return {name: value for (name, _, _), value in zip(query.frame.summary, row, strict=True)}


def _models(result: Result[Any], query: Query) -> list[Any]:
    combined = query.frame.combined
    every = combined is not None and combined.all
    if query.names.annotations or query.names.relations:
        names = outputs_of(query.shape)
        related = beside(query.names, query.frame.related)
        if names or related:
            joined = not every and _is_joined(query)
            return _annotated_models(result, (*names, *related), len(names), joined=joined)
    if every:
        # Each row counts, also where it is the same model again.
        return list(result.unique(lambda _: object()).scalars())
    return list(result.unique().scalars())


def _annotated_models(result: Result[Any], names: tuple[str, ...], width: int, *, joined: bool) -> list[Any]:
    """Models with what is named beside them: so many values, then models that belong to them."""
    return _annotate(names, _rows_beside(result, width, joined=joined))


def _rows_beside(result: Result[Any], width: int, *, joined: bool) -> list[Any]:
    """Rows of models with so many values beside them, and models that belong to them."""

    def identity(row: Any) -> Any:
        # Values may be what no set takes, such as documents; equal ones are of one model anyway.
        model, *values = row
        return id(model), repr(values[:width])

    # Only joined rows that fill collections come several times for one row of the query.
    return list(result.unique(identity) if joined else result)


def _annotate(names: tuple[str, ...], rows: Sequence[Any]) -> list[Any]:
    """The models of rows, with what is named beside them."""
    models: list[Any] = []
    carried: dict[int, list[Any]] = {}
    for model, *values in rows:
        if carried.setdefault(id(model), values) != values:
            key = ", ".join(map(str, inspect(model).identity))
            raise UnsupportedOperationError(
                f"{type(model).__name__} {key} comes several times, with other values of {', '.join(names)} "
                "each time, and there is one object for it in a session: read them with values()"
            )
        for name, value in zip(names, values, strict=True):
            setattr(model, name, value)
        models.append(model)
    return models


def _is_joined(query: Query) -> bool:
    """Whether rows may come several times for what is one row of the query."""
    if any(isinstance(step, Annotate) and step.grouped_by for step in query.steps):
        # A group is a model, whatever a condition on it has joined.
        return True
    return bool(query.frame.loads or query.foreign or loads_by_joins(mapper_of(query.model)))


def _owned_models(result: Result[Any], query: Query) -> list[Any]:
    """Models, each with the key of its owner."""
    owned = query.frame.owned
    assert owned is not None
    assert isinstance(owned.by, Ownership)
    names = outputs_of(query.shape) if query.names.annotations else ()
    related = beside(query.names, query.frame.related)
    key = 1 + len(names)
    end = key + len(owned.by.fields)
    rows = _rows_beside(result, end - 1, joined=_is_joined(query))
    if names or related:
        _annotate((*names, *related), [(*row[:key], *row[end:]) for row in rows])
    if end == key + 1:
        return [(row[0], row[key]) for row in rows]
    return [(row[0], tuple(row[key:end])) for row in rows]


def _scalars(result: Result[Any], query: Query) -> list[Any]:
    return [row[0] for row in _tuples(result, query)]


def _tuples(result: Result[Any], query: Query) -> list[Any]:
    return [*map(_maker(query), result)]


def _named(result: Result[Any], query: Query) -> list[Any]:
    make = _row_class(_names(query))._make
    return [make(row) for row in _tuples(result, query)]


def _dicts(result: Result[Any], query: Query) -> list[Any]:
    names = _names(query)
    return [dict(zip(names, row, strict=True)) for row in _tuples(result, query)]


_ROWS: Final[dict[str, Callable[[Result[Any], Query], list[Any]]]] = {
    "model": _models,
    "owned": _owned_models,
    "scalar": _scalars,
    "tuple": _tuples,
    "named": _named,
    "dict": _dicts,
}


def _maker(query: Query) -> Maker:
    return maker_of(query.names, _names(query))


def _names(query: Query) -> tuple[str, ...]:
    settings = query.settings
    if settings.frame.combined is not None:
        return outputs_of(query.shape)
    return outputs(query.names, settings.frame.projection, query.steps)


@cached(1024)
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


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
