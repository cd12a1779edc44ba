"""Counting in place: where nothing has to be there first, rows are counted, or looked for, where they are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.language.sides import Named, Side
from django_like_repos.rows.asking import Number, One
from django_like_repos.rows.rows import Joined, Output, Rows, all_joins
from django_like_repos.tree.tree import Tree


def count_in_place(rows: Rows) -> Rows:
    """The number of rows without a table of them: of the rows, or of the different keys among them."""
    tree = rows.tree
    if not is_of(rows, Number) or tree.sliced:
        return rows
    if _are_models(tree):
        repeated = any(node.to_many for node, _ in _deciding(tree, once=True))
        apart: Sequence[Named] = tree.key
    elif not _is_plain(rows) or (tree.columns is not None and tree.frame.distinct):
        return rows
    else:
        repeated, apart = tree.repeated, tree.row_key
    if repeated and len(apart) != 1:
        return rows
    number = Output(_Different(apart[0])) if repeated else rows.outputs[0]
    return Rows(tree, (number,), joins=_deciding(tree, once=_are_models(tree)), where=tree.where, once=True)


def find_in_place(rows: Rows) -> Rows:
    """Whether there are rows, without a table of them."""
    tree = rows.tree
    if not is_of(rows, One) or tree.sliced or not (_is_plain(rows) or _are_models(tree)):
        return rows
    return Rows(tree, rows.outputs, joins=_deciding(tree, once=True), where=tree.where, once=True)


def is_of(rows: Rows, kind: type[Side]) -> bool:
    """Whether something is asked of a table of rows, such as their number."""
    return rows.source is not None and any(isinstance(output.side, kind) for output in rows.outputs)


def _is_plain(rows: Rows) -> bool:
    """Whether each of the rows that are asked for is one of the joined rows, or some of them."""
    tree = rows.tree
    return not (tree.members or tree.surrounded or tree.grouped or tree.different or tree.returns_sets)


def _are_models(tree: Tree) -> bool:
    """Whether the groups that are asked for are the models that the conditions leave, each of them one."""
    if tree.groups is None or not tree.of_models or tree.columns is not None or not tree.has_own_key:
        return False
    if tree.members or tree.having or tree.surrounded or tree.different or tree.foreign:
        return False
    return not any(node.to_many for side in tree.groups for node in lineage_of(side.nodes))


def _deciding(tree: Tree, *, once: bool) -> tuple[Joined, ...]:
    """The joins that decide which rows there are, and how many of each, unless that matters ``once``.

    What annotations and orders alone read decides neither, if the row at the end is always there, or need
    not be.
    """
    if not tree.params.bare or tree.foreign:
        return all_joins(tree)
    read = {node for predicate in tree.where for node in predicate.nodes}
    kept = [node for node in tree.joins.nodes if node in read or decides(node, once=once)]
    lineage = lineage_of(kept)
    return tuple([Joined(node) for node in tree.joins.nodes if node in lineage])


def decides(node: Node, *, once: bool) -> bool:
    """Whether a join decides which rows there are, and how many of each, unless that matters ``once``."""
    assert node.hop is not None
    if node.declared is not None or (node.to_many and not once):
        return True
    # The row at the end is always there, and may not meet a condition of its join.
    missing = node.hop.nullable or node.condition is not None
    return not node.outer and (node.required or missing or node.to_many)


class _Different(Side):
    """How many different values a column has."""

    def __init__(self, column: Named) -> None:
        self._column = column

    def sql(self, scope: Scope) -> Any:
        return func.count(self._column.sql(scope).distinct())
