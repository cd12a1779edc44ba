"""New objects and those that they bring along: what each waits for, as its relations tell.

Whatever waits for nothing any more is a *wave*: its rows refer to those of the waves before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session
from sqlalchemy.orm.collections import collection_adapter

from django_like_repos.caching import cached
from django_like_repos.execution.bulk.changed import TakenRelation, give_relations_back, take_relations
from django_like_repos.mapping.layout import Layout, layout_of

Pair = tuple[str, str]
Step = tuple[int, str, int | None]
"""By which object another was found: its number, the relation, and the place in that where it has several."""


class Edge(NamedTuple):
    """A relation of a mapping, seen by those who hand keys down."""

    key: str
    uselist: bool
    pairs: tuple[Pair, ...] = ()
    """The attribute of an object that refers, and that of the object that it refers to."""
    refers: bool = True
    """Whether it is the object itself that refers; else what is related does."""
    link: "Link | None" = None
    why_not: str = ""
    """Why only a flush knows what to do with it."""


class Link(NamedTuple):
    """The table between two objects: its columns, with the attributes whose values they have."""

    table: Table
    own: tuple[tuple[Any, str], ...]
    other: tuple[tuple[Any, str], ...]

    def row_of(self, obj: Any, other: Any) -> Any:
        """What tells the row between two objects, from whichever end it is seen."""
        ends = [*[(column.name, id(obj)) for column, _ in self.own]]
        ends += [(column.name, id(other)) for column, _ in self.other]
        return self.table, frozenset(ends)


@dataclass(slots=True)
class Kind:
    """The new objects of one class."""

    mapper: Mapper[Any]
    layout: Layout
    edges: tuple[Edge, ...]
    numbers: list[int] = field(default_factory=list)
    """Their numbers among all objects."""
    objects: list[Any] = field(default_factory=list)
    waves: dict[int, slice] = field(default_factory=dict)
    """Where those of a wave are."""
    handed: dict[tuple[Pair, ...], dict[int, dict[str, Any]]] = field(default_factory=dict)
    """What is handed down to some of them, by their numbers: it is taken from these attributes."""
    draft: Any = None
    way: Any = None

    def hand(self, pairs: tuple[Pair, ...], number: int, of: dict[str, Any]) -> None:
        """Notes that an object gets the keys of another."""
        if pairs not in self.handed:
            self.handed[pairs] = {}
        self.handed[pairs][number] = of

    @property
    def keys(self) -> set[str]:
        """The attributes that are handed down."""
        return {own for pairs in self.handed for own, _ in pairs}


class WhyFlushError(Exception):
    """Why only a flush can insert a graph."""


class Graph:
    """Objects, and what they wait for."""

    def __init__(self, session: Session, zone: str) -> None:
        self.session, self.zone = session, zone
        self.kinds: dict[type[Any], Kind] = {}
        self.links: dict[Any, tuple[Link, Any, Any]] = {}
        self.depth = 0
        """How many waves there are."""
        self._known: dict[int, Any] = {}
        """Those that have rows, and are related to new ones."""
        self._taken: list[TakenRelation] = []
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._found: list[Step | None] = []
        """How each was found; None for those that were given."""
        self._parents: list[list[int]] = []

    def collect(self, roots: Sequence[Any]) -> None:
        """Finds all new objects, and the waves. Raises WhyFlushError."""
        kinds = self.kinds
        for root in roots:
            self._number_of(root, None)
        # It grows on the way.
        for number, obj in enumerate(self._objects):
            kind = kinds.get(type(obj)) or self._kind_of(obj)
            kind.numbers.append(number)
            held = obj.__dict__
            for edge in kind.edges:
                if edge.key not in held:
                    continue
                related = held[edge.key]
                if related is None:
                    self._clear(kind, edge, number, held)
                elif edge.uselist:
                    for at, other in enumerate(collection_adapter(related)):
                        self._relate(kind, edge, (number, edge.key, at), obj, other)
                else:
                    self._relate(kind, edge, (number, edge.key, None), obj, related)
        self._put_in_order()

    def _kind_of(self, obj: Any) -> Kind:
        mapper = obj._sa_instance_state.mapper
        layout = layout_of(mapper)
        if layout is None:
            raise WhyFlushError("rows lie in several tables")
        kind = self.kinds[type(obj)] = Kind(mapper, layout, edges_of(mapper))
        return kind

    def place_of(self, number: int, first: int) -> str:
        """Where an object is: the place of the row that brings it along, and the way from there."""
        steps: list[str] = []
        while (found := self._found[number]) is not None:
            number, key, at = found
            steps.append(key if at is None else f"{key}[{at}]")
        return ", ".join([f"{first + number}", *([".".join(reversed(steps))] if steps else [])])

    def _number_of(self, obj: Any, found: Step | None) -> int:
        number = self._numbers.get(id(obj))
        if number is None:
            number = self._numbers[id(obj)] = len(self._objects)
            self._objects.append(obj)
            self._parents.append([])
            self._found.append(found)
        return number

    def _clear(self, kind: Kind, edge: Edge, number: int, held: dict[str, Any]) -> None:
        """Notes that a foreign key that was given is NULL after all: the relation says so."""
        if edge.refers and any(held.get(own) is not None for own, _ in edge.pairs):
            kind.hand(edge.pairs, number, {there: None for _, there in edge.pairs})

    def _is_new(self, other: Any) -> bool:
        state = getattr(other, "_sa_instance_state", None)
        if state is None:
            raise WhyFlushError("something related is no object")
        if state.key is None:
            if state.session_id is not None:
                raise WhyFlushError("some are pending in the session already")
            return True
        if state.session_id != self.session.hash_key or state._deleted:
            raise WhyFlushError("something related is in no session, or in another")
        return False

    def _relate(self, kind: Kind, edge: Edge, found: Step, obj: Any, other: Any) -> None:
        if edge.why_not:
            raise WhyFlushError(edge.why_not)
        number, there = found[0], self._numbers.get(id(other))
        if there is None:
            if self._is_new(other):
                there = self._number_of(other, found)
            else:
                self._known[id(other)] = other
        if edge.link is not None:
            self.links.setdefault(edge.link.row_of(obj, other), (edge.link, obj, other))
        elif edge.refers:
            kind.hand(edge.pairs, number, other.__dict__)
            if there is not None:
                self._parents[number].append(there)
        elif there is None:
            raise WhyFlushError("something that has a row is to refer to something new")
        else:
            (self.kinds.get(type(other)) or self._kind_of(other)).hand(edge.pairs, there, obj.__dict__)
            self._parents[there].append(number)

    def take_from_flush(self) -> None:
        """Has a flush overlook that objects which have rows are related to new ones: it is written here."""
        for obj in self._known.values():
            self._taken += take_relations(self.session, obj, self._numbers.keys())

    def give_back(self) -> None:
        """Undoes that."""
        give_relations_back(self._taken)

    def _put_in_order(self) -> None:
        """Puts the objects of each class in the order of their waves."""
        levels = _levels(self._parents)
        self.depth = max(levels) + 1
        for kind in self.kinds.values():
            kind.numbers.sort(key=levels.__getitem__)
            kind.objects = [self._objects[number] for number in kind.numbers]
            start = 0
            for level, numbers in groupby(kind.numbers, levels.__getitem__):
                stop = start + len([*numbers])
                kind.waves[level] = slice(start, stop)
                start = stop


def _levels(parents: Sequence[Sequence[int]]) -> list[int]:
    """Of each object, in which wave it is: after all that it waits for. Raises WhyFlushError."""
    levels = [0] * len(parents)
    for order in (range(len(parents) - 1, -1, -1), range(len(parents))):
        # Most often all of them wait for what was found after them, or all for what was found before.
        step = order.step
        if all((parent - number) * step < 0 for number, each in enumerate(parents) for parent in each):
            for number in order:
                if parents[number]:
                    levels[number] = max([levels[parent] for parent in parents[number]]) + 1
            return levels
    try:
        for number in TopologicalSorter(dict(enumerate(parents))).static_order():
            levels[number] = max([levels[parent] for parent in parents[number]], default=-1) + 1
    except CycleError:
        raise WhyFlushError("objects wait for each other") from None
    return levels


@cached(4096)
def edges_of(mapper: Mapper[Any]) -> tuple[Edge, ...]:
    """The relations of a mapping that are written."""
    return tuple([_edge(relation) for relation in mapper.relationships if not relation.viewonly])


def _edge(relation: RelationshipProperty[Any]) -> Edge:
    uselist = bool(relation.uselist)
    impl: Any = relation.parent.class_manager[relation.key].impl
    if impl.dynamic or relation.post_update or not relation.cascade.save_update:
        return Edge(relation.key, uselist, why_not="a relation is written otherwise")
    own, other = relation.parent, relation.mapper
    pairs = relation.synchronize_pairs
    try:
        if relation.direction is RelationshipDirection.MANYTOMANY:
            assert isinstance(relation.secondary, Table)
            if any(column.default is not None for column in relation.secondary.columns):
                return Edge(relation.key, uselist, why_not="a table between two objects has defaults")
            link = Link(
                relation.secondary,
                tuple([(column, own.get_property_by_column(key).key) for key, column in pairs]),
                tuple(
                    [
                        (column, other.get_property_by_column(key).key)
                        for key, column in relation.secondary_synchronize_pairs or ()
                    ]
                ),
            )
            return Edge(relation.key, uselist, link=link)
        refers = relation.direction is RelationshipDirection.MANYTOONE
        child, parent = (own, other) if refers else (other, own)
        found = [
            (child.get_property_by_column(there).key, parent.get_property_by_column(key).key)
            for key, there in pairs
        ]
    except Exception:  # noqa: BLE001 - a column that has no attribute, a secondary that is no table
        return Edge(relation.key, uselist, why_not="a relation is of columns that are not mapped")
    return Edge(relation.key, uselist, tuple(found), refers)
