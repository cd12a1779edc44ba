"""Unread: joins that nothing reads, and that decide neither which rows there are nor how many of each."""

from collections.abc import Iterator
from dataclasses import replace

from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.passes.counting import decides
from django_like_repos.rows.rows import Rows


def unread_joins(rows: Rows) -> Rows:
    """Rows without the joins that they are the same without."""
    tree = rows.tree
    if not tree.joins.nodes or rows.once or rows.source or rows.keys or tree.grouped or rows.counts:
        return rows
    if not tree.params.bare or tree.foreign or tree.windows or tree.surrounded:
        return rows
    kept = lineage_of([*_read(rows), *[node for node in tree.joins.nodes if decides(node, once=True)]])
    gone = {node for node in tree.joins.nodes if node not in kept}
    if not gone:
        return rows
    less = replace(tree, joins=tree.joins.without(gone))
    return rows._replace(tree=less, joins=tuple([each for each in rows.joins if each.node not in gone]))


def _read(rows: Rows) -> Iterator[Node]:
    tree = rows.tree
    for output in rows.outputs:
        yield from output.side.nodes
    for predicate in tree.where:
        yield from predicate.nodes
    for term in tree.order:
        yield from term.nodes
    yield from rows.locks
    yield from tree.loaded
    # What is annotated makes a row for each of many, read or not.
    yield from [node for node in tree.told if node.to_many]
