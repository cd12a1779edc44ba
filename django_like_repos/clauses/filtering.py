"""``filter()``, ``exclude()`` and what is made of them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from django_like_repos.caching import cached
from django_like_repos.clauses.checks import (
    NO_KEYWORDS,
    by_ourselves,
    check_models,
    check_whole,
    refuse_sliced,
)
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.constructs.dates import zone_name
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.conditions import read_call, read_lookup
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import NOTHING, UTC, Query, names
from django_like_repos.query.names import guarded
from django_like_repos.query.untrusted import Allow, Allowed


@cached(4096)
def whole(model: type[Any], zone: str = UTC, shown: bool = False) -> Query:
    """All rows of a model, times read in a zone; ``shown``, if errors and ``repr`` show values.

    Raises QueryError for no model, ValueError for no zone.
    """
    mapper_of(model)
    query = Query(names(model, zone_name(zone)))
    return query.evolve(shown=True) if shown else query


def filtered(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``filter()``."""
    if query.sliced:
        refuse_sliced(query, "filter")
    if query.settings.frame.combined is not None:
        refuse_combined(query, "filter")
    call = (query.last_call, "filter", args, kwargs)
    if len(kwargs) == 1 and not args:
        ((name, value),) = kwargs.items()
        return query.narrowed(*read_lookup(query.names, name, value), call)
    clause = read_call(query.names, args, kwargs, negated=False)
    return query.narrowed(*clause, call) if clause else query.evolve(last_call=call)


def excluded(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``exclude()``."""
    refuse_sliced(query, "exclude")
    refuse_combined(query, "exclude")
    call = (query.last_call, "exclude", args, kwargs)
    clause = read_call(query.names, args, kwargs, negated=True)
    return query.narrowed(*clause, call) if clause else query.evolve(last_call=call)


def strict(query: Query, allow: Allow) -> Query:
    """A query after which only those names may be written that are allowed.

    Where some were allowed only already, both must allow them. Raises InvalidLookupValueError.
    """
    guard = Allowed(allow).also(query.names.guard)
    return query.evolve(names=guarded(query.names, guard))


def filtered_by_key(query: Query, value: Any, lookup: str = "") -> Query:
    """The rows whose primary key is a value, or is what a lookup says of it (``"__in"``)."""
    return filtered(query, (), {key_name(mapper_of(query.model)) + lookup: value})


def complex_filtered(query: Query, condition: Any) -> Query:
    """``complex_filter()``: a ``Q``, or a dict of lookups."""
    if isinstance(condition, Mapping):
        return filtered(query, (), condition)
    return filtered(query, (condition,), {})


def emptied(query: Query) -> Query:
    """``none()``: a query that no row can match, and that never asks the database."""
    return query.narrowed(*NOTHING, (query.last_call, "none", (), NO_KEYWORDS))


def unsliced(query: Query, *, always: bool = False) -> Query:
    """The rows of a slice, as those of a queryset that may be filtered on."""
    if not query.sliced and not always:
        return query
    every = whole(query.model, query.names.zone)
    rows = every.evolve(names=guarded(every.names, query.names.guard))
    return by_ourselves(rows, lambda free: filtered_by_key(free, Members(query), "__in"))


def containing(query: Query, obj: Any) -> Query:
    """Rows that are a model."""
    refuse_combined(query, "contains")
    check_models(query, "contains")
    if not isinstance(inspect(obj, raiseerr=False), InstanceState):
        raise UnsupportedOperationError(f"contains() takes a model, not {obj!r}")
    if not isinstance(obj, query.model):
        return emptied(query)
    windows = any(annotation.window for annotation in query.names.annotations.values())
    if query.sliced or windows or query.frame.distinct_on:
        # Which rows there are is decided by all of them.
        query = unsliced(query, always=True)
    return by_ourselves(query, lambda free: filtered_by_key(free, obj))


class Members:
    """A query, where a queryset is wanted."""

    def __init__(self, query: Query) -> None:
        self._query = query


def looked_up(query: Query, name: str, kwargs: Mapping[str, Any]) -> Query:
    """What ``get_or_create()`` and its kin look for."""
    check_whole(query, name)
    return filtered(query, (), kwargs)
