"""The relations that joined rows fill: the loader options of ``options("a__b")``, the order of children."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, inspect
from sqlalchemy.orm import Load, contains_eager
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.fields import Kept
from django_like_repos.mapping.models import Hop


class Loaded(NamedTuple):
    """A relation that the rows of a node fill."""

    relation: Hop
    node: Node


Masks = Mapping[Node, Kept]
"""Of which nodes not all columns are loaded."""

NO_MASKS: Final[Masks] = MappingProxyType({})


def loading(scope: Scope, root: Node, chains: Iterable[Sequence[Loaded]], masks: Masks) -> list[Any]:
    """The options by which the joined rows of each chain of relations fill them, all with their columns."""
    entity = scope.entity(root)
    options = [_masked(Load(entity), entity, masks[root])] if root in masks else []
    for chain in chains:
        option: Any = None
        parent = scope.root
        for hop, node in chain:
            entity = scope.entity(node)
            if hop.narrowed is None and not hop.inline:
                relation = getattr(parent, hop.key).of_type(entity)
                option = contains_eager(relation) if option is None else option.contains_eager(relation)
            parent = entity
            if node in masks:
                option = _masked(Load(entity) if option is None else option, entity, masks[node])
        options += [] if option is None else [option]
    return options


def _masked(option: Any, entity: Any, kept: Kept) -> Any:
    attributes = [getattr(entity, key) for key in kept.keys]
    if not kept.deferred:
        return option.load_only(*attributes)
    for attribute in attributes:
        option = option.defer(attribute)
    return option


def beside(chains: Iterable[Sequence[Loaded]]) -> list[Node]:
    """The nodes whose rows stand beside the model's: a ``FilteredRelation`` fills no relation of it."""
    firsts = [chain[0] for chain in chains]
    return list(dict.fromkeys(node for relation, node in firsts if relation.narrowed is not None))


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
