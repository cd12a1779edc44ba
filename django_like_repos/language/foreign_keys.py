"""Foreign keys: what rows have in common with the one that all of them lead to."""

from typing import Any

from django_like_repos.joins.tree import Node
from django_like_repos.language.sides import Column
from django_like_repos.mapping.models import field_of
from django_like_repos.mapping.uniqueness import find_one


def foreign_key(node: Node) -> list[tuple[Column, Column]] | None:
    """The columns of a node and those of its parent that equal them; None where that is not all, or
    each row leads to another one."""
    hop, parent = node.hop, node.parent
    if hop is None or parent is None or not hop.remote:
        return None
    if hop.backwards or hop.narrowed or hop.table is not None:
        return None
    equal: list[tuple[Column, Column]] = []
    columns: list[Any] = []
    for theirs, mine in hop.remote.items():
        far, near = field_of(hop.target, theirs), field_of(hop.parent, mine)
        if far is None or near is None or near.column is None:
            return None
        columns.append(near.column)
        equal.append((Column(node, (far,)), Column(parent, (near,))))
    return None if find_one(hop.parent, columns) else equal
