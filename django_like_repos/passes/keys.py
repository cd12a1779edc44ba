"""Keys first: a subquery chooses the rows, each once, in order and within the slice.

Without it a to-many join that only filters or orders would repeat rows. The root stays an unaliased table
outside, so SQLAlchemy expressions and options go on speaking of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.language.row_keys import Apart
from django_like_repos.language.sides import Named, Predicate, Side
from django_like_repos.language.terms import Term, is_single
from django_like_repos.passes.children import children_of
from django_like_repos.rows.rows import (
    Carried,
    CarriedTerm,
    Derived,
    Equal,
    Joined,
    Ordered,
    Output,
    Rows,
    all_joins,
    carried,
    carried_order,
    is_among,
)
from django_like_repos.tree.tree import Tree


def keys_first(rows: Rows) -> Rows:
    """Rows that joins would repeat, and pages of models with children, by keys that are chosen first."""
    if rows.once or rows.counts or rows.source or rows.keys or rows.surrounded or rows.grouping:
        return rows
    tree = rows.tree
    if rows.models:
        children = bool(tree.loads) and rows.paged and any(node.to_many for node in tree.read)
        return _models(rows, children=children) if children or tree.multiplied else rows
    return _values(rows) if tree.multiplied and not rows.distinct else rows


def _models(rows: Rows, *, children: bool) -> Rows:
    tree = rows.tree
    choice = _chosen(rows, children=children)
    order = choice.order
    joined = joins_of_keys(tree, tree.row_key)
    joins, where = children_of(tree, joined)
    # Models stand in the order of their best rows; within one, its children in theirs.
    moved = [term for term in tree.order if term in order]
    within = [term for term in moved if term.nodes and tree.read.issuperset(term.nodes)]
    return rows._replace(
        keys=choice.keys,
        root_keys=keys_of(tree, tree.root, tree.row_key),
        joins=(*joined, *joins),
        where=(*where, *choice.again),
        distinct=False,
        order=(*[order.get(term, term) for term in tree.order], *within),
        limit=choice.limit,
        offset=choice.offset,
        once=True,
    )


def _values(rows: Rows) -> Rows:
    tree = rows.tree
    choice = _chosen(rows, children=False)
    joined = joins_of_keys(tree, tree.row_key)
    return rows._replace(
        outputs=tuple([Output(side) for output in rows.outputs for side in output.groups]),
        keys=choice.keys,
        root_keys=keys_of(tree, tree.root, tree.row_key),
        joins=(*joined, *joins_of(tree, tree.read, joined)),
        where=choice.again,
        order=tuple([choice.order.get(term, term) for term in tree.order]),
        limit=choice.limit,
        offset=choice.offset,
        once=True,
    )


class _Choice(NamedTuple):
    """How keys choose rows, and what is left to be said of the rows themselves."""

    keys: Derived
    order: dict[Term, Term]
    """The terms of the order that cannot be said outside of the keys, and what stands for each."""
    again: tuple[Predicate, ...] = ()
    limit: Any = None
    offset: Any = None


def _chosen(rows: Rows, *, children: bool) -> _Choice:
    """The keys of rows; of rows that are locked, without what only the locks can tell.

    Which rows a slice has is decided by what can be locked, and whether a row is one of them once more when
    it is: so both are said where the locks are. ``children`` beside them would be counted, so there a slice
    is locked before, and again, to be read as it is then.
    """
    tree = rows.tree
    if not rows.locks:
        chosen, order, _ = _choose(tree, ordered=tree.sliced)
        return _Choice(Derived(chosen, "keys"), order)
    again = said_again(tree)
    sliced = children and rows.paged
    chosen, order, places = _choose(replace(tree, limit=None, offset=None), ordered=sliced)
    if not sliced:
        return _Choice(Derived(chosen, "keys"), order, again, rows.limit, rows.offset)
    key = tree.row_key
    values = [Output(Carried(place), f"by{place}") for place in places.values()]
    page = Rows(
        tree,
        (*labelled_keys(key), *values),
        keys=Derived(chosen, "keys"),
        root_keys=keys_of(tree, tree.root, key),
        joins=joins_of_keys(tree, key),
        where=again,
        order=tuple([CarriedTerm(term, places[term]) if term in places else term for term in tree.order]),
        limit=rows.limit,
        offset=rows.offset,
        locks=tuple([node for node in rows.locks if node is tree.root]),
        once=True,
    )
    return _Choice(Derived(page, "page", once=True), order, again)


class _Again(Predicate):
    """What a condition says of the row alone."""

    def __init__(self, predicate: Predicate) -> None:
        self._predicate = predicate

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        said = self._predicate.weakened(scope, False)
        assert said is not None
        return said


def said_again(tree: Tree) -> tuple[Predicate, ...]:
    """What the conditions say of the rows alone: when a row that was waited for is locked, it is looked at.

    PostgreSQL looks only at what stands where the lock does, as it is with UPDATE and DELETE.
    """
    scope = Scope(tree.joins, tree.mapper.class_)
    return tuple([_Again(each) for each in tree.where if each.weakened(scope, False) is not None])


def keys_of(tree: Tree, node: Node, key: Sequence[Named]) -> tuple[tuple[Named, int], ...]:
    """Those columns of a key that are a node's, and their places."""
    return tuple([(column, place) for place, column in enumerate(key) if column.node is node])


def joins_of_keys(tree: Tree, key: Sequence[Named]) -> tuple[Joined, ...]:
    """The joins of the nodes that are told apart by keys, and of what leads to them."""
    joins: list[Joined] = []
    joined: set[Node] = set()
    for node in tree.joins.nodes:
        keys = keys_of(tree, node, key)
        if keys:
            # What leads to it comes first.
            before = [each for each in reversed(node.lineage) if each is not node and each not in joined]
            joins += [*[Joined(each) for each in before], Joined(node, keys)]
            joined.update(node.lineage)
    return tuple(joins)


def joins_of(tree: Tree, nodes: frozenset[Node], joined: Sequence[Joined]) -> tuple[Joined, ...]:
    """The joins of nodes that are not joined yet."""
    there = {each.node for each in joined}
    return tuple([Joined(node) for node in tree.joins.nodes if node in nodes and node not in there])


def labelled_keys(key: Sequence[Named]) -> tuple[Output, ...]:
    """The columns of a key, each under a name of its own."""
    names = [column.name if isinstance(column, Apart) else column.fields[0].key for column in key]
    return tuple(
        [
            Output(column, name if place == 0 else f"{name}_{place}")
            for place, (column, name) in enumerate(zip(key, names, strict=True))
        ]
    )


def _choose(tree: Tree, *, ordered: bool) -> tuple[Rows, dict[Term, Term], dict[Term, int]]:
    """The keys, the terms of the order that cannot be said outside of their subquery, and their places.

    ``ordered`` has all terms among its columns.
    """
    key = tree.row_key
    hidden = [term for term in tree.order if term.multiplies or not tree.read.issuperset(term.nodes)]
    # DISTINCT rows can only be ordered, as a slice must be, by what is among their columns.
    inside = tree.order if ordered or hidden else ()
    moved = [term for term in inside if not is_among(term, key)]
    columns = labelled_keys(key)
    taken = {column.label for column in columns}
    names = [f"k{place}" for place in range(len(moved))]
    values = [
        Output(Ordered(term), f"{name}_of_order" if name in taken else name)
        for term, name in zip(moved, names, strict=True)
    ]
    chosen = Rows(
        tree, (*columns, *values), joins=all_joins(tree), where=tree.where, distinct=True, once=True
    )
    told_apart = lineage_of(node for column in key for node in column.nodes)
    # An expression may differ from joined row to joined row, as random() does.
    varying = any(term.varies for term in moved) and tree.multiplied
    if varying or any(node.to_many and node not in told_apart for term in moved for node in term.nodes):
        chosen = _best(chosen, key, moved)
    elif tree.sliced:
        chosen = chosen._replace(order=tree.order, limit=tree.limit, offset=tree.offset)
    places = {term: len(key) + place for place, term in enumerate(moved)}
    if not hidden:
        return chosen, {}, places
    # What the root's own columns order by can be said outside, and is the same there.
    outside = {term: place for term, place in places.items() if term in hidden or not is_single(term)}
    return chosen, {term: CarriedTerm(term, place) for term, place in outside.items()}, places


class _Rank(Side):
    """Which of the rows of one key it is, in the order of the query."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def sql(self, scope: Scope) -> Any:
        return func.row_number().over(
            partition_by=[column.sql(scope) for column in self._tree.row_key],
            order_by=[term.sql(scope) for term in self._tree.order],
        )


def _best(chosen: Rows, key: Sequence[Named], moved: list[Term]) -> Rows:
    """Of the rows that one key has, the one that the ordering puts first."""
    tree = chosen.tree
    width = len(chosen.outputs)
    ranked = chosen._replace(outputs=(*chosen.outputs, Output(_Rank(tree), "rank")), distinct=False)
    best = Rows(
        tree, carried(width), source=Derived(ranked, "ranked"), where=(Equal(Carried(width), 1),), once=True
    )
    if not tree.sliced:
        return best
    order = carried_order(tree.order, key, moved, len(key))
    return best._replace(order=order, limit=tree.limit, offset=tree.offset)
