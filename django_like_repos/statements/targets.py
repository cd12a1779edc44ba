"""Which rows an UPDATE or DELETE writes: the conditions on its target, in each of the two forms.

*By keys*, the rows are chosen by a subquery of keys. What the conditions say of the target's own columns is
repeated on the target: PostgreSQL checks again only what stands there when a row that it waited for has
changed, so without it two transactions could both claim a row.

*Directly*, the condition stands on the target alone, where that is all of it: what the row's own columns
decide as it is, what to-one relations must have of rows joined by FROM or USING, the rest by EXISTS. Having
waited, PostgreSQL looks at the changed row again beside the rows that it was joined with, so one whose
foreign key has moved is left alone, as by keys. Where nothing need be joined there would be nothing to look
at again: that is asked by an EXISTS, which looks anew. SQLite has one writer at a time, so there nothing is
repeated, and what it cannot join is chosen by keys; each that has RETURNING has UPDATE … FROM.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, tuple_

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.joining import condition_of
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.language.predicates import conjuncts
from django_like_repos.language.sides import Predicate
from django_like_repos.passes import rewritten
from django_like_repos.passes.counting import decides
from django_like_repos.rows import asking
from django_like_repos.statements.select import select_rows
from django_like_repos.tree.tree import Tree

Conditions = list[ColumnElement[bool]]


def by_keys(tree: Tree) -> Conditions:
    """The rows that a subquery of keys chooses, and for which holds what is repeated."""
    refuse_slice(tree)
    return [*_repeated(tree), is_chosen(tree)]


def update_directly(tree: Tree) -> Conditions:
    """The condition of an UPDATE, which may have a FROM."""
    return _directly(tree, joins=True)


def delete_directly(tree: Tree) -> Conditions:
    """The condition of a DELETE, which PostgreSQL alone has a USING for."""
    return _directly(tree, joins=not tree.params.sqlite)


def is_chosen(tree: Tree, *, distinct: bool = True) -> ColumnElement[bool]:
    """That a row's key is among those that the query has."""
    key = key_of_target(tree)
    rows = rewritten(asking.keys(tree))
    chosen: Select[Any] = select_rows(rows if distinct else rows._replace(distinct=False)).correlate(None)
    condition: ColumnElement[bool] = (key[0] if len(key) == 1 else tuple_(*key)).in_(chosen)
    return condition


def key_of_target(tree: Tree) -> list[Any]:
    """The attributes of the target's primary key."""
    return [getattr(tree.mapper.class_, column.fields[0].key) for column in tree.key]


def refuse_slice(tree: Tree) -> None:
    """Raises UnsupportedOperationError for a slice."""
    if tree.sliced:
        raise UnsupportedOperationError(
            "UPDATE and DELETE take no limit and no offset: filter by pk__in instead"
        )


def _repeated(tree: Tree) -> Conditions:
    scope = Scope(tree.joins, tree.mapper.class_)
    weakened = [predicate.weakened(scope, False) for predicate in tree.where]
    return [condition for condition in weakened if condition is not None]


def _directly(tree: Tree, *, joins: bool) -> Conditions:
    refuse_slice(tree)
    parts = [part for predicate in tree.where for part in conjuncts(predicate)]
    joined = [part for part in parts if joins and part.nodes and all(map(_is_joined, part.nodes))]
    if not _is_plain(tree, parts) or not all(part in joined or _is_told(tree, part) for part in parts):
        return [*([] if tree.params.sqlite else _repeated(tree)), is_chosen(tree, distinct=False)]
    scope = Scope(tree.joins, tree.mapper.class_)
    beside = lineage_of(node for part in joined for node in part.nodes)
    said = [part.sql(scope) if part in joined else part.weakened(scope, False) for part in parts]
    return [
        *[condition_of(scope, node) for node in tree.joins.nodes if node in beside],
        *[condition for condition in said if condition is not None],
    ]


def _is_plain(tree: Tree, parts: list[Predicate]) -> bool:
    """Whether conditions on single rows of the target's own table decide which rows there are."""
    if tree.members or tree.grouped or tree.surrounded or tree.owner_key or tree.brings_tables:
        return False
    if tree.mapper.selectable is not tree.mapper.local_table:
        return False
    if tree.joins.nodes and (tree.foreign or not tree.params.bare):
        # Criteria of related models are for SELECTs.
        return False
    read = frozenset().union(*[part.nodes for part in parts])
    return not any(node not in read and decides(node, once=True) for node in tree.joins.nodes)


def _is_told(tree: Tree, part: Predicate) -> bool:
    """Whether a condition can be said of the target alone."""
    if part.own or tree.params.sqlite:
        return part.own
    return all(map(_is_asked_apart, part.nodes)) and part.told(False)


def _is_asked_apart(node: Node) -> bool:
    hop = node.hop
    return node.declared is None and node.condition is None and hop is not None and hop.relation is not None


def _is_joined(node: Node) -> bool:
    """Whether a row counts only with the one that a node has for it, of a table that can stand in FROM."""
    hop = node.hop
    if hop is None or hop.relation is None or not node.required or node.to_many or hop.backwards:
        return False
    if node.declared is not None or node.condition is not None or hop.relation.secondary is not None:
        return False
    return hop.table is None and hop.target.inherits is None and isinstance(hop.target.selectable, Table)
