"""What the rows of a query become: models, tuples, named tuples, scalars or dicts, as the query says."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import inspect

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.actions import Work
from django_like_repos.mapping.eager import loads_by_joins
from django_like_repos.mapping.fields import beside
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.owners import Ownership
from django_like_repos.mapping.projection import columns_ordered_by, outputs, outputs_of
from django_like_repos.mapping.row_makers import Maker, maker_of, width_of
from django_like_repos.query import Query
from django_like_repos.query.shapes import Annotate

OF_MODELS: Final = ("model", "owned")
"""The rows that are models, or have one each."""


def rows_of(work: Work) -> list[Any]:
    """The rows of a query whose statement was executed; of one in a keyset's order, each with its place."""
    settings = work.query.settings
    if settings.frame.keyset is not None:
        return _placed(work)
    return _ROWS[settings.row](work)


def _models(work: Work) -> list[Any]:
    query, loading = work.query, work.result
    combined = query.settings.frame.combined
    every = combined is not None and combined.all
    if query.names.annotations or query.names.relations:
        names = outputs_of(query.shape)
        related = beside(query.names, query.frame.related)
        if names or related:
            rows = _rows_beside(work, len(names), joined=not every and _is_joined(query))
            return annotated((*names, *related), rows)
    made: list[Any] | None = loading.models
    if made is not None:
        return made if every else _unique(made)
    if every:
        # Each row counts, also where it is the same model again.
        return list(loading.result.unique(lambda _: object()).scalars())
    return list(loading.result.unique().scalars())


def _unique(made: list[Any]) -> list[Any]:
    """Models without those that came before."""
    if len(made) < 2:
        return made
    by_id = {id(model): model for model in made}
    return made if len(by_id) == len(made) else list(by_id.values())


def _rows_beside(work: Work, width: int, *, joined: bool) -> Iterable[Any]:
    """Rows of models with so many values beside them, and models that belong to them."""

    def identity(row: Any) -> Any:
        # Values may be what no set takes, such as documents; equal ones are of one model anyway.
        model, *values = row
        return id(model), repr(values[:width])

    made: Iterable[Any] | None = work.result.models
    if not joined:
        return work.result.result if made is None else made
    # Only joined rows that fill collections come several times for one row of the query.
    return _unlike(work.result.result.unique(identity) if made is None else made, identity)


def _unlike(rows: Iterable[Any], identity: Callable[[Any], Any]) -> Iterator[Any]:
    """Rows without those that are like one before."""
    known: set[Any] = set()
    for row in rows:
        mine = identity(row)
        if mine not in known:
            known.add(mine)
            yield row


def annotated(names: Sequence[str], rows: Iterable[Any]) -> list[Any]:
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


def _placed(work: Work) -> list[Any]:
    """Rows, each with the values that it is ordered by."""
    query = work.query
    if query.row != "model":
        rows = [*work.result]
        width = len(rows[0]) - _width_of_place(query) if rows else 0
        work.result = [row[:width] for row in rows]
        return [*zip(_ROWS[query.row](work), [tuple(row[width:]) for row in rows], strict=True)]
    return [(model, tuple(place)) for model, *place in _with_values(work, _width_of_place(query))]


def _width_of_place(query: Query) -> int:
    order: Any = query.ordering.shape
    return sum(len(columns_ordered_by(query.names.bare, each)) for each in order)


def _with_values(work: Work, width: int) -> list[Any]:
    """Models, annotated, each with so many values that stand behind what is annotated."""
    query = work.query
    names = outputs_of(query.shape) if query.names.annotations else ()
    related = beside(query.names, query.frame.related)
    start = 1 + len(names)
    end = start + width
    rows = [*_rows_beside(work, end - 1, joined=_is_joined(query))]
    if not (names or related):
        return rows
    annotated((*names, *related), [(*row[:start], *row[end:]) for row in rows])
    return [(row[0], *row[start:end]) for row in rows]


def _owned_models(work: Work) -> list[Any]:
    """Models, each with the key of its owner."""
    query = work.query
    owned = query.frame.owned
    assert owned is not None
    assert isinstance(owned.by, Ownership)
    width = len(owned.by.fields)
    rows = _with_values(work, width)
    return rows if width == 1 else [(model, tuple(key)) for model, *key in rows]


def _raw(work: Work) -> list[Any]:
    """Rows as they come, but for values that are made of several columns."""
    query = work.query
    names = _names(query)
    width = width_of(query.names, names)
    if width == len(names):
        found: Any = work.result
        return found if isinstance(found, list) else [*found]
    make = maker_of(query.names, names, True)
    return [(*make(row[:width]), *row[width:]) for row in work.result]


def _owned_values(work: Work) -> list[Any]:
    """Rows as they come, each with the key of its owner."""
    owned = work.query.frame.owned
    assert owned is not None
    assert isinstance(owned.by, Ownership)
    start = len(_names(work.query))
    if len(owned.by.fields) == 1:
        return [(row, row[start]) for row in _raw(work)]
    return [(row, tuple(row[start:])) for row in _raw(work)]


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
    "owned": _owned_models,
    "scalar": _scalars,
    "tuple": _tuples,
    "named": _named,
    "dict": _dicts,
    "into": _raw,
    "owned values": _owned_values,
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
