"""The relations that joined rows fill: the loader options of ``options("a__b")``, the order of children."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, inspect
from sqlalchemy.orm import contains_eager
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.models import Hop


class Loaded(NamedTuple):
    """A relation that the rows of a node fill."""

    relation: Hop
    node: Node


def contains(scope: Scope, chains: Iterable[Sequence[Loaded]]) -> list[Any]:
    """The options by which the joined rows of each chain of relations fill them."""
    options: list[Any] = []
    for chain in chains:
        option: Any = None
        parent = scope.root
        for hop, node in chain:
            relation = getattr(parent, hop.key).of_type(scope.entity(node))
            parent = scope.entity(node)
            option = contains_eager(relation) if option is None else option.contains_eager(relation)
        options.append(option)
    return options


def order_of_children(scope: Scope, chains: Iterable[Sequence[Loaded]]) -> list[Any]:
    """What the mapping says of the order of related rows (``relationship(order_by=…)``)."""
    return [
        ClauseAdapter(inspect(scope.entity(node)).selectable).traverse(term)
        for chain in chains
        for hop, node in chain
        for term in hop.order
        # Columns of a table between the two have no name here.
        if all(column.table in hop.target.tables for column in columns_in(term))
    ]


def columns_in(term: ColumnElement[Any]) -> list[Any]:
    """The columns of tables that a term of an ordering reads."""
    return [part for part in visitors.iterate(term) if isinstance(part, Column)]
