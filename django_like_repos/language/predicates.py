"""Predicates: conditions whose aliases are chosen, ready to be said in SQL.

``read()`` turns shapes into a tree of predicates and decides, as Django does, which alias each condition
uses, whether it must be a subquery, and which joins it lets be INNER.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Tuple,
    and_,
    case,
    false,
    literal_column,
    not_,
    select,
    true,
)

from django_like_repos.constructs.long import all_of, any_of, sum_of
from django_like_repos.joins.joining import condition_of, joined, within
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import JoinTree, Node, lineage_of
from django_like_repos.language.lookups import Lookup
from django_like_repos.language.lookups.membership import IsNull
from django_like_repos.language.sides import Column, Computed, Named, Nodes, Predicate, Side
from django_like_repos.language.sides import Constant as Fixed
from django_like_repos.mapping.models import Composite, Hop, key_of, mapper_of
from django_like_repos.mapping.paths import Path
from django_like_repos.query.conditions import AND, OR, XOR

_NONE: Nodes = frozenset()
Conditions = Callable[[Scope, Node], Iterable[ColumnElement[bool]]]
_ZERO: ColumnElement[int] = literal_column("0", Integer)
_ONE: ColumnElement[int] = literal_column("1", Integer)
_TWO: ColumnElement[int] = literal_column("2", Integer)


class Constant(Predicate):
    """True or false for every row."""

    own = True

    def __init__(self, holds: bool) -> None:
        self.holds = holds

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        return true() if self.holds else false()

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        return true() if self.holds != negated else false()


class Test(Predicate):
    """An expression that is true or false."""

    def __init__(self, side: Side, table: Any, *, certain: bool = False) -> None:
        """``certain``: not knowing whether it is true counts as its being false, as under a NOT."""
        self._side = side
        self._certain = certain
        self.nodes = lineage_of(side.nodes)
        self.own = not self.nodes and side.is_of(table)
        self.aggregate = side.aggregate
        self.window = side.window

    @property
    def groups(self) -> list[Side]:
        return self._side.groups

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = self._side.sql(scope)
        return condition.is_(true()) if self._certain and self._side.nullable else condition

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if not self.own:
            return None
        return not_(self.sql(scope)) if negated else self.sql(scope)


class Comparison(Predicate):
    """A lookup of a path that the query joins."""

    def __init__(
        self,
        path: Path,
        lookup: Lookup,
        left: Named,
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
        named = (*left.named, *right.named)
        self._votes: Nodes = lineage_of(named)
        self._named = isinstance(left, Column)
        self._guarded = guarded and not lookup.null_safe
        """Whether, negated, it keeps the rows that have no value."""
        self.nodes = lineage_of((*left.nodes, *right.nodes))
        table = mapper_of(path.model).local_table
        self.own = not self.nodes and left.is_of(table) and right.is_of(table)
        self.aggregate = left.aggregate or right.aggregate
        self.window = left.window or right.window

    @property
    def groups(self) -> list[Side]:
        return [*self._left.groups, *self._right.groups]

    @property
    def computed(self) -> tuple[Side, ...] | None:
        left = self._left
        if isinstance(left, Computed) and left.window and type(self._right) is Fixed:
            return (left.inner,)
        return None

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        condition = _said(self._lookup, self._path, self._left, scope, self._right.sql(scope))
        if self._negated and self._guarded:
            # NOT of an unknown is unknown, but a row that has no value is not excluded for having one.
            right = self._right
            asked = not isinstance(right, Column) or all(each.lacks is not None for each in right.transforms)
            nullable = [side for side in (self._left, *([right] if asked else [])) if side.nullable]
            columns = [side for side in nullable if isinstance(side, Column) and not side.lacking]
            if len(columns) == len(nullable):
                condition = and_(condition, *[side.given(scope) for side in columns])
            else:
                condition = condition.is_(true())
        return condition

    def matched(self, negated: bool) -> Nodes:
        if not self._named:
            return _NONE
        if self._lookup.null_safe:
            return self._votes if self._tolerant == negated else _NONE
        return _NONE if negated and self._guarded else self._votes

    def weakened(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        if any(node.to_many for node in self.nodes):
            return None
        if self.own:
            return not_(self.sql(scope)) if negated else self.sql(scope)
        return self._related(scope, negated) if self.nodes else None

    def told(self, negated: bool) -> bool:
        if self.own:
            return True
        if any(node.to_many for node in self.nodes) or not self.apart:
            return False
        # What holds of NULL is known of isnull alone.
        return type(self._lookup) is IsNull if self._lookup.null_safe else self._guarded or not negated

    @property
    def apart(self) -> bool:
        left, right = self._left, self._right
        if any(node.hop is not None and node.hop.narrowed for node in self.nodes):
            # Of other rows than those of a FilteredRelation it says more.
            return False
        return bool(self.nodes) and isinstance(left, Column) and not right.nodes and right.is_of(None)

    def _related(self, scope: Scope, negated: bool) -> ColumnElement[bool] | None:
        left = self._left
        if not isinstance(left, Column) or not self.apart:
            return None
        # A DML statement cannot join, so what is related is looked for from the target's own foreign key.
        absent = self._lookup.null_safe and self._tolerant

        def conditions(inner: Scope, node: Node) -> Iterator[ColumnElement[bool]]:
            there = left.on(node)
            if absent:
                yield there.given(inner)
            else:
                yield _said(self._lookup, self._path, there, inner, self._right.sql(scope))

        hops = [node.hop for node in _in_order(self.nodes) if node.hop]
        if negated != absent:
            return _not_exists(scope, hops, conditions)
        return _exists(scope, hops, conditions)


class Exists(Predicate):
    """A negated lookup over a to-many path: whether a related row is found, in a subquery of its own."""

    def __init__(
        self,
        path: Path,
        lookup: Lookup,
        right: Side,
        *,
        tolerant: bool,
        at_hand: Node | None,
        narrowed: dict[Hop, Node],
        root: Node,
    ) -> None:
        self._path = path
        self._root = root
        self._narrowed = narrowed
        self._lookup = lookup
        self._right = right
        self._tolerant = tolerant
        self._at_hand = at_hand
        read = (*right.nodes, *((at_hand,) if at_hand else ()))
        self.nodes = lineage_of(read)

    @property
    def nests(self) -> bool:
        return True

    @property
    def groups(self) -> list[Side]:
        found: list[Side] = [Column(self._root, (field,)) for field in key_of(mapper_of(self._path.model))]
        if self._at_hand is not None and self._at_hand.hop is not None:
            found += [Column(self._at_hand, (field,)) for field in key_of(self._at_hand.hop.target)]
        return [*found, *self._right.groups]

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        if self._tolerant:
            return self._from_root(scope)
        said = _from_first(
            scope, self._path.hops, lambda inner, node: self._conditions(scope, inner, node), self._narrowed
        )
        return said.exists()

    def _from_root(self, scope: Scope) -> ColumnElement[bool]:
        # A lookup that holds where nothing is related needs the row itself, and LEFT joins from it.
        tree = JoinTree(scope.params, self._narrowed)
        node = tree.reach(self._path.hops, None)
        root = scope.params.aliases.entity(mapper_of(self._path.model))
        inner = Scope(tree, root)
        statement = joined(inner, select(_ONE).select_from(root), tree.nodes)
        same_row = [
            getattr(root, field.key) == getattr(scope.root, field.key)
            for field in key_of(mapper_of(self._path.model))
        ]
        return within(scope, statement.where(*same_row, *self._conditions(scope, inner, node))).exists()

    def _conditions(self, scope: Scope, inner: Scope, node: Node) -> Iterator[ColumnElement[bool]]:
        left = Column(node, self._path.fields, self._path.transforms)
        yield _said(self._lookup, self._path, left, inner, self._right.sql(scope))
        if self._at_hand is not None:
            mine = next(each for each in _in_order(node.lineage) if each.to_many)
            assert mine.hop is not None
            for field in key_of(mine.hop.target):
                yield inner.column(mine, (field,)) == scope.column(self._at_hand, (field,))


class Junction(Predicate):
    """Predicates under one connector, at least one."""

    def __init__(self, connector: str, negated: bool, children: list[Predicate]) -> None:
        self.connector = connector
        self.negated = negated
        self.children = children
        self.nodes: Nodes = _NONE.union(*[child.nodes for child in children])
        self.own = all(child.own for child in children)
        self.aggregate = any(child.aggregate for child in children)
        self.window = any(child.window for child in children)

    @property
    def groups(self) -> list[Side]:
        return [group for child in self.children for group in child.groups]

    @property
    def computed(self) -> tuple[Side, ...] | None:
        found: list[Side] = []
        for child in self.children:
            values = child.computed
            if values is None:
                return None
            found += values
        return tuple(found)

    @property
    def apart(self) -> bool:
        return all(child.apart for child in self.children)

    @property
    def nests(self) -> bool:
        return any(child.nests for child in self.children)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        parts, placed = [child.sql(scope) for child in self.children], scope.params.placed
        if self.connector == AND:
            condition = all_of(parts)
        elif self.connector == OR:
            condition = any_of(parts)
        else:
            # Neither database has XOR: an odd number of the parts must hold.
            # Their numbers are written out, since as parameters they would make two alike differ.
            each: list[ColumnElement[Any]] = [case((placed(part), _ONE), else_=_ZERO) for part in parts]
            condition = and_(any_of([*map(placed, parts)]), sum_of(each) % _TWO == _ONE)
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
            return all_of(kept) if kept else None
        return any_of(kept) if len(kept) == len(parts) else None

    def told(self, negated: bool) -> bool:
        return self.own or (
            self.connector != XOR and all(child.told(negated ^ self.negated) for child in self.children)
        )


def conjuncts(predicate: Predicate) -> Iterator[Predicate]:
    """The predicates that must all hold for this one to."""
    if isinstance(predicate, Junction) and predicate.connector == AND and not predicate.negated:
        for child in predicate.children:
            yield from conjuncts(child)
    else:
        yield predicate


def _said(lookup: Lookup, path: Path, left: Named, scope: Scope, right: Any) -> ColumnElement[bool]:
    """A lookup of what is read in a scope; of a composite, as Python code of its comparator says it."""
    composite, node = path.composite, left.node
    if composite is not None and composite.operates and node is not None:
        scope.params.speak()
        whole = getattr(scope.entity(node), composite.key)
        return lookup.sql(whole, _wholes(composite, right))
    condition: ColumnElement[bool] = scope.params.said_of(lookup, left.sql(scope), right)
    return condition


def _wholes(composite: Composite, right: Any) -> Any:
    """Composites of their columns' values; anything else as it is."""
    if isinstance(right, tuple):
        return tuple([_wholes(composite, each) for each in right])
    if isinstance(right, BindParameter):
        members: Any = right.value
        return [composite.made_of(each) for each in members]
    if isinstance(right, Tuple) and all(isinstance(each, BindParameter) for each in right.clauses):
        return composite.made_of([each.value for each in right.clauses])
    return right


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


def _from_first(
    scope: Scope, hops: Iterable[Hop], conditions: Conditions, narrowed: dict[Hop, Node] | None = None
) -> Select[Any]:
    tree = JoinTree(scope.params, narrowed)
    node = tree.reach(hops, None)
    tree.require(tree.nodes)
    inner = Scope(tree, scope.root)
    first, *others = tree.nodes
    statement: Select[Any] = select(_ONE).select_from(inner.entity(first))
    statement = statement.where(condition_of(inner, first))
    return within(scope, joined(inner, statement, others).where(*conditions(inner, node)))


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: len(node.lineage))
