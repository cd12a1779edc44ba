"""Selection by key: a subquery chooses the rows, each once, in order and within the slice.

The root stays an unaliased table outside, so SQLAlchemy expressions and options go on speaking of it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, func

from django_like_repos.joins.loads import contains, order_of_children
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.joins.tree import Node
from django_like_repos.language.predicates import conjuncts
from django_like_repos.language.sides import Column, Named
from django_like_repos.language.terms import Term
from django_like_repos.mapping.models import key_of
from django_like_repos.tree.reader import Assembly


class _Keys(NamedTuple):
    subquery: Subquery
    columns: list[ColumnElement[Any]]
    """One for each column of the row key."""
    order: dict[Term, ColumnElement[Any]]
    """The values of the ordering, where a term of it cannot be said outside the subquery."""


def models_by_key(assembly: Assembly) -> Select[Any]:
    """Models with what is annotated on them, and again the children that ``options()`` loads."""
    key = row_key(assembly)
    keys = _choose(assembly, key)
    scope = assembly.scope()
    models = select_of(scope.root, *assembly.labelled(scope))
    statement, joined = _joined_by_key(assembly, scope, models, key, keys)
    statement = with_children(assembly, scope, statement, joined)
    statement = assembly.ordered(scope, statement, keys.order)
    # Models stand in the order of their best rows; within one, its children in theirs.
    children = [term for term in keys.order if term.nodes and assembly.read.issuperset(term.nodes)]
    return statement.order_by(
        *[term.sql(scope) for term in children], *order_of_children(scope, assembly.loaded)
    )


def values_by_key(assembly: Assembly, columns: list[Named]) -> Select[Any]:
    """Columns of the root and of the nodes that the projection reads."""
    key = row_key(assembly)
    keys = _choose(assembly, key)
    scope = assembly.scope()
    statement = select_of(*[column.sql(scope) for column in columns]).select_from(scope.root)
    statement, joined = _joined_by_key(assembly, scope, statement, key, keys)
    rest = [node for node in assembly.tree.nodes if node in assembly.read and node not in joined]
    statement = scope.join(statement, rest)
    return assembly.ordered(scope, statement, keys.order)


def once(assembly: Assembly, scope: Scope, statement: Select[Any]) -> Select[Any]:
    """``statement`` with every join that is read and every condition: what only filters repeats no row."""
    # What options() loads is joined again where the models are.
    told = assembly.told
    loose = any(node.to_many and node not in told for node in assembly.tree.nodes)
    if not loose and not assembly.multiplied:
        return assembly.joined(scope, statement)
    key = row_key(assembly)
    inner = assembly.scope()
    columns = _labelled(inner, key)
    chosen = assembly.joined(inner, select_of(*columns).select_from(inner.root)).distinct()
    keys = assembly.params.aliases.derived(chosen, "keys")
    statement, joined = _joined_by_key(assembly, scope, statement, key, _Keys(keys, list(keys.c), {}))
    rest = [node for node in assembly.tree.nodes if node in told and node not in joined]
    return assembly.correlating(scope.join(statement, rest))


def _joined_by_key(
    assembly: Assembly, scope: Scope, statement: Select[Any], key: list[Column], keys: _Keys
) -> tuple[Select[Any], set[Node]]:
    """``statement`` with the chosen keys, and the nodes that are told apart by them."""
    same: dict[Node, list[ColumnElement[bool]]] = {}
    for chosen, column in zip(keys.columns, key, strict=True):
        same.setdefault(column.node, []).append(chosen == column.sql(scope))
    statement = statement.join(keys.subquery, and_(*same.pop(assembly.tree.root)))
    joined: set[Node] = set()
    for node in assembly.tree.nodes:
        if node in same:
            # What leads to it comes first.
            before = [each for each in reversed([*node.lineage]) if each is not node and each not in joined]
            statement = scope.join(statement, before)
            statement = statement.join(scope.entity(node), and_(*same[node]), isouter=node.outer)
            joined.update(node.lineage)
    return statement, joined


def row_key(assembly: Assembly) -> list[Column]:
    """What tells rows apart: the model's key, and that of every to-many node that the result reads."""
    told = assembly.told
    nodes = [assembly.tree.root, *[node for node in assembly.tree.nodes if node.to_many and node in told]]
    return [
        Column(node, (field,))
        for node in nodes
        for field in key_of(node.hop.target if node.hop else assembly.mapper)
    ]


def select_distinct(assembly: Assembly, scope: Scope, columns: list[Column]) -> Select[Any]:
    """Every combination of the columns that the rows have, once, in no order."""
    read = [column.sql(scope) for column in columns]
    return assembly.joined(scope, select_of(*read).select_from(scope.root)).distinct()


def with_children(
    assembly: Assembly, scope: Scope, statement: Select[Any], joined: Collection[Node] = ()
) -> Select[Any]:
    """``statement`` with the loaded relations joined again, their rows limited as in the subquery."""
    read = assembly.read
    repeated = [
        condition
        for predicate in assembly.where
        for condition in conjuncts(predicate)
        if any(each.to_many for node in condition.nodes & read for each in node.lineage)
    ]
    declared = {node for node in assembly.tree.nodes if node.declared is not None}
    beside = {node for node in declared if not read.isdisjoint(node.lineage)}
    outside = read.union(beside, *[condition.nodes for condition in repeated])
    wanted = [node for node in assembly.tree.nodes if node in outside and node not in joined]
    statement = scope.join(statement, wanted)
    statement = statement.where(*[condition.sql(scope) for condition in repeated])
    return statement.options(*contains(scope, assembly.loaded))


def is_among(term: Term, columns: Sequence[Named]) -> bool:
    """Whether one of the columns is what a term orders by."""
    mine = term.named
    return mine is not None and any(column.identity == mine.identity for column in columns)


def _labelled(scope: Scope, key: list[Column]) -> list[ColumnElement[Any]]:
    return [
        column.sql(scope).label(
            column.fields[0].key if position == 0 else f"{column.fields[0].key}_{position}"
        )
        for position, column in enumerate(key)
    ]


def _choose(assembly: Assembly, key: list[Column]) -> _Keys:
    scope = assembly.scope()
    hidden = [
        term for term in assembly.ordering if term.multiplies or not assembly.read.issuperset(term.nodes)
    ]
    # DISTINCT rows can only be ordered, as a slice must be, by what is among their columns.
    inside = assembly.ordering if assembly.sliced or hidden else []
    carried = [term for term in inside if not is_among(term, key)]
    columns = _labelled(scope, key)
    taken = {column.name for column in columns}
    names = [f"k{position}" for position in range(len(carried))]
    values = [
        term.value(scope).label(f"{name}_of_order" if name in taken else name)
        for term, name in zip(carried, names, strict=True)
    ]
    statement = assembly.joined(scope, select_of(*columns, *values).select_from(scope.root))
    told_apart = {node for column in key for node in column.node.lineage}
    # An expression may differ from joined row to joined row, as random() does.
    varying = any(term.varies for term in carried) and assembly.multiplied
    if varying or any(node.to_many and node not in told_apart for term in carried for node in term.nodes):
        statement = _best(assembly, scope, statement, key, carried)
    else:
        statement = statement.distinct()
        if assembly.sliced:
            statement = assembly.paged(assembly.ordered(scope, statement))
    keys = assembly.params.aliases.derived(statement, "keys")
    found: list[ColumnElement[Any]] = list(keys.c)
    order = dict(zip(carried, found[len(key) :], strict=True))
    if not hidden:
        order = {}
    # What the root's own columns order by can be said outside, and is the same there.
    told = {term: value for term, value in order.items() if term in hidden or _varies(term)}
    return _Keys(keys, found[: len(key)], told)


def _varies(term: Term) -> bool:
    return any(node.to_many for node in term.nodes)


def _best(
    assembly: Assembly, scope: Scope, statement: Select[Any], key: list[Column], carried: list[Term]
) -> Select[Any]:
    """Of the rows that one key has, the one that the ordering puts first."""
    rank = func.row_number().over(
        partition_by=[column.sql(scope) for column in key],
        order_by=[term.sql(scope) for term in assembly.ordering],
    )
    ranked = assembly.params.aliases.derived(statement.add_columns(rank.label("rank")), "ranked")
    *columns, position = ranked.c
    best = select_of(*columns).where(position == 1)
    if not assembly.sliced:
        return best
    values = dict(zip(carried, columns[len(key) :], strict=True))
    for term in assembly.ordering:
        if term not in values:
            mine = next(place for place, column in enumerate(key) if is_among(term, [column]))
            values[term] = columns[mine]
    return assembly.paged(assembly.ordered(scope, best, values))
