"""A recursion, read: the rows that it begins with, and each step from rows to others, as trees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, select, tuple_, types
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached, fact
from django_like_repos.constructs.params import Params
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.sides import Column, Predicate, Side
from django_like_repos.mapping.models import Hop, key_of
from django_like_repos.mapping.ways import Passage, passage_of
from django_like_repos.query.shapes import Shape
from django_like_repos.query.trees import DEPTH, Walk
from django_like_repos.tree.nesting import Nesting
from django_like_repos.tree.tree import Tree


class Step(NamedTuple):
    """The rows of which one is come to from another, by both keys."""

    tree: Tree
    before: tuple[Column, ...]
    after: tuple[Column, ...]


@dataclass(frozen=True, eq=False)
class Recursion:
    """The keys that are come to, each once."""

    walk: Walk
    roots: Tree
    steps: tuple[Step, ...]
    siblings: Tree | None
    most: BindParameter[int] | None
    """How many steps there are at most."""
    single: bool
    """Whether no row can be come to from two others: then it is come to once, unless it is a root."""
    nest: Nesting

    @fact
    def said(self) -> Any:
        """The table of keys, of which there is one in a statement."""
        return self.nest.recursion(self)

    def sql(self, scope: Scope) -> Any:
        return self.said.keys


class Reached(Side):
    """What a recursion says of a row."""

    def __init__(self, node: Node, column: str) -> None:
        self.nodes = (node,)
        self._column = column

    def sql(self, scope: Scope) -> Any:
        return scope.entity(self.nodes[0]).c[self._column]

    @property
    def nullable(self) -> bool:
        return False


class BelowRoots(Predicate):
    """That a row is none of those that a recursion begins with."""

    def __init__(self, node: Node, recursion: Recursion) -> None:
        self.nodes = frozenset([node])
        self._node = node
        self._recursion = recursion

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        columns = scope.entity(self._node).c
        if DEPTH in columns:
            deeper: ColumnElement[bool] = columns[DEPTH] > 0
            return deeper
        roots = [*self._recursion.said.roots.c]
        others: ColumnElement[bool] = row_of([*columns][: len(roots)]).not_in(select(*roots))
        return others


def row_of(columns: Iterable[Any]) -> Any:
    """One column, or several as a row value."""
    (first, *others) = columns
    return tuple_(first, *others) if others else first


@cached(4096)
def hop_of_walk(mapper: Mapper[Any], number: int) -> Hop:
    """What leads from a row to what a recursion says of it."""
    return Hop(
        parent=mapper,
        key=f"walk {number}",
        target=mapper,
        to_many=False,
        nullable=False,
        remote={},
        relation=None,
    )


def read_walk(walk: Walk, params: Params, expressions: Iterable[Any], nest: Nesting) -> Recursion:
    """A recursion, whose params are read in the order of the walk."""

    def tree(shape: Shape) -> Tree:
        return nest.read(shape, params, expressions, None)

    roots = tree(walk.roots)
    steps: list[Step] = []
    single = len(walk.ways) <= 1
    for way in walk.ways:
        passage = passage_of(walk.model, way.relation, way.conditioned)
        steps.append(_step(tree(way.shape), passage))
        single = single and passage.single
    siblings = None if walk.siblings is None else tree(walk.siblings)
    most = params.bind(types.Integer()) if walk.bounded else None
    return Recursion(walk, roots, tuple(steps), siblings, most, single, nest)


def _step(tree: Tree, passage: Passage) -> Step:
    node = tree.joins.reach(passage.hops, None)
    tree.joins.require(node.lineage)
    other = tuple([Column(node, (field,)) for field in passage.fields])
    key = tuple([Column(tree.root, (field,)) for field in key_of(passage.root)])
    return Step(tree, key, other) if passage.outwards else Step(tree, other, key)
