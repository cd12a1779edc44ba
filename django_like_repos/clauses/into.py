"""``into()``: rows become objects of a type, made of what its fields name and of nothing else."""

from collections.abc import Sequence
from typing import Any

from django_like_repos.caching import cached
from django_like_repos.clauses.annotating import annotate
from django_like_repos.clauses.checks import NO_KEYWORDS, by_ourselves, refuse_grown
from django_like_repos.clauses.counterparts import Chosen, Item, Pending, reading_of
from django_like_repos.clauses.filtering import whole
from django_like_repos.clauses.fitting import CALL, HASHING
from django_like_repos.clauses.hashable import check_hashable
from django_like_repos.clauses.projecting import projected
from django_like_repos.clauses.schemas import checked_schema, refuse_mapped, said
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import SEPARATOR
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.query import Prefetched, Query
from django_like_repos.query.into import Into, Listed, Made
from django_like_repos.schemas import Schema, SchemaField


def made_into(query: Query, kind: Any) -> Query:
    """``into()``. Raises UnsupportedOperationError for a type that rows cannot be made into."""
    last_call = (query.last_call, CALL, (kind,), NO_KEYWORDS)
    if query.settings.into is not None:
        raise UnsupportedOperationError(f"{CALL}() is said once: {query!r}")
    if query.frame.projection is not None:
        return _of_values(query, kind).evolve(last_call=last_call)
    refuse_mapped(CALL, kind)
    checked_schema(CALL, kind)
    return by_ourselves(query, lambda free: _made(free, Item(kind))).evolve(last_call=last_call)


def _made(query: Query, item: Item) -> Query:
    """A query of models whose rows are made into an item."""
    refuse_grown(query, CALL)
    reading = reading_of(query.names, item, _chosen(query))
    lists = tuple([_listed(query, each) for each in reading.lists])
    if reading.expressions:
        query = annotate(query, CALL, (), dict(reading.expressions))
    distinct = query.frame.distinct
    if distinct and not query.names.annotations:
        # Each model is one row anyway.
        query = query.evolve(frame=query.frame._replace(distinct=False))
    query = projected(query, CALL, reading.fields, "into")
    query = query.evolve(into=Into(reading.made, lists), prefetches=())
    return with_fields(query, _key(query))[0] if query.frame.distinct else query


def _chosen(query: Query) -> Chosen:
    prefetches = query.settings.prefetches
    return Chosen(
        tuple([(each.attribute, each.relation) for each in prefetches if each.attribute]),
        tuple([(each.name, each.partial) for each in prefetches if _chooses(each)]),
    )


def _chooses(prefetch: Prefetched) -> bool:
    """Whether somebody said which rows are read, here or further on."""
    return prefetch.own or any(_chooses(each) for each in prefetch.query.settings.prefetches)


def _listed(query: Query, pending: Pending) -> Listed:
    """Rows at the end of a relation; those of the query's own prefetch, if it has one for them."""
    own = next((each for each in query.settings.prefetches if each.name == pending.name), None)
    if own is not None:
        listed = _made(own.query, pending.item)
    else:
        listed = _every(pending.hop.target.class_, query.names.zone, pending.item)
    if pending.collect in HASHING:
        check_hashable(listed, pending)
    identity: tuple[int, ...] = ()
    if ownership_of(pending.hop).repeats:
        listed, identity = with_fields(listed, _key(listed))
    return Listed(pending.hop.parent.class_, pending.hop.key, pending.keys, listed, identity)


@cached(1024)
def _every(model: type[Any], zone: str, item: Item) -> Query:
    """All rows of a model, made into an item."""
    return _made(whole(model, zone), item)


def _key(query: Query) -> tuple[str, ...]:
    return tuple([field.key for field in key_of(mapper_of(query.model))])


def with_fields(query: Query, names: tuple[str, ...]) -> tuple[Query, tuple[int, ...]]:
    """A query that reads values of these names too, and their places in a row."""
    projection = query.frame.projection
    assert projection is not None
    fields = tuple(dict.fromkeys((*projection.fields, *names)))
    frame = query.frame._replace(projection=projection._replace(fields=fields))
    return query.evolve(frame=frame), tuple([fields.index(name) for name in names])


def _of_values(query: Query, kind: Any) -> Query:
    """A query of values, or of groups, whose rows are made into a type of the same names."""
    made = made_of_values(CALL, checked_schema(CALL, kind), outputs_of(query.shape))
    return query.evolve(row="into", into=Into(made, of_models=False))


def made_of_values(call: str, schema: Schema, known: Sequence[str]) -> Made:
    """What a row of values of these names is made into.

    Raises UnsupportedOperationError, in the name of a call, for a field without a value.
    """
    members: list[tuple[str, int | None, int]] = []
    for field in schema.fields:
        if field.path is not None and field.path.nothing and not field.required:
            continue
        told = said(schema, field)
        name = next((each for each in names_of(field) if each in known), None)
        if name is None:
            raise UnsupportedOperationError(
                f"{call}(): {told} has no counterpart among the values that are read, {', '.join(known)}"
            )
        members.append((field.argument, field.place, known.index(name)))
    return Made(schema.type, schema.kind.way, tuple(members))


def names_of(field: SchemaField) -> tuple[str, ...]:
    """The names of values that a field may be made of, the first that is there."""
    if field.path is not None:
        return field.path.names[:1]
    return tuple([SEPARATOR.join(map(str, way)) for way in (*field.aliases, (field.name,))])
