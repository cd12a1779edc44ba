"""``only()`` and ``defer()``: which columns models are loaded with."""

from collections.abc import Iterable
from typing import Any

from django_like_repos.caching import cached
from django_like_repos.clauses.checks import NO_KEYWORDS, check_models, check_traversed, field_named, is_none
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fields import Place, places_of, steps_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import Path
from django_like_repos.query import Fields, Names, Query


def only(query: Query, names: tuple[Any, ...]) -> Query:
    """``only()``: these fields and what cannot be done without, but for those that are deferred already."""
    if is_none(names):
        raise UnsupportedOperationError("only() takes names of fields; defer(None) loads all of them again")
    named, before = _named(query, "only", names), query.frame.fields
    if before is not None and before.deferred:
        named -= {*before.places}
    return _with(query, "only", names, named, deferred=False)


def deferred(query: Query, names: tuple[Any, ...]) -> Query:
    """``defer()``: not these fields, which ``only()`` may have named; None takes all that back."""
    if is_none(names):
        _check(query, "defer")
        return query.reframed((query.last_call, "defer", names, NO_KEYWORDS), fields=None)
    named, before = _named(query, "defer", names), query.frame.fields
    if before is None or before.deferred:
        known = {*before.places} if before else set()
        return _with(query, "defer", names, known | named, deferred=True)
    # As in Django: what only() named and nothing takes back remains; else the others are deferred.
    left = {*before.places} - named
    if left:
        return _with(query, "defer", names, left, deferred=False)
    return _with(query, "defer", names, named - {*before.places}, deferred=True)


def loaded_with(query: Query, keys: Iterable[str]) -> Query:
    """The same query with attributes of its model that it cannot do without."""
    fields = query.frame.fields
    if fields is None:
        return query
    needed = {(key,) for key in keys}
    places = {*fields.places} - needed if fields.deferred else {*fields.places} | needed
    return query.evolve(frame=query.frame._replace(fields=_fields(places, deferred=fields.deferred)))


def _with(query: Query, call: str, names: tuple[Any, ...], places: set[Place], *, deferred: bool) -> Query:
    fields = _fields(places, deferred=deferred)
    query = query.reframed((query.last_call, call, names, NO_KEYWORDS), fields=fields)
    check_traversed(query)
    return query


def _fields(places: set[Place], *, deferred: bool) -> Fields | None:
    # The same fields in another order are the same query.
    return Fields(tuple(sorted(places)), deferred) if places else None


def _check(query: Query, call: str) -> None:
    refuse_combined(query, call)
    check_models(query, call)


def _named(query: Query, call: str, names: tuple[Any, ...]) -> set[Place]:
    _check(query, call)
    for name in names:
        if not isinstance(name, str):
            field_named(query.names, name, call)
    return {place for name in names for place in _places(query.names, call, name)}


@cached(8192)
def _places(names: Names, call: str, name: str) -> tuple[Place, ...]:
    """The places of one name. Raises UnknownFieldError, and UnsupportedOperationError for no column."""
    path = field_named(names, name, call)
    why = _refusal(path, call)
    if why:
        raise UnsupportedOperationError(f"{call}({name!r}): {why}")
    return places_of(path)


def _refusal(path: Path, call: str) -> str:
    """Why a path cannot be loaded with its model or left out, if it cannot."""
    if path.annotation is not None:
        return "this is an annotation, which is there or not as annotate() and alias() say"
    if path.transforms:
        return "a part of a column is not loaded without the column"
    relations = steps_of(path)
    for hop in relations:
        if hop.to_many:
            return f"{hop!r} may be several rows; what is loaded of them says their own queryset"
        if hop.relation is None:
            return f"{hop.key} is a subclass: its own queryset says what is loaded of it"
        if hop.narrowed and call == "only":
            return f"{hop.narrowed!r} is a FilteredRelation, of which defer() leaves columns out"
    end = relations[-1].target if relations else mapper_of(path.model)
    if not end.isa(path.mapper):
        return f"{path.mapper.class_.__name__} is a subclass: its own queryset says what is loaded of it"
    if path.relation and relations[-1].narrowed:
        return "a FilteredRelation has no column of its own: name a field behind it"
    if any(field.hybrid is not None for field in path.fields):
        return "a hybrid is computed by Python code of what is loaded, and no column"
    return ""
