"""What tells rows apart beside keys of models: the link that leads to one, the table that one is of."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Join, Table, inspect
from sqlalchemy.orm import Mapper

from django_like_repos.joins.scope import NUMBER, Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.sides import Named
from django_like_repos.mapping.uniqueness import key_between, may_repeat


class Apart(Named):
    """A column that is no field."""

    name: str
    """What it is called among the columns of keys."""

    @property
    def singles(self) -> list[Named]:
        return [self]


class Linked(Apart):
    """A column of the key of the row between a node and its parent, or that row's number."""

    name = "link"

    def __init__(self, node: Node, column: str | None) -> None:
        """``column`` is the key of one between; None for the number."""
        self._column = column
        self._node = node
        self.nodes = (node,)

    @property
    def identity(self) -> Hashable:
        return self._node, "between", self._column

    def sql(self, scope: Scope) -> Any:
        if self._column is None:
            return scope.between(self._node, numbered=True).c[NUMBER]
        return scope.between(self._node).c[self._column]


class Kind(Apart):
    """Which of the tables of a union the row of a node is of."""

    name = "kind"

    def __init__(self, node: Node, mapper: Mapper[Any]) -> None:
        self._node = node
        self._mapper = mapper
        self.nodes = (node,)

    @property
    def node(self) -> Node:
        return self._node

    @property
    def identity(self) -> Hashable:
        return self._node, "kind"

    def sql(self, scope: Scope) -> Any:
        selectable: Any = inspect(scope.entity(self._node)).selectable
        return selectable.corresponding_column(self._mapper.polymorphic_on)


def links_of(node: Node) -> tuple[Named, ...]:
    """What tells a row of a node from another that is the same one, or none, by another link."""
    relation: Any = node.hop.relation if node.hop is not None else None
    if relation is None or relation.secondary is None:
        return ()
    none_there = node.condition is not None and node.outer
    if not none_there and not may_repeat(relation):
        return ()
    return tuple([Linked(node, column) for column in key_between(relation) or (None,)])


def kinds_of(node: Node, mapper: Mapper[Any]) -> tuple[Named, ...]:
    """What tells a row of a union of tables from another of the same key."""
    of_union = not isinstance(mapper.selectable, (Table, Join)) and mapper.polymorphic_on is not None
    return (Kind(node, mapper),) if of_union else ()
