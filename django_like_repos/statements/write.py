"""UPDATE and DELETE of the rows that a query has; ``targets`` says which these are."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Join, Table

from django_like_repos.clauses.returning import returned_columns
from django_like_repos.joins.joining import joined
from django_like_repos.joins.reached import ReachedDelete, ReachedUpdate
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.query import Returning
from django_like_repos.statements.targets import (
    Conditions,
    by_keys,
    delete_directly,
    is_chosen,
    key_of_target,
    refuse_slice,
    update_directly,
)
from django_like_repos.tree.tree import Tree

Say = Callable[[Tree, Returning | None], Any]


def _written(kind: Any, conditions: Callable[[Tree], Conditions], tree: Tree, returning: Any) -> Any:
    statement = kind(tree.mapper.class_).where(*conditions(tree))
    returned = _returned(tree, returning)
    return statement.returning(*returned) if returned else statement


update_rows: Say = partial(_written, ReachedUpdate, by_keys)
"""The UPDATE without its SET, which every execution brings along."""
delete_rows: Say = partial(_written, ReachedDelete, by_keys)
"""The DELETE from the model's own table."""
update_rows_directly: Say = partial(_written, ReachedUpdate, update_directly)
delete_rows_directly: Say = partial(_written, ReachedDelete, delete_directly)


def lock_keys(tree: Tree) -> Any:
    """The SELECT of the keys of rows that lie in several tables, to be written one after the other."""
    refuse_slice(tree)
    model, tables = tree.mapper.class_, [*tree.mapper.tables]
    scope = Scope(tree.joins, model)
    statement = select_of(*key_of_target(tree)).select_from(model)
    kept = isinstance(tree.mapper.selectable, (Table, Join))
    if tree.grouped or tree.surrounded:
        # Rows of groups cannot be locked, nor those beside a window: what they choose is.
        statement = statement.where(is_chosen(tree))
        return statement.with_for_update(of=tables) if kept else statement
    statement = joined(scope, statement, tree.joins.nodes)
    statement = statement.where(*[predicate.sql(scope) for predicate in tree.where])
    if not kept:
        return statement
    # Of a subclass the other half of the row: its conditions are looked at again too.
    halves = [
        scope.entity(node)
        for node in tree.joins.nodes
        if node.hop is not None and node.hop.relation is None and node.source is None and not node.outer
    ]
    return statement.with_for_update(of=[*tables, *halves])


def _returned(tree: Tree, returning: Returning | None) -> list[Any]:
    if returning is not None and returning.model:
        return [tree.mapper.class_]
    if returning is not None and returning.fields:
        return returned_columns(tree.names, returning.fields)
    return [] if returning is not None and returning.counted else key_of_target(tree)
