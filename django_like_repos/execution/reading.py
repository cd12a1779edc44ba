"""Reading: a query's statement executed, and its rows made into what the query says."""

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.caching import cached
from django_like_repos.errors import MultipleObjectsReturned, UnsupportedOperationError
from django_like_repos.execution.actions import Work, do, perform, plans_for
from django_like_repos.execution.collections import PARTIAL, filled_anew
from django_like_repos.execution.shards import refuse_shards
from django_like_repos.mapping.models import loads_by_joins, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import outputs, outputs_of
from django_like_repos.mapping.row_makers import Maker, maker_of
from django_like_repos.query import UNORDERED, Query
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
    """Every row."""
    if query.never:
        return []
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    work = Work(session, query, params, query.execution_options, of_models=query.row == "model")
    if not plan.partial and PARTIAL not in session.info:
        do(work, plan)
        return _ROWS[query.row](work)
    with filled_anew(session, plan.partial, every=bool(work.options.get("populate_existing"))):
        do(work, plan)
        return _ROWS[query.row](work)


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


def _models(work: Work) -> list[Any]:
    query, loading = work.query, work.result
    combined = query.frame.combined
    every = combined is not None and combined.all
    made = loading.models
    if query.names.annotations:
        names = outputs_of(query.shape)
        if names:
            # Only joined rows that fill collections come several times for one row of the query.
            joined = not every and _is_joined(query)
            if made is None:
                made = loading.result.unique(_identity) if joined else loading.result
            return _annotated_models(_unlike(made) if joined else made, names)
    if made is not None:
        return made if every else _unique(made)
    if every:
        # Each row counts, also where it is the same model again.
        return list(loading.result.unique(lambda _: object()).scalars())
    return list(loading.result.unique().scalars())


def _unique(made: list[Any]) -> list[Any]:
    """Models without those that came before."""
    by_id = {id(model): model for model in made}
    return made if len(by_id) == len(made) else list(by_id.values())


def _unlike(rows: Iterable[Any]) -> Iterable[Any]:
    """Rows without those that are like one before."""
    known: set[Any] = set()
    for row in rows:
        identity = _identity(row)
        if identity not in known:
            known.add(identity)
            yield row


def _annotated_models(rows: Iterable[Any], names: tuple[str, ...]) -> list[Any]:
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


def _identity(row: Any) -> Any:
    # Values may be what no set takes, such as documents; equal ones are of one model anyway.
    model, *values = row
    return id(model), repr(values)


def _scalars(work: Work) -> list[Any]:
    return [row[0] for row in _tuples(work)]


def _tuples(work: Work) -> list[Any]:
    return [*map(_maker(work.query), work.result)]


def _named(work: Work) -> list[Any]:
    make = _row_class(_names(work.query))._make
    return [make(row) for row in _tuples(work)]


def _dicts(work: Work) -> list[Any]:
    names = _names(work.query)
    return [dict(zip(names, row, strict=True)) for row in _tuples(work)]


_ROWS: Final[dict[str, Callable[[Work], list[Any]]]] = {
    "model": _models,
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
