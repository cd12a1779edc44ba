"""Semi-joins: to-many relations that only filter are looked into, not joined, and repeat no row."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import BinaryExpression, ColumnElement, Integer, inspect, literal_column, select
from sqlalchemy.sql.operators import eq

from django_like_repos.constructs.long import all_of
from django_like_repos.joins.joining import begun, is_by_one_column, joined, within
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.predicates import conjuncts
from django_like_repos.language.sides import Predicate
from django_like_repos.passes.counting import is_of
from django_like_repos.rows.asking import Number
from django_like_repos.rows.rows import Rows
from django_like_repos.tree.tree import Tree

_ONE: Final[ColumnElement[int]] = literal_column("1", Integer)


def semi_joins(rows: Rows) -> Rows:
    """Rows, or their number, without the to-many relations that only filter: those are conditions."""
    tree = rows.tree
    if not tree.multiplied or rows.locks or rows.keys or not tree.params.bare or tree.foreign:
        return rows
    counted = rows.source is not None and is_of(rows, Number)
    if not counted and (rows.source is not None or rows.once):
        return rows
    found = _without(tree)
    if found is None:
        return rows
    if not counted:
        return _of(rows, found)
    assert rows.source is not None
    inner = rows.source.rows
    if not isinstance(inner, Rows) or inner.tree is not tree or inner.source is not None:
        return rows
    return rows._replace(tree=found, source=rows.source._replace(rows=_of(inner, found)))


def _of(rows: Rows, tree: Tree) -> Rows:
    kept = {*tree.joins.nodes, *tree.joins.filling}
    return rows._replace(
        tree=tree,
        joins=tuple([each for each in rows.joins if each.node in kept]),
        where=tree.where,
        surrounded=rows.surrounded and tree.surrounded,
        # Each model, and each key, is there once.
        distinct=rows.distinct and not rows.models and not rows.once,
    )


class _Branch(NamedTuple):
    """A to-many relation that only filters, what is joined to it, and the conditions on one of its rows."""

    top: Node
    nodes: Sequence[Node]
    conditions: list[Predicate]

    @property
    def apart(self) -> bool:
        """Whether which of its rows are meant does not depend on the rows around."""
        top, own = self.top, {*self.nodes}
        if top.parent is None or top.parent.hop is not None or not is_by_one_column(top):
            return False
        return all(each.apart and each.nodes <= own for each in self.conditions)


def _without(tree: Tree) -> Tree | None:
    """A tree in which nothing multiplies rows any more; None where that cannot be said, or is no better."""
    if tree.brings_tables or tree.owners_repeat or any(term.multiplies for term in tree.order):
        return None
    branches = _branches(tree)
    if branches is None:
        return None
    where: list[Predicate] = []
    for predicate in tree.where:
        parts = [*conjuncts(predicate)]
        places = [[each for each in branches if not part.nodes.isdisjoint(each.nodes)] for part in parts]
        if not any(places):
            where.append(predicate)
            continue
        for part, found in zip(parts, places, strict=True):
            if len(found) > 1 or (found and part.nests):
                return None
            (found[0].conditions if found else where).append(part)
    if tree.params.sqlite and (tree.sliced or where or len(branches) > 1 or not branches[0].apart):
        # SQLite finds all that are meant first, or looks anew for each row: dear where few rows are wanted.
        return None
    gone = {node for each in branches for node in each.nodes}
    joins = tree.joins.without(gone)
    return replace(tree, joins=joins, where=(*where, *[_Related(tree, each) for each in branches]))


def _branches(tree: Tree) -> list[_Branch] | None:
    """The relations that only filter, each with what is joined to it; None if one of them does more."""
    loose = [node for node in tree.joins.nodes if node.to_many and node not in tree.read]
    tops = [node for node in loose if not any(up in loose for up in node.lineage[1:])]
    ordered = {node for term in tree.order for node in term.nodes}
    branches = [_Branch(top, [node for node in tree.joins.nodes if top in node.lineage], []) for top in tops]
    if all(_only_filters(each, ordered) for each in branches):
        return branches
    return None


def _only_filters(branch: _Branch, ordered: Iterable[Node]) -> bool:
    top = branch.top
    if top.outer or top.hop is None or top.hop.backwards or any(up.to_many for up in top.lineage[1:]):
        return False
    if any(node.declared is not None or node.condition is not None for node in branch.nodes):
        return False
    return {*ordered}.isdisjoint(branch.nodes)


class _Related(Predicate):
    """That a relation has a row that meets conditions."""

    def __init__(self, tree: Tree, branch: _Branch) -> None:
        self._tree = tree
        self._branch = branch
        theirs = frozenset().union(*[each.nodes for each in branch.conditions])
        self.nodes = (theirs | {*branch.top.lineage}) - {*branch.nodes}

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        branch = self._branch
        links = frozenset([node for node in branch.nodes if node.is_link])
        inner = Scope(self._tree.joins, scope.root, around=scope.around, links=links)
        inner.share(scope, self.nodes)
        first, others, between = begun(inner, branch.top)
        sides = _sides(between, first) if branch.apart else None
        statement: Any = select(_ONE if sides is None else sides[1]).select_from(first)
        for entity, condition in others:
            statement = statement.join(entity, condition)
        statement = joined(inner, statement, [node for node in branch.nodes if node is not branch.top])
        conditions = [each.sql(inner) for each in branch.conditions]
        if sides is None:
            return within(inner, statement.where(all_of([between, *conditions]))).exists()
        if conditions:
            statement = statement.where(all_of(conditions))
        found: ColumnElement[bool] = sides[0].in_(statement)
        return found


def _sides(equality: ColumnElement[bool], first: Any) -> tuple[Any, Any] | None:
    """The column of the row around and that of the rows looked into, if these are compared and no others."""
    if not isinstance(equality, BinaryExpression) or equality.operator is not eq:
        return None
    table = inspect(first).selectable
    theirs = [getattr(each, "table", None) is table for each in (equality.left, equality.right)]
    if theirs == [False, True]:
        return equality.left, equality.right
    return (equality.right, equality.left) if theirs == [True, False] else None
