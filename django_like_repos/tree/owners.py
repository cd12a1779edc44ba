"""Rows that are loaded for many owners at once: which are wanted, whose each is, each owner's slice."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Table, func, select, types
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.constructs.params import Params
from django_like_repos.joins.loads import columns_in
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import JoinTree, Node
from django_like_repos.language.lookups.membership import In
from django_like_repos.language.sides import Column, Constant, Predicate, Rows, Side
from django_like_repos.language.terms import ForeignTerm, Term
from django_like_repos.mapping.owners import Ownership
from django_like_repos.values import comparison_type


class Owners(NamedTuple):
    """Of the rows of a query, the ones that belong to owners."""

    key: tuple[Column, ...]
    """The owner's key, in a row."""
    wanted: Predicate
    rank: Predicate | None
    """That a row is in the slice of its owner."""
    order: tuple[Term, ...]


def owners_of(
    ownership: Ownership,
    joins: JoinTree,
    order: Sequence[Term],
    *,
    limit: BindParameter[int] | None,
    offset: BindParameter[int] | None,
    own_key: tuple[Column, ...],
    keys: Side,
    found: bool = False,
) -> Owners:
    """The owners of a query's rows, whose ``keys`` are given; ``limit`` and ``offset`` are of each one's.

    ``found``: the keys are a SELECT of the same statement.
    """
    back = ownership.back
    node = joins.root if back is None else joins.reach((back,), None)
    joins.require([node] if back is not None else [])
    key = tuple([Column(node, (field,)) for field in ownership.fields])
    terms = tuple(order) or tuple(_order_of(ownership, node))
    sliced = limit is not None or offset is not None
    rank = _InSlice(key, terms or own_key, limit, offset) if sliced else None
    among = _AmongFound if found else _Among
    return Owners(key, among(Column(node, ownership.fields), keys), rank, terms)


def keys_of_owners(ownership: Ownership, operand: Hashable, params: Params) -> Side:
    """The list of the owners' keys, as a parameter."""
    kinds = [comparison_type(field.type) for field in ownership.fields]
    if len(kinds) == 1:
        return Constant(params.bind_list(kinds[0], operand))
    return Rows(params.bind_list(types.TupleType(*kinds), operand))


class Found(Side):
    """The keys of owners in columns of what the statement selects from, as a SELECT."""

    def __init__(self, columns: Sequence[ColumnElement[Any]]) -> None:
        self._columns = columns

    def sql(self, scope: Scope) -> Any:
        return select(*self._columns)


class _Among(Predicate):
    """That a row's owner is among those that are asked for."""

    def __init__(self, column: Column, keys: Side) -> None:
        self._column = column
        self._keys = keys
        self.nodes = frozenset(column.nodes)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        return In.__new__(In).sql(self._column.sql(scope), self._keys.sql(scope))


class _AmongFound(_Among):
    """That a row's owner is among the rows of another SELECT."""

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        among: ColumnElement[bool] = self._column.sql(scope).in_(self._keys.sql(scope))
        return among


class _InSlice(Predicate):
    """That a row is in the slice of its owner's, in the order of the query."""

    window = True

    def __init__(
        self,
        key: Sequence[Column],
        order: Sequence[Term | Column],
        limit: BindParameter[int] | None,
        offset: BindParameter[int] | None,
    ) -> None:
        self._place = _Place(key, order)
        self._limit, self._offset = limit, offset
        self.nodes = frozenset(self._place.nodes)

    @property
    def computed(self) -> tuple[Side, ...]:
        return (self._place,)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        place: ColumnElement[int] = scope.annotation(self._place)
        if self._offset is None:
            return place <= self._limit
        if self._limit is None:
            return place > self._offset
        return place.between(self._offset + 1, self._offset + self._limit)


class _Place(Side):
    """Which of its owner's rows a row is, in the order of the query, from 1 on."""

    window = True

    def __init__(self, key: Sequence[Column], order: Sequence[Term | Column]) -> None:
        self._key, self._order = key, order
        sides = [*key, *[each.side if isinstance(each, Term) else each for each in order]]
        self.nodes = tuple([node for side in sides for node in side.nodes])

    @property
    def groups(self) -> list[Side]:
        return []

    def sql(self, scope: Scope) -> Any:
        return func.row_number().over(
            partition_by=[column.sql(scope) for column in self._key],
            order_by=[each.sql(scope) for each in self._order],
        )


class _Between(Side):
    """What the mapping orders by in the table between rows and their owners."""

    def __init__(self, side: Side, node: Node) -> None:
        self._side = side
        self._node = node
        self.nodes = (node,)

    def sql(self, scope: Scope) -> Any:
        return ClauseAdapter(scope.entity(self._node)).traverse(self._side.sql(scope))


def _order_of(ownership: Ownership, node: Node) -> Iterator[Term]:
    """The order that the mapping has for the rows at the end of a relation."""
    hop = ownership.hop
    between = None if ownership.back is None else ownership.back.table
    for expression in hop.order:
        tables = {column.table for column in columns_in(expression) if isinstance(column.table, Table)}
        term = ForeignTerm(expression, reverse=False, multiplies=False)
        if between is not None and between in tables:
            term.side = _Between(term.side, node)
        elif not tables <= set(hop.target.tables):
            continue
        yield term
