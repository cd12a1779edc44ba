"""The clauses of a chain: one function a call, from a query to a new query, with every check of its input.

``QuerySet`` and ``QueryBuilder`` both say what they are told through these.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.orm import Mapper

from django_like_repos.builder.caching import cached
from django_like_repos.builder.conditions import read_call
from django_like_repos.builder.expressions import is_sqlalchemy, read_sqlalchemy
from django_like_repos.builder.loading import is_loader, is_stable
from django_like_repos.builder.mapping import mapper_of
from django_like_repos.builder.paths import Path, field_path, relation_path
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import NOTHING, Clause, Join, Projection, Query, Returning
from django_like_repos.query.shapes import OPAQUE, Order


def filtered(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, negated: bool) -> Query:
    """``filter()`` and ``exclude()``."""
    name = "exclude" if negated else "filter"
    _refuse_sliced(query, name)
    clause = read_call(query.model, args, kwargs, negated=negated)
    calls = (*query.calls, (name, args, kwargs))
    if clause is None:
        return query.evolve(calls=calls)
    if clause.expressions:
        return query.evolve(steps=(*query.steps, clause), calls=calls, foreign=True)
    return query.evolve(steps=(*query.steps, clause), calls=calls)


def ordered(query: Query, terms: tuple[Any, ...]) -> Query:
    """``order_by()``: replaces what was said before; nothing given, nothing ordered."""
    _refuse_sliced(query, "order_by")
    calls = (*query.calls, ("order_by", terms, {}))
    if all(isinstance(term, str) for term in terms):
        return query.evolve(ordering=_ordering(query.model, terms), backwards=False, calls=calls)
    clauses = [_order(query.model, term) for term in terms]
    ordering = Clause(
        tuple([clause.shape for clause in clauses]),
        (),
        tuple([expression for clause in clauses for expression in clause.expressions]),
    )
    return query.evolve(ordering=ordering, backwards=False, calls=calls, foreign=True)


def turned_round(query: Query) -> Query:
    """``reverse()``."""
    _refuse_sliced(query, "reverse")
    return query.evolve(backwards=not query.backwards, calls=(*query.calls, ("reverse", (), {})))


def joined(query: Query, paths: tuple[str, ...], *, outer: bool) -> Query:
    """``innerjoin()`` and ``outerjoin()``: the last word on a path counts."""
    name = "outerjoin" if outer else "innerjoin"
    _refuse_sliced(query, name)
    for path in paths:
        _relation(query.model, path, name)
    kept = tuple([join for join in query.joins if join.path not in paths])
    joins = (*kept, *[Join(path, outer) for path in dict.fromkeys(paths)])
    return query.evolve(joins=joins, calls=(*query.calls, (name, paths, {})))


def optioned(query: Query, options: tuple[Any, ...]) -> Query:
    """``options()``: relation paths to join and load, and SQLAlchemy loader options."""
    _refuse_sliced(query, "options")
    loads, loaders, volatile = list(query.loads), list(query.loaders), list(query.volatile)
    for option in options:
        if is_loader(option):
            (loaders if is_stable(option) else volatile).append(option)
        else:
            _relation(query.model, option, "options")
            loads.append(option)
    return query.evolve(
        loads=tuple(dict.fromkeys(loads)),
        loaders=tuple(loaders),
        volatile=tuple(volatile),
        foreign=query.foreign or bool(loaders),
        calls=(*query.calls, ("options", options, {})),
    )


def projected(query: Query, name: str, fields: tuple[str, ...], row: str) -> Query:
    """``values()`` and ``values_list()``: what a row becomes is ``row``."""
    _refuse_sliced(query, name)
    for field in fields:
        _column(query.model, field, name)
    if row in ("named", "dict") and len(set(fields)) != len(fields):
        raise UnsupportedOperationError(f"{name}() was given a field twice: {', '.join(fields)}")
    return query.evolve(
        projection=Projection(fields, len(query.steps)),
        row=row,
        calls=(*query.calls, (name, fields, {} if row in ("dict", "tuple") else {row: True})),
    )


def made_distinct(query: Query) -> Query:
    """``distinct()``."""
    _refuse_sliced(query, "distinct")
    return query.evolve(distinct=True, calls=(*query.calls, ("distinct", (), {})))


def returned(query: Query, fields: tuple[str, ...], *, model: bool) -> Query:
    """``returning()``: what UPDATE and DELETE give back."""
    if fields and model:
        raise UnsupportedOperationError("returning() gives fields or the model: say one of them")
    for field in fields:
        if _column(query.model, field, "returning").hops:
            raise UnsupportedOperationError(
                f"returning() gives the table's own columns, and {field!r} is not one"
            )
    kwargs = {"return_model": True} if model else {}
    returning = Returning(fields, model) if fields or model else None
    return query.evolve(returning=returning, calls=(*query.calls, ("returning", fields, kwargs)))


def with_execution_options(query: Query, options: Mapping[str, Any]) -> Query:
    """``execution_options()``: added to those that were given before."""
    merged = {**query.execution_options, **options}
    return query.evolve(execution_options=merged, calls=(*query.calls, ("execution_options", (), options)))


def emptied(query: Query) -> Query:
    """``none()``: a query that no row can match, and that never asks the database."""
    return query.evolve(steps=(*query.steps, NOTHING), calls=(*query.calls, ("none", (), {})))


def sliced(query: Query, start: int | None, stop: int | None) -> Query:
    """Rows ``start`` to ``stop`` of the rows that the query has now."""
    for bound in (start, stop):
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
            raise UnsupportedOperationError(f"a slice takes whole numbers, not {bound!r}")
        if bound is not None and bound < 0:
            raise UnsupportedOperationError("negative indexes are not supported: reverse() the order instead")
    first = start or 0
    room = query.limit
    wanted = None if stop is None else max(stop - first, 0)
    if room is not None:
        left = max(room - first, 0)
        wanted = left if wanted is None else min(wanted, left)
    calls = (*query.calls, ("[]", (start, stop), {}))
    if wanted == 0:
        return emptied(query).evolve(limit=0, offset=0, calls=calls)
    return query.evolve(limit=wanted, offset=(query.offset or 0) + first, calls=calls)


def merged(values: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What ``update()`` was given, as a dict, as keywords, or as both."""
    if values is not None and not isinstance(values, Mapping):
        raise UnsupportedOperationError(f"update() takes a dict or keywords, not {values!r}")
    both = sorted(set(values or ()) & set(kwargs))
    if both:
        raise UnsupportedOperationError(f"update() was given {', '.join(both)} twice")
    return {**(values or {}), **kwargs}


def check_whole(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where a query is not of whole models, or is a slice of them."""
    _refuse_sliced(query, name)
    if query.projection is not None:
        raise UnsupportedOperationError(f"{name}() is of models and cannot follow values() or values_list()")


def bulk_field(query: Query, name: str) -> Path:
    """The field that ``in_bulk()`` tells models apart by. Raises UnsupportedOperationError if it does not."""
    check_whole(query, "in_bulk")
    path = field_path(query.model, name)
    if path.hops or not _is_unique(mapper_of(query.model), path):
        raise UnsupportedOperationError(f"in_bulk() needs a unique field of the model, and {path} is not one")
    return path


def _is_unique(mapper: Mapper[Any], path: Path) -> bool:
    columns = {field.column for field in path.fields}
    table = mapper.local_table
    unique = [set(mapper.primary_key), *({column} for column in table.columns if column.unique)]
    if isinstance(table, Table):
        unique += [set(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
        unique += [set(index.columns) for index in table.indexes if index.unique]
    return columns in unique


def _refuse_sliced(query: Query, name: str) -> None:
    if query.limit is not None or query.offset is not None:
        raise UnsupportedOperationError(f"{name}() cannot follow a slice: {query!r}")


@cached(4096)
def _ordering(model: type[Any], names: tuple[str, ...]) -> Clause:
    return Clause(tuple([_order(model, name).shape for name in names]))


def _order(model: type[Any], term: Any) -> Clause:
    """One term."""
    if is_sqlalchemy(term):
        return Clause(Order(OPAQUE, False), (), read_sqlalchemy(term).expressions)
    if not isinstance(term, str):
        raise UnsupportedOperationError(f"order_by() takes names and SQLAlchemy expressions, not {term!r}")
    name = term.removeprefix("-")
    field_path(model, name)
    return Clause(Order(name, name != term))


def _relation(model: type[Any], path: Any, name: str) -> None:
    if not isinstance(path, str):
        raise UnsupportedOperationError(f"{name}() takes relation paths, not {path!r}")
    relation_path(model, path)


def _column(model: type[Any], field: Any, name: str) -> Any:
    if not isinstance(field, str):
        raise UnsupportedOperationError(f"{name}() takes names of fields, not {field!r}")
    path = field_path(model, field)
    if len(path.fields) != 1:
        raise UnsupportedOperationError(f"{name}(): {path} has {len(path.fields)} columns; name one of them")
    return path.shortest
