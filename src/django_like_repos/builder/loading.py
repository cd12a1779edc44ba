"""Loader options: the joins of ``options("a__b")`` that also fill the relations, and SQLAlchemy's own."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, inspect, select, tuple_
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.builder.joins import Node, Scope
from django_like_repos.builder.mapping import Hop


def is_loader(option: object) -> bool:
    """Whether an argument of ``options()`` is one of SQLAlchemy's."""
    return isinstance(option, ORMOption)


class Loaded(NamedTuple):
    """A relation that the rows of a node fill."""

    relation: Hop
    node: Node


def contains(scope: Scope, chains: Iterable[list[Loaded]]) -> list[Any]:
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


def order_of_children(scope: Scope, chains: Iterable[list[Loaded]]) -> list[Any]:
    """What the mapping says of the order of related rows (``relationship(order_by=…)``)."""
    return [
        ClauseAdapter(inspect(scope.entity(node)).selectable).traverse(term)
        for chain in chains
        for hop, node in chain
        for term in hop.order
        # Columns of a table between the two have no name here.
        if all(column.table in hop.target.tables for column in _columns_in(term))
    ]


def _columns_in(term: ColumnElement[Any]) -> list[Any]:
    return [part for part in visitors.iterate(term) if isinstance(part, Column)]


def criteria(options: Iterable[Any]) -> tuple[Any, ...]:
    """Those of SQLAlchemy's options that choose rows, and so belong into every statement of a query."""
    return tuple(option for option in options if isinstance(option, LoaderCriteriaOption))


class Foreign(NamedTuple):
    """What SQLAlchemy objects in a query add to its shape, and the values in them."""

    key: Any
    """Hashable; None where SQLAlchemy cannot tell such objects apart, so that no plan may be kept."""
    binds: tuple[Any, ...]


def key_of_foreign(model: type[Any], expressions: tuple[Any, ...], loaders: tuple[Any, ...]) -> Foreign:
    """One key for all SQLAlchemy objects of a query together: keyed singly they lose alias identity."""
    statement: Select[Any] = select(tuple_(*expressions)) if expressions else select(model)
    key = statement.options(*loaders)._generate_cache_key()
    if key is None:
        return Foreign(None, ())
    return Foreign(key.key, tuple(key.bindparams))


def is_stable(loader: Any) -> bool:
    """Whether a loader option may be kept in a plan: one that holds values would serve them to others."""
    key: CacheKey | None = loader._generate_cache_key()
    return key is not None and not key.bindparams
