"""Counting in place: where nothing has to be there first, rows are counted, or looked for, where they are."""

from typing import Any

from sqlalchemy import func

from django_like_repos.joins.scope import Scope
from django_like_repos.language.sides import Column, Side
from django_like_repos.rows.asking import Number, One
from django_like_repos.rows.rows import Output, Rows, all_joins


def count_in_place(rows: Rows) -> Rows:
    """The number of rows without a table of them: of the rows, or of the different keys among them."""
    tree = rows.tree
    if not _is_of(rows, Number) or not _is_plain(rows) or tree.sliced:
        return rows
    if tree.columns is not None and tree.frame.distinct:
        return rows
    if not tree.repeated:
        return Rows(tree, rows.outputs, joins=all_joins(tree), where=tree.where, once=True)
    key, *others = tree.row_key
    if others:
        return rows
    number = Output(_Different(key))
    return Rows(tree, (number,), joins=all_joins(tree), where=tree.where, once=True)


def find_in_place(rows: Rows) -> Rows:
    """Whether there are rows, without a table of them."""
    tree = rows.tree
    if not _is_of(rows, One) or not _is_plain(rows) or tree.sliced:
        return rows
    return Rows(tree, rows.outputs, joins=all_joins(tree), where=tree.where, once=True)


def _is_of(rows: Rows, kind: type[Side]) -> bool:
    return rows.source is not None and any(isinstance(output.side, kind) for output in rows.outputs)


def _is_plain(rows: Rows) -> bool:
    """Whether each of the rows that are asked for is one of the joined rows, or some of them."""
    tree = rows.tree
    return not (tree.members or tree.surrounded or tree.grouped or tree.different)


class _Different(Side):
    """How many different values a column has."""

    def __init__(self, column: Column) -> None:
        self._column = column

    def sql(self, scope: Scope) -> Any:
        return func.count(self._column.sql(scope).distinct())
