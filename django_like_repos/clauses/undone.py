"""Rows that a ``Prefetch`` leaves out, and another part of the same query would load again.

Relations that lead there and back lead to the same objects, and an object has each of its relations once.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy.orm import Mapper

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Hop, hop_of, mapper_of, subclass_of
from django_like_repos.mapping.paths import SEPARATOR
from django_like_repos.query import Prefetched, Query

Way = tuple[str, ...]


class _Loaded(NamedTuple):
    """A relation that a query loads."""

    place: tuple[Hop, ...]
    """The relations that lead to its owners, without those that lead back to where others came from."""
    hop: Hop
    way: Way
    """All the names that lead there."""
    partial: bool


def refuse_undone(call: str, query: Query) -> None:
    """Raises UnsupportedOperationError where objects get what a ``Prefetch`` of theirs leaves out."""
    if not any(map(_leaves_out, query.settings.prefetches)):
        return
    found: dict[tuple[tuple[str, ...], str], _Loaded] = {}
    for each in _loaded(query, (), ()):
        key = tuple([repr(hop) for hop in each.place]), each.hop.key
        other = found.setdefault(key, each)
        if other.way != each.way and (other.partial or each.partial):
            ways = [SEPARATOR.join(way) for way in (other.way, each.way)]
            raise UnsupportedOperationError(
                f"{call}(): {ways[0]!r} and {ways[1]!r} are {each.hop!r} of the same objects, which have "
                "it once, and a Prefetch leaves out what the other loads: Prefetch(…, to_attr=…) puts its "
                "rows into an attribute, and into() makes other objects of either"
            )


def _leaves_out(prefetched: Prefetched) -> bool:
    within = any(map(_leaves_out, prefetched.query.settings.prefetches))
    return within or (prefetched.partial and prefetched.attribute is None)


def _loaded(query: Query, place: tuple[Hop, ...], way: Way) -> Iterator[_Loaded]:
    """The relations that a query loads, of the models at a place."""
    mapper = mapper_of(query.model)
    for path in query.frame.related:
        yield from _joined(mapper, path.split(SEPARATOR), place, way)
    for each in query.settings.prefetches:
        hop = _hop_of(mapper, each.relation)
        if hop is None:
            continue
        there = (*way, each.relation)
        if hop.relation is not None and each.attribute is None:
            yield _Loaded(place, hop, there, each.partial)
        yield from _loaded(each.query, _beyond(place, hop), there)


def _joined(mapper: Mapper[object], names: list[str], place: tuple[Hop, ...], way: Way) -> Iterator[_Loaded]:
    for name in names:
        hop = _hop_of(mapper, name)
        if hop is None:
            return
        way = (*way, name)
        if hop.relation is not None:
            yield _Loaded(place, hop, way, partial=False)
        place, mapper = _beyond(place, hop), hop.target


def _hop_of(mapper: Mapper[object], name: str) -> Hop | None:
    return hop_of(mapper, name) or subclass_of(mapper, name)


def _beyond(place: tuple[Hop, ...], hop: Hop) -> tuple[Hop, ...]:
    """Where a relation leads to from a place."""
    if hop.relation is None:
        return place
    back = place[-1].relation if place else None
    if back is not None and hop.relation in back._reverse_property:
        return place[:-1]
    return (*place, hop)
