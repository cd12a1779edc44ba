"""UPDATE and DELETE of the rows that a query has.

The rows are chosen by a subquery of keys. What the conditions say of the target's own columns is repeated
on the target: PostgreSQL checks again only what stands there when a row that it waited for has changed,
so without it two transactions could both claim a row.
"""

from typing import Any

from sqlalchemy import ColumnElement, Join, Select, Table, tuple_

from django_like_repos.clauses.returning import returned_columns
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.joining import joined
from django_like_repos.joins.reached import ReachedDelete, ReachedUpdate
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.passes import rewritten
from django_like_repos.query import Returning
from django_like_repos.rows import asking
from django_like_repos.statements.select import select_rows
from django_like_repos.tree.tree import Tree


def update_rows(tree: Tree, returning: Returning | None) -> Any:
    """The UPDATE without its SET, which every execution brings along."""
    return ReachedUpdate(tree.mapper.class_).where(*_conditions(tree)).returning(*_returned(tree, returning))


def delete_rows(tree: Tree, returning: Returning | None) -> Any:
    """The DELETE from the model's own table."""
    return ReachedDelete(tree.mapper.class_).where(*_conditions(tree)).returning(*_returned(tree, returning))


def lock_keys(tree: Tree) -> Any:
    """The SELECT of the keys of rows that lie in several tables, to be written one after the other."""
    _refuse_slice(tree)
    model, tables = tree.mapper.class_, [*tree.mapper.tables]
    scope = Scope(tree.joins, model)
    statement = select_of(*_key(tree)).select_from(model)
    kept = isinstance(tree.mapper.selectable, (Table, Join))
    if tree.grouped or tree.surrounded:
        # Rows of groups cannot be locked, nor those beside a window: what they choose is.
        statement = statement.where(_is_chosen(tree))
        return statement.with_for_update(of=tables) if kept else statement
    statement = joined(scope, statement, tree.joins.nodes)
    statement = statement.where(*[predicate.sql(scope) for predicate in tree.where])
    if not kept:
        return statement
    # Of a subclass the other half of the row: its conditions are looked at again too.
    halves = [
        scope.entity(node)
        for node in tree.joins.nodes
        if node.hop is not None and node.hop.relation is None and not node.outer
    ]
    return statement.with_for_update(of=[*tables, *halves])


def _conditions(tree: Tree) -> list[ColumnElement[bool]]:
    _refuse_slice(tree)
    scope = Scope(tree.joins, tree.mapper.class_)
    weakened = [predicate.weakened(scope, False) for predicate in tree.where]
    own = [condition for condition in weakened if condition is not None]
    return [*own, _is_chosen(tree)]


def _is_chosen(tree: Tree) -> ColumnElement[bool]:
    key = _key(tree)
    chosen: Select[Any] = select_rows(rewritten(asking.keys(tree))).correlate(None)
    condition: ColumnElement[bool] = (key[0] if len(key) == 1 else tuple_(*key)).in_(chosen)
    return condition


def _key(tree: Tree) -> list[Any]:
    return [getattr(tree.mapper.class_, column.fields[0].key) for column in tree.key]


def _returned(tree: Tree, returning: Returning | None) -> list[Any]:
    if returning is not None and returning.model:
        return [tree.mapper.class_]
    if returning is not None and returning.fields:
        return returned_columns(tree.names, returning.fields)
    return _key(tree)


def _refuse_slice(tree: Tree) -> None:
    if tree.sliced:
        raise UnsupportedOperationError(
            "UPDATE and DELETE take no limit and no offset: filter by pk__in instead"
        )
