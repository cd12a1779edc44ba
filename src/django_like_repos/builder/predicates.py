"""Predicates: conditions whose aliases are chosen, ready to be said in SQL.

``read()`` turns shapes into a tree of predicates and decides, as Django does, which alias each condition
uses, whether it must be a subquery, and which joins it lets be INNER.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, false, literal_column, not_, or_, select, true
from sqlalchemy.orm import aliased

from django_like_repos.builder.expressions import Column, Side
from django_like_repos.builder.joins import JoinTree, Node, Scope
from django_like_repos.builder.lookups import Lookup
from django_like_repos.builder.mapping import Hop, key_of, mapper_of
from django_like_repos.builder.paths import Path
from django_like_repos.query.conditions import AND, OR, XOR

Nodes = frozenset[Node]
_NONE: Nodes = frozenset()
Conditions = Callable[[Scope, Node], Iterable[ColumnElement[bool]]]
_ONE: ColumnElement[int] = literal_column("1")


class Predicate(Protocol):
    """A condition on the rows of a query."""

    @property
    def nodes(self) -> Nodes:
        """Every node it reads."""
        ...

    @property
    def own(self) -> bool:
        """Whether the root row alone decides it."""
        ...

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        """The condition, with the aliases of a scope."""
        ...

    def matched(self, negated: bool) -> Nodes:
        """The nodes that are there wherever it holds (or, negated, wherever it does not)."""
        ...

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        """What it says of the root row alone, never more than the whole; None if nothing.

        UPDATE and DELETE repeat this on their target.
        """
        ...


class Constant:
    """True or false for every row."""

    nodes = _NONE
    own = True

    def __init__(self, holds: bool) -> None:
        self.holds = holds

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        return true() if self.holds else false()

    def matched(self, negated: bool) -> Nodes:
        return _NONE

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        return true() if self.holds != negated else false()


class Opaque:
    """An SQLAlchemy expression of the user's."""

    nodes = _NONE

    def __init__(self, expression: ColumnElement[bool], *, own: bool) -> None:
        self._expression = expression
        self.own = own

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        return self._expression

    def matched(self, negated: bool) -> Nodes:
        return _NONE

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if not self.own:
            return None
        return not_(self._expression) if negated else self._expression


class Comparison:
    """A lookup of a path that the query joins."""

    def __init__(
        self,
        path: Path,
        lookup: Lookup,
        left: Column,
        right: Side,
        *,
        tolerant: bool,
        negated: bool,
        guarded: bool = True,
    ) -> None:
        self._path = path
        self._lookup = lookup
        self._left = left
        self._right = right
        self._tolerant = tolerant
        self._negated = negated
        self._guarded = guarded and not lookup.null_safe
        """Whether, negated, it keeps the rows that have no value."""
        self.nodes: Nodes = frozenset(each for node in (left.node, *right.nodes) for each in node.lineage)
        table = mapper_of(path.model).local_table
        fields = [field for side in (left, right) if isinstance(side, Column) for field in side.fields]
        self.own = not self.nodes and all(
            field.column is not None and field.column.table is table for field in fields
        )

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        left = self._left.sql(scope)
        condition = self._lookup.sql(left, self._right.sql(scope))
        if self._negated and self._guarded:
            # NOT of an unknown is unknown, but a row that has no value is not excluded for having one.
            # As in Django, a right side is guarded only where it is a column that itself may be NULL.
            right = [self._right] if isinstance(self._right, Column) and not self._right.transforms else []
            sides = [self._left, *right]
            nullable = [side for side in sides if side.nullable or (side is self._left and side.node.outer)]
            condition = and_(condition, *[side.given(scope) for side in nullable])
        return condition

    def matched(self, negated: bool) -> Nodes:
        if self._lookup.null_safe:
            return self.nodes if self._tolerant == negated else _NONE
        return _NONE if negated and self._guarded else self.nodes

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if any(node.to_many for node in self.nodes):
            return None
        if self.own:
            return not_(self.sql(scope)) if negated else self.sql(scope)
        return self._related(scope, negated) if self.nodes else None

    def _related(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if self._right.nodes:
            return None
        # A DML statement cannot join, so what is related is looked for from the target's own foreign key.
        absent = self._lookup.null_safe and self._tolerant

        def conditions(inner: Scope, node: Node) -> Iterator[ColumnElement[bool]]:
            left = self._left.on(node)
            yield left.given(inner) if absent else self._lookup.sql(left.sql(inner), self._right.sql(scope))

        hops = [node.hop for node in _in_order(self.nodes) if node.hop]
        if negated != absent:
            return _not_exists(scope, hops, conditions)
        return _exists(scope, hops, conditions)


class Exists:
    """A negated lookup over a to-many path: whether a related row is found, in a subquery of its own."""

    nodes: Nodes
    own = False

    def __init__(
        self,
        path: Path,
        lookup: Lookup,
        right: Side,
        *,
        tolerant: bool,
        at_hand: Node | None,
    ) -> None:
        self._path = path
        self._lookup = lookup
        self._right = right
        self._tolerant = tolerant
        self._at_hand = at_hand
        read = (*right.nodes, *((at_hand,) if at_hand else ()))
        self.nodes = frozenset(each for node in read for each in node.lineage)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        if self._tolerant:
            return self._from_root(scope)
        return _exists(scope, self._path.hops, lambda inner, node: self._conditions(scope, inner, node))

    def matched(self, negated: bool) -> Nodes:
        return _NONE

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        return None

    def _from_root(self, scope: Scope) -> ColumnElement[bool]:
        # A lookup that holds where nothing is related needs the row itself, and LEFT joins from it.
        tree = JoinTree()
        node = tree.reach(self._path.hops, None)
        root = aliased(mapper_of(self._path.model))
        inner = Scope(tree, root)
        statement = inner.join(select(_ONE).select_from(root), tree.nodes)
        same_row = [
            getattr(root, field.key) == getattr(scope.root, field.key)
            for field in key_of(mapper_of(self._path.model))
        ]
        return statement.where(*same_row, *self._conditions(scope, inner, node)).exists()

    def _conditions(self, scope: Scope, inner: Scope, node: Node) -> Iterator[ColumnElement[bool]]:
        left = Column(node, self._path.fields, self._path.transforms)
        yield self._lookup.sql(left.sql(inner), self._right.sql(scope))
        if self._at_hand is not None:
            mine = next(each for each in _in_order(node.lineage) if each.to_many)
            assert mine.hop is not None
            for field in key_of(mine.hop.target):
                yield inner.column(mine, (field,)) == scope.column(self._at_hand, (field,))


class Junction:
    """Predicates under one connector, at least one."""

    def __init__(self, connector: str, negated: bool, children: list[Predicate]) -> None:
        self.connector = connector
        self.negated = negated
        self.children = children
        self.nodes: Nodes = _NONE.union(*[child.nodes for child in children])
        self.own = all(child.own for child in children)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        parts = [child.sql(scope) for child in self.children]
        if self.connector == AND:
            condition = and_(*parts)
        elif self.connector == OR:
            condition = or_(*parts)
        else:
            # Neither database has XOR: an odd number of the parts must hold.
            odd = sum((case((part, 1), else_=0) for part in parts[1:]), case((parts[0], 1), else_=0))
            condition = and_(or_(*parts), odd % 2 == 1)
        return not_(condition) if self.negated else condition

    def matched(self, negated: bool) -> Nodes:
        negated ^= self.negated
        if self.connector == XOR:
            return _NONE
        found = [child.matched(negated) for child in self.children]
        if (self.connector == AND) != negated:
            return _NONE.union(*found)
        return found[0].intersection(*found[1:])

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if self.connector == XOR:
            # Half of it says nothing: whether it holds depends on every part.
            if not self.own:
                return None
            return not_(self.sql(scope)) if negated else self.sql(scope)
        negated ^= self.negated
        parts = [child.weakened(scope, negated) for child in self.children]
        kept = [part for part in parts if part is not None]
        if (self.connector == AND) != negated:
            return and_(*kept) if kept else None
        return or_(*kept) if len(kept) == len(parts) else None


def conjuncts(predicate: Predicate) -> Iterator[Predicate]:
    """The predicates that must all hold for this one to."""
    if isinstance(predicate, Junction) and predicate.connector == AND and not predicate.negated:
        for child in predicate.children:
            yield from conjuncts(child)
    else:
        yield predicate


def _exists(
    scope: Scope,
    hops: Iterable[Hop],
    conditions: Conditions,
) -> ColumnElement[bool]:
    """Whether a row at the end of ``hops`` meets the conditions, without joining the root again."""
    return _from_first(scope, hops, conditions).exists()


def _not_exists(scope: Scope, hops: Iterable[Hop], conditions: Conditions) -> ColumnElement[bool]:
    """Whether no row at the end of ``hops`` meets the conditions.

    OFFSET 0 keeps it a subquery: PostgreSQL makes a join of a plain NOT EXISTS, and having waited for a
    change of the root's row it does not look at the other side of a join again.
    """
    return not_(_from_first(scope, hops, conditions).offset(literal_column("0")).exists())


def _from_first(scope: Scope, hops: Iterable[Hop], conditions: Conditions) -> Select[Any]:
    tree = JoinTree()
    node = tree.reach(hops, None)
    tree.require(tree.nodes)
    inner = Scope(tree, scope.root)
    first, *others = tree.nodes
    statement: Select[Any] = select(_ONE).select_from(inner.entity(first))
    statement = statement.where(inner.condition(first))
    return inner.join(statement, others).where(*conditions(inner, node))


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: sum(1 for _ in node.lineage))
