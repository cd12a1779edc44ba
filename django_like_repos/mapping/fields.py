"""What ``only()`` and ``defer()`` leave of the columns of a model, and of those that relations lead to.

Attributes are named by places: the relations that lead to one, and its key. What is loaded of rows, and how,
is decided elsewhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Column
from sqlalchemy.orm import Mapper, RelationshipDirection
from sqlalchemy.orm.exc import UnmappedColumnError

from django_like_repos.caching import cached, cached_by_class
from django_like_repos.mapping.models import Hop, attribute_of, hop_of, key_of, links_of
from django_like_repos.mapping.paths import Path, relation_path
from django_like_repos.query import Names
from django_like_repos.query.shapes import Fields

Place = tuple[str, ...]


class Kept(NamedTuple):
    """What is loaded of one model: these attributes, or all but these."""

    keys: tuple[str, ...]
    deferred: bool


def steps_of(path: Path) -> tuple[Hop, ...]:
    """The relations of a path, from the ``FilteredRelation`` on if it leads through one."""
    relations = path.named or path.hops
    start = next((number for number, hop in enumerate(relations) if hop.narrowed), 0)
    return relations[start:]


def beside(names: Names, related: Iterable[str]) -> tuple[str, ...]:
    """The ``FilteredRelation``s among the paths of ``select_related()``, each once."""
    if not names.relations:
        return ()
    firsts = [steps_of(relation_path(names, name))[0].narrowed for name in related]
    return tuple(dict.fromkeys(name for name in firsts if name is not None))


def place_of(relations: Iterable[Hop]) -> Place:
    """The names of relations, one after the other."""
    return tuple([hop.narrowed or hop.key for hop in relations])


def places_of(path: Path) -> tuple[Place, ...]:
    """The places of what a path names; of a relation its foreign key, or itself if that is not here."""
    relations = steps_of(path)
    if not path.relation:
        keys = [attribute_of(path.mapper, field.key) for field in path.fields]
        return tuple([(*place_of(relations), key) for key in keys])
    *before, last = relations
    own = foreign_key_of(last)
    return tuple([(*place_of(before), key) for key in own]) or (place_of(relations),)


@cached(4096)
def filled_by(hop: Hop) -> tuple[Hop, ...]:
    """The hops to the rows that fill a relation; a subclass is filled with the model itself."""
    if hop.relation is None:
        return (replace(hop, inline=True),)
    return links_of(hop) if hop.narrowed is None else (hop,)


def inherited_by(subclass: Hop, relation: Hop) -> Hop | None:
    """The same relation as one of the class above a subclass, if it is that one's already."""
    prop = relation.relation
    if not subclass.inline or prop is None or not subclass.parent.isa(prop.parent):
        return None
    return hop_of(subclass.parent, relation.key)


@cached(4096)
def foreign_key_of(hop: Hop) -> tuple[str, ...]:
    """The attributes of the parent that say what a relation leads to; none where the other end says it."""
    relation = hop.relation
    if relation is None or hop.narrowed or relation.direction is not RelationshipDirection.MANYTOONE:
        return ()
    return tuple(sorted(_keys_of(hop.parent, relation.local_columns)))


@cached_by_class(4096)
def indispensable(mapper: Mapper[object]) -> frozenset[str]:
    """What is loaded whatever is said: keys, discriminators, versions, what eager relations are found by."""
    columns = [mapper.polymorphic_on, mapper.version_id_col]
    for relation in mapper.relationships:
        if relation.lazy not in ("select", True, "raise", "raise_on_sql", "noload", "write_only", "dynamic"):
            columns += relation.local_columns
    return frozenset([*[field.key for field in key_of(mapper)], *_keys_of(mapper, columns)])


def _keys_of(mapper: Mapper[object], columns: Iterable[object]) -> Iterator[str]:
    for column in columns:
        if isinstance(column, Column):
            try:
                yield mapper.get_property_by_column(column).key
            except UnmappedColumnError:
                continue


def is_left_out(fields: Fields, before: Place, hop: Hop) -> bool:
    """Whether a relation is deferred, so that nothing can be loaded through it."""
    if hop.narrowed:
        return False
    named, own, here = _below(fields, before), foreign_key_of(hop), hop.key
    kept = {*indispensable(hop.parent)}
    if fields.deferred:
        return (here,) in named or any((key,) in named and key not in kept for key in own)
    whole = not named or any(place[0] == here for place in named)
    return not whole and not (own and all((key,) in named or key in kept for key in own))


def kept_of(fields: Fields, place: Place, mapper: Mapper[object], loaded: Iterable[Hop] = ()) -> Kept | None:
    """What is loaded of the model at a place, from which relations are ``loaded``; None for all of it."""
    named = _below(fields, place)
    needed = {*indispensable(mapper), *[key for hop in loaded for key in _local_keys(hop)]}
    own = {key for key, *more in named if not more and key in mapper.column_attrs}
    if fields.deferred:
        left_out = own - needed
        return Kept(tuple(sorted(left_out)), True) if left_out else None
    if not named:
        return None
    through = {key for key, *more in named if more}
    relations = [mapper.relationships[key] for key in through if key in mapper.relationships]
    found = {
        key
        for relation in relations
        if relation.direction is RelationshipDirection.MANYTOONE
        for key in _keys_of(mapper, relation.local_columns)
    }
    return Kept(tuple(sorted(own | needed | found)), False)


def _local_keys(hop: Hop) -> tuple[str, ...]:
    if hop.relation is None or hop.narrowed:
        return ()
    return tuple(_keys_of(hop.parent, hop.relation.local_columns))


def _below(fields: Fields, place: Place) -> set[Place]:
    """The places that are named from a place on."""
    depth = len(place)
    return {each[depth:] for each in fields.places if each[:depth] == place and len(each) > depth}
