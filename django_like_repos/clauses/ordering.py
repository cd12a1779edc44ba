"""``order_by()``, ``reverse()``, and the order of ``first()``, ``earliest()`` and their kin."""

from typing import Any, Final

from django_like_repos.caching import TooLargeError, cached
from django_like_repos.clauses.checks import NO_KEYWORDS, by_ourselves, refuse_sliced
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.expressions.ordering import read_sort
from django_like_repos.language.kinds import is_sqlalchemy, read_expression, together, traits_of
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import check_of_union, paths_in
from django_like_repos.mapping.written import as_written, written_path
from django_like_repos.query import Clause, Expression, Names, Query, Subquery, is_queryset
from django_like_repos.query.depth import check_depth
from django_like_repos.query.functions.math import Random
from django_like_repos.query.shapes import UNTYPED, Aggregation, Annotate, Order, Projection, Sort


def ordered(query: Query, terms: tuple[Any, ...]) -> Query:
    """``order_by()``: replaces what was said before; nothing given, nothing ordered."""
    if query.sliced:
        refuse_sliced(query, "order_by")
    if query.settings.frame.combined is not None:
        _check_terms(query, terms)
    call = (query.last_call, "order_by", terms, NO_KEYWORDS)
    for term in terms:
        if term.__class__ is not str:
            break
    else:
        try:
            ordering = _known_ordering(query.names, terms)
        except TooLargeError as large:
            ordering = large.answer
        return query.reordered(ordering, call)
    clauses = [_order(query.names, term) for term in terms]
    return query.reordered(Clause(tuple([clause.shape for clause in clauses]), *together(clauses)), call)


def turned_round(query: Query) -> Query:
    """``reverse()``."""
    refuse_sliced(query, "reverse")
    call = (query.last_call, "reverse", (), NO_KEYWORDS)
    return query.reframed(call, backwards=not query.frame.backwards)


def latest_by(query: Query, name: str, fields: tuple[Any, ...]) -> Query:
    """``earliest()`` and ``latest()``: by fields, descending where ``-`` stands before one."""
    if not fields:
        raise UnsupportedOperationError(f"{name}() needs the fields to go by: {name}('created')")
    if query.sliced:
        raise UnsupportedOperationError(f"{name}() cannot follow a slice: {query!r}")
    query = ordered(query, fields)
    return query if name == "earliest" else turned_round(query)


def keyed(query: Query, name: str) -> Query:
    """In the order that was asked for, else by primary key. Raises where a slice has no order."""
    if query.ordered:
        return query
    if query.sliced:
        raise UnsupportedOperationError(
            f"{name}() of a slice needs an order_by() before the slice: {query!r}"
        )
    if any(isinstance(step, Annotate) and isinstance(step.grouped_by, Projection) for step in query.steps):
        raise UnsupportedOperationError(f"{name}() of groups needs an order_by(): {query!r}")
    key = tuple([field.key for field in key_of(mapper_of(query.model))])
    return by_ourselves(query, lambda free: ordered(free, key))


@cached(4096)
def _ordering(names: Names, terms: tuple[str, ...]) -> Clause:
    return Clause(tuple([_order(names, term).shape for term in terms]))


_known_ordering: Final = _ordering.__wrapped__
"""The memory of it itself: this is on the way of nearly every query."""


def _order(names: Names, term: Any) -> Clause:
    """One term."""
    if is_sqlalchemy(term):
        return Clause(Order(None, False), (), read_expression(names, term).expressions)
    if isinstance(term, str) and term in ("?", "-?"):
        return as_written(names, term, lambda: read_sort(names, Random()))
    if isinstance(term, str):
        name = term.removeprefix("-")
        written_path(names, name)
        return Clause(Order(name, name != term))
    if is_queryset(term):
        term = Subquery(term)
    if not isinstance(term, Expression):
        raise UnsupportedOperationError(f"order_by() takes names and expressions, not {term!r}")
    check_depth(term)
    clause = read_sort(names, term)
    sort = clause.shape
    assert isinstance(sort, Sort)
    if sort.value == UNTYPED:
        raise UnsupportedOperationError(f"order_by({term!r}): this has no type, and no order")
    if traits_of(names, sort.value).aggregate and not _is_of_annotations(sort.value):
        raise UnsupportedOperationError(
            f"order_by({term!r}): an aggregate is ordered by under the name that annotate() gives it"
        )
    return clause


def _check_terms(query: Query, terms: tuple[Any, ...]) -> None:
    """Raises UnsupportedOperationError for what rows of several querysets cannot be ordered by."""
    for term in terms:
        if is_sqlalchemy(term):
            raise UnsupportedOperationError(
                f"order_by({term}): rows of several querysets are ordered by names and expressions of ours"
            )
        for path in paths_in(_order(query.names, term).shape):
            check_of_union(query.shape, field_path(query.names, path))


def _is_of_annotations(shape: Any) -> bool:
    """Whether all aggregates in an expression are annotations."""
    if isinstance(shape, Aggregation):
        return False
    return not isinstance(shape, tuple) or all(map(_is_of_annotations, shape))
