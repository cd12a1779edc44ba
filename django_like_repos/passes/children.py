"""What stands beside models that were chosen before: the relations that are loaded with them."""

from collections.abc import Sequence

from django_like_repos.language.predicates import conjuncts
from django_like_repos.language.sides import Predicate
from django_like_repos.rows.rows import Joined
from django_like_repos.tree.tree import Tree


def children_of(
    tree: Tree, joined: Sequence[Joined] = (), *, carried: bool = False
) -> tuple[tuple[Joined, ...], tuple[Predicate, ...]]:
    """The loaded relations joined again, and the conditions that limited their rows in the subquery.

    What is annotated is joined again too, unless it is ``carried``.
    """
    read = tree.loaded if carried else tree.read
    repeated = tuple(
        [
            condition
            for predicate in tree.where
            for condition in conjuncts(predicate)
            if any(each.to_many for node in condition.nodes & read for each in node.lineage)
        ]
    )
    declared = {node for node in tree.joins.nodes if node.declared is not None}
    beside = {node for node in declared if not read.isdisjoint(node.lineage)}
    outside = read.union(beside, *[condition.nodes for condition in repeated])
    there = {each.node for each in joined}
    joins = [
        Joined(node)
        for node in (*tree.joins.nodes, *tree.joins.filling)
        if node in outside and node not in there
    ]
    return tuple(joins), repeated
