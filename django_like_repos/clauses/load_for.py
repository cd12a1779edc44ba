"""``load_for()``: what a schema reads of models, loaded with them."""

from typing import Any

from django_like_repos.clauses.checks import NO_KEYWORDS, by_ourselves, check_models
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.filtering import whole
from django_like_repos.clauses.loads import Known, Loads, Place, loads_of, named_columns
from django_like_repos.clauses.related import related
from django_like_repos.clauses.schemas import checked_schemas
from django_like_repos.clauses.undone import refuse_undone
from django_like_repos.mapping.models import hop_of, mapper_of, subclass_of
from django_like_repos.mapping.paths import SEPARATOR, field_path
from django_like_repos.query import Fields, Prefetched, Query

_NAME = "load_for"

Prefetches = tuple[Prefetched, ...]


def loaded_for(query: Query, kind: Any) -> Query:
    """``load_for()``: the columns and relations that fields of a type, or of several, read, and no others.

    Raises UnsupportedOperationError for a type whose fields nobody knows, for fields that are not there, and
    where they would undo a ``Prefetch``.
    """
    refuse_combined(query, _NAME)
    check_models(query, _NAME)
    kinds = tuple([schema.type for schema in checked_schemas(_NAME, kind)])
    last_call = query.last_call
    names, relations = frozenset(query.names.annotations), frozenset(query.names.relations)
    lists = tuple([(each.attribute, each.relation) for each in query.settings.prefetches if each.attribute])
    loads = loads_of(query.model, kinds, Known(names, relations, lists))
    for path in sorted(loads.written):
        # It says what is wrong.
        field_path(query.names.bare, path)
    if loads.filtered:
        query = by_ourselves(query, lambda free: related(free, tuple(sorted(loads.filtered))))
    loaded = _applied(query, loads).evolve(last_call=(last_call, _NAME, (kind,), NO_KEYWORDS))
    refuse_undone(_NAME, loaded)
    return loaded


def gives_models(query: Query) -> bool:
    """Whether it can be said of a query what its models are loaded with."""
    return query.frame.projection is None and query.frame.combined is None


def _applied(query: Query, loads: Loads) -> Query:
    frame = query.frame
    places = named_columns(loads)
    if places and frame.fields is not None and not frame.fields.deferred:
        # What somebody has named, he wants too.
        places |= {*frame.fields.places}
    paths = [SEPARATOR.join(place) for place in loads.models if place]
    prefetches = query.settings.prefetches
    for (place, name), below in loads.lists.items():
        prefetches = _added(query.model, prefetches, place, name, below, query.names.zone)
    changed = frame._replace(
        related=tuple(dict.fromkeys((*frame.related, *paths))),
        fields=Fields(tuple(sorted(places)), False) if places else None,
    )
    return query.evolve(frame=changed, prefetches=prefetches)


def _added(
    model: type[Any], known: Prefetches, place: Place, name: str, below: Loads, zone: str
) -> Prefetches:
    """Prefetches of a model's and one more, of the model at a place."""
    first = place[0] if place else name
    there = next((each for each in known if each.name == first), None)
    if not place:
        query = whole(below.mapper.class_, zone) if there is None else there.query
        found = there or Prefetched(name, query)
        added = found._replace(query=_applied(query, below), own=True)
    else:
        mapper = mapper_of(model)
        hop = hop_of(mapper, first) or subclass_of(mapper, first)
        assert hop is not None
        found = there or Prefetched(first, whole(hop.target.class_, zone))
        further = _added(hop.target.class_, found.query.settings.prefetches, place[1:], name, below, zone)
        added = found._replace(query=found.query.evolve(prefetches=further))
    return tuple([added if each is there else each for each in known]) if there else (*known, added)
