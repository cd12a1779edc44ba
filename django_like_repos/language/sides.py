"""Sides: expressions whose aliases are chosen, ready to be said in a scope."""

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.models import Field
from django_like_repos.mapping.transform import Transform


class Side:
    """One side of a comparison, or a value that is read, ordered or grouped by."""

    nodes: tuple[Node, ...] = ()
    """The nodes it reads."""
    aggregate: bool = False
    """Whether it is computed of a group of rows."""
    window: bool = False
    """Whether it is computed of the rows around."""
    again: Callable[[Any], Any] | None = None
    """What makes of its values in the parts of a group that of the whole; None where these do not say it."""
    of_each_row: bool = False
    """Whether it is the number of rows."""

    returns_sets: bool = False
    """Whether it may make several rows of one, or none, as functions of PostgreSQL may."""
    by_others: bool = False
    """Whether what it is grouped by is not itself."""

    @property
    def named(self) -> tuple[Node, ...]:
        """The nodes that it names itself, without those of annotations and subqueries."""
        return ()

    def sql(self, scope: Scope) -> Any:
        """Its SQL, with the aliases of ``scope``."""
        raise NotImplementedError

    @property
    def nullable(self) -> bool:
        """Whether it may be NULL."""
        return True

    @property
    def groups(self) -> "list[Side]":
        """What rows must have in common for it to have one value in their group."""
        return [self]

    def is_of(self, table: Any) -> bool:
        """Whether it reads nothing but columns of a table; of None, no columns at all."""
        return False


class Constant(Side):
    """What is the same in every scope and for every row: a bind parameter, a subquery of its own."""

    def __init__(self, sql: Any, *, nullable: bool = False) -> None:
        self._sql = sql
        self._nullable = nullable

    def sql(self, scope: Scope) -> Any:
        return self._sql

    @property
    def nullable(self) -> bool:
        return self._nullable

    @property
    def groups(self) -> list[Side]:
        return []

    def is_of(self, table: Any) -> bool:
        return True


class Rows(Constant):
    """A parameter that is a list of rows."""

    def sql(self, scope: Scope) -> Any:
        return scope.params.placed(self._sql)


class Opaque(Side):
    """An SQLAlchemy expression of the user's."""

    def __init__(self, sql: Any, *, aggregate: bool = False) -> None:
        self._sql = sql
        self.aggregate = aggregate

    def sql(self, scope: Scope) -> Any:
        return scope.params.placed(scope.adapted(self, self._sql))

    @property
    def groups(self) -> list[Side]:
        return [] if self.aggregate else [self]

    def is_of(self, table: Any) -> bool:
        return not self.aggregate and _is_of(self._sql, table)


class Compound(Side):
    """Several sides put together."""

    def __init__(self, make: Callable[..., Any], *sides: Side) -> None:
        self._make = make
        self._sides = sides
        self.nodes = tuple([node for side in sides for node in side.nodes])
        self.aggregate = any(side.aggregate for side in sides)
        self.window = any(side.window for side in sides)
        self.returns_sets = any(side.returns_sets for side in sides)

    @property
    def parts(self) -> "tuple[Side, ...]":
        return self._sides

    @property
    def named(self) -> tuple[Node, ...]:
        return tuple([node for side in self._sides for node in side.named])

    def sql(self, scope: Scope) -> Any:
        return self._make(*[side.sql(scope) for side in self._sides])

    @property
    def groups(self) -> list[Side]:
        if not self.aggregate and not self.window:
            return [self] if any(side.groups for side in self._sides) else []
        return [group for side in self._sides for group in side.groups]

    def is_of(self, table: Any) -> bool:
        return all(side.is_of(table) for side in self._sides)


class Total(Compound):
    """What has a value wherever its parts have."""

    @property
    def nullable(self) -> bool:
        return any(side.nullable for side in self._sides)


class Several(Total):
    """Several values beside each other: the ends of a range, the members of a list."""

    @property
    def groups(self) -> list[Side]:
        return [group for side in self._sides for group in side.groups]


class Whole(Compound):
    """What may read columns that nobody sees."""

    @property
    def groups(self) -> list[Side]:
        return [] if self.aggregate else [self]

    def is_of(self, table: Any) -> bool:
        return False


class Volatile(Whole):
    """What is another value each time, and so of no group."""

    @property
    def groups(self) -> list[Side]:
        return []


class Named(Side):
    """What a name stands for: it has an identity, may be NULL, and may be several columns."""

    fields: tuple[Field, ...] = ()
    transforms: tuple[Transform, ...] = ()

    @property
    def identity(self) -> Hashable:
        """What it has in common with another of the same values."""
        raise NotImplementedError

    @property
    def singles(self) -> "list[Named]":
        """Its columns one by one."""
        raise NotImplementedError

    @property
    def node(self) -> Node | None:
        """The node that its row is of; None where it is of no one node."""
        return None

    def given(self, scope: Scope) -> ColumnElement[bool]:
        """That it is not NULL."""
        raise NotImplementedError

    def _transformed(self, scope: Scope, value: Any) -> Any:
        for transform in self.transforms:
            value = scope.params.said_of(transform, value)
        return value


class Output(Side):
    """A column of the rows of a combination."""

    def __init__(self, place: Hashable) -> None:
        self._place = place

    def sql(self, scope: Scope) -> Any:
        return scope.given[self._place]


class Column(Named):
    """A field of a node, or what transforms make of it."""

    def __init__(self, node: Node, fields: tuple[Field, ...], transforms: tuple[Transform, ...] = ()) -> None:
        self._node = node
        self.fields = fields
        self.transforms = transforms
        self.nodes = (node,)

    @property
    def node(self) -> Node:
        return self._node

    @property
    def named(self) -> tuple[Node, ...]:
        return self.nodes

    @property
    def identity(self) -> Hashable:
        said: tuple[Hashable, ...] = ()
        if self.transforms:
            said = tuple([(type(each), each.written) for each in self.transforms])
        return self._node, self.fields, said

    @property
    def singles(self) -> list[Named]:
        if len(self.fields) == 1:
            return [self]
        return [Column(self._node, (field,), self.transforms) for field in self.fields]

    @property
    def groups(self) -> list[Side]:
        return [*self.singles]

    @property
    def nullable(self) -> bool:
        return self._node.outer or any(field.nullable for field in self.fields) or self.lacking

    @property
    def lacking(self) -> bool:
        """Whether it may be NULL where its fields are not."""
        return any(transform.lacks for transform in self.transforms)

    def sql(self, scope: Scope) -> Any:
        return self._transformed(scope, scope.column(self._node, self.fields))

    def is_of(self, table: Any) -> bool:
        own = self._node.hop is None and table is not None
        return own and all(field.column is not None and field.column.table is table for field in self.fields)

    def on(self, node: Node) -> "Column":
        """The same of another node."""
        return Column(node, self.fields, self.transforms)

    def given(self, scope: Scope) -> ColumnElement[bool]:
        return and_(*[scope.column(self._node, (field,)).is_not(None) for field in self.fields])


class Computed(Named):
    """An annotation, or what transforms make of it."""

    def __init__(
        self, name: str, inner: Side, type_: TypeEngine[Any], transforms: tuple[Transform, ...] = ()
    ) -> None:
        self.name = name
        self.inner = inner
        self.type = type_
        self.transforms = transforms
        self.nodes = inner.nodes
        self.aggregate = inner.aggregate
        self.window = inner.window
        self.returns_sets = inner.returns_sets
        self.by_others = inner.by_others and not transforms

    @property
    def identity(self) -> Hashable:
        if isinstance(self.inner, Named) and not self.transforms:
            return self.inner.identity
        return self.inner, tuple([(type(each), each.written) for each in self.transforms])

    @property
    def singles(self) -> list[Named]:
        return [self]

    @property
    def groups(self) -> list[Side]:
        if self.aggregate or self.window or self.by_others:
            return self.inner.groups
        return [self] if self.inner.groups else []

    @property
    def nullable(self) -> bool:
        return self.inner.nullable or any(transform.lacks for transform in self.transforms)

    def is_of(self, table: Any) -> bool:
        return self.inner.is_of(table)

    def sql(self, scope: Scope) -> Any:
        return self._transformed(scope, scope.annotation(self.inner))

    def given(self, scope: Scope) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = self.sql(scope).is_not(None)
        return condition


def _is_of(expression: ColumnElement[Any], table: Any) -> bool:
    """Whether an SQLAlchemy expression speaks of nothing but a table's own columns."""
    for part in visitors.iterate(expression):
        if isinstance(part, SelectBase):
            return False
        if part.__visit_name__ == "column":
            mine = getattr(part, "table", None)
            if mine is None or table is None:
                return False
            if (mine._deannotate() if hasattr(mine, "_deannotate") else mine) is not table:
                return False
    return True


Nodes = frozenset[Node]
_NONE: Nodes = frozenset()


class Predicate:
    """A condition on the rows of a query."""

    nodes: Nodes = _NONE
    """Every node it reads."""
    own: bool = False
    """Whether the root row alone decides it."""
    aggregate: bool = False
    """Whether a group of rows decides it."""
    window: bool = False
    """Whether the rows around decide it."""

    @property
    def groups(self) -> list[Side]:
        """What the rows of a group must have in common for it to be decided of the group."""
        return []

    @property
    def computed(self) -> "tuple[Side, ...] | None":
        """The windows that decide it, if nothing else does; None otherwise."""
        return None

    @property
    def apart(self) -> bool:
        """Whether it is certain to read related rows and nothing else, neither the root's nor others."""
        return False

    @property
    def nests(self) -> bool:
        """Whether it looks from the root for rows of its own."""
        return False

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        """The condition, with the aliases of a scope."""
        raise NotImplementedError

    def matched(self, negated: bool) -> Nodes:
        """The nodes that are there wherever it holds (or, negated, wherever it does not)."""
        return _NONE

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        """What it says of the root row alone, never more than the whole; None if nothing.

        UPDATE and DELETE repeat this on their target.
        """
        return None

    def told(self, negated: bool) -> bool:
        """Whether ``weakened()`` says all that it says."""
        return self.own
