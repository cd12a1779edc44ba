"""Selection by key: a subquery chooses the rows, each once, in order and within the slice.

The root stays an unaliased table outside, so SQLAlchemy expressions and options go on speaking of it.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select

from django_like_repos.builder.assembly import Assembly, Term
from django_like_repos.builder.expressions import Column
from django_like_repos.builder.joins import Node, Scope
from django_like_repos.builder.loading import contains, order_of_children
from django_like_repos.builder.mapping import key_of
from django_like_repos.builder.predicates import conjuncts


class _Keys(NamedTuple):
    subquery: Subquery
    columns: list[ColumnElement[Any]]
    """One for each column of the row key."""
    order: dict[Term, ColumnElement[Any]]
    """The values of the ordering, where a term of it cannot be said outside the subquery."""


def models_by_key(assembly: Assembly) -> Select[Any]:
    """Models, and again the children that ``options()`` loads."""
    key = row_key(assembly)
    keys = _choose(assembly, key)
    scope = Scope(assembly.tree, assembly.model)
    same = [chosen == column.sql(scope) for chosen, column in zip(keys.columns, key, strict=True)]
    statement = select(assembly.model).join(keys.subquery, and_(*same))
    statement = assembly.ordered(scope, with_children(assembly, scope, statement), keys.order)
    # Models stand in the order of their best rows; within one, its children in theirs.
    children = [term for term in keys.order if term.nodes and assembly.read.issuperset(term.nodes)]
    return statement.order_by(
        *[term.sql(scope) for term in children], *order_of_children(scope, assembly.loaded)
    )


def values_by_key(assembly: Assembly, columns: list[Column]) -> Select[Any]:
    """Columns of the root and of the nodes that the projection reads."""
    key = row_key(assembly)
    keys = _choose(assembly, key)
    scope = Scope(assembly.tree, assembly.model)
    same: dict[Node, list[ColumnElement[bool]]] = {}
    for chosen, column in zip(keys.columns, key, strict=True):
        same.setdefault(column.node, []).append(chosen == column.sql(scope))
    statement = select(*[column.sql(scope) for column in columns]).select_from(assembly.model)
    statement = statement.join(keys.subquery, and_(*same.pop(assembly.tree.root)))
    for node in assembly.tree.nodes:
        if node in same:
            statement = statement.join(scope.entity(node), and_(*same[node]), isouter=node.outer)
        elif node in assembly.read:
            statement = scope.join(statement, [node])
    return assembly.ordered(scope, statement, keys.order)


def row_key(assembly: Assembly) -> list[Column]:
    """What tells rows apart: the model's key, and in a projection that of every to-many node it reads."""
    nodes = [assembly.tree.root]
    if assembly.columns is not None:
        read = assembly.read
        nodes += [node for node in assembly.tree.nodes if node.to_many and node in read]
    return [
        Column(node, (field,))
        for node in nodes
        for field in key_of(node.hop.target if node.hop else assembly.mapper)
    ]


def select_distinct(assembly: Assembly, scope: Scope, columns: list[Column]) -> Select[Any]:
    """Every combination of the columns that the rows have, once, in no order."""
    read = [column.sql(scope) for column in columns]
    return assembly.joined(scope, select(*read).select_from(assembly.model)).distinct()


def with_children(assembly: Assembly, scope: Scope, statement: Select[Any]) -> Select[Any]:
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
    statement = scope.join(statement, [node for node in assembly.tree.nodes if node in outside])
    statement = statement.where(*[condition.sql(scope) for condition in repeated])
    return statement.options(*contains(scope, assembly.loaded))


def is_among(term: Term, columns: list[Column]) -> bool:
    """Whether one of the columns is what a term orders by."""
    mine = term.column
    return mine is not None and any(column.identity == mine.identity for column in columns)


def _choose(assembly: Assembly, key: list[Column]) -> _Keys:
    scope = Scope(assembly.tree, assembly.model)
    hidden = [
        term for term in assembly.ordering if term.multiplies or not assembly.read.issuperset(term.nodes)
    ]
    # DISTINCT rows can only be ordered, as a slice must be, by what is among their columns.
    inside = assembly.ordering if assembly.sliced or hidden else []
    carried = [term for term in inside if not is_among(term, key)]
    columns = [
        column.sql(scope).label(
            column.fields[0].key if position == 0 else f"{column.fields[0].key}_{position}"
        )
        for position, column in enumerate(key)
    ]
    taken = {column.name for column in columns}
    names = [f"k{position}" for position in range(len(carried))]
    values = [
        term.value(scope).label(f"{name}_of_order" if name in taken else name)
        for term, name in zip(carried, names, strict=True)
    ]
    statement = assembly.joined(scope, select(*columns, *values).select_from(assembly.model))
    told_apart = {node for column in key for node in column.node.lineage}
    # An expression may differ from joined row to joined row, as random() does.
    varying = any(term.column is None for term in carried) and assembly.multiplied
    if varying or any(node.to_many and node not in told_apart for term in carried for node in term.nodes):
        statement = _best(assembly, scope, statement, key, carried)
    else:
        statement = statement.distinct()
        if assembly.sliced:
            statement = assembly.paged(assembly.ordered(scope, statement))
    keys = statement.subquery(_free_name(assembly, "keys"))
    found: list[ColumnElement[Any]] = list(keys.c)
    order = dict(zip(carried, found[len(key) :], strict=True))
    if not hidden:
        order = {}
    # What the root's own columns order by can be said outside, and is the same there.
    told = {term: value for term, value in order.items() if term in hidden or _varies(term)}
    return _Keys(keys, found[: len(key)], told)


def _varies(term: Term) -> bool:
    return any(node.to_many for node in term.nodes)


def _free_name(assembly: Assembly, name: str) -> str | None:
    """The name for a subquery, or None where the root's table has it already."""
    return None if any(table.description == name for table in assembly.mapper.tables) else name


def _best(
    assembly: Assembly, scope: Scope, statement: Select[Any], key: list[Column], carried: list[Term]
) -> Select[Any]:
    """Of the rows that one key has, the one that the ordering puts first."""
    rank = func.row_number().over(
        partition_by=[column.sql(scope) for column in key],
        order_by=[term.sql(scope) for term in assembly.ordering],
    )
    ranked = statement.add_columns(rank.label("rank")).subquery(_free_name(assembly, "ranked"))
    *columns, position = ranked.c
    best = select(*columns).where(position == 1)
    if not assembly.sliced:
        return best
    values = dict(zip(carried, columns[len(key) :], strict=True))
    for term in assembly.ordering:
        if term not in values:
            mine = next(place for place, column in enumerate(key) if is_among(term, [column]))
            values[term] = columns[mine]
    return assembly.paged(assembly.ordered(scope, best, values))
