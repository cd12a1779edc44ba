"""Relations that joined rows fill in part only: conditions leave out some of the related rows."""

from django_like_repos.joins.tree import Node
from django_like_repos.mapping.models import Hop
from django_like_repos.tree.tree import Tree


def partial_loads(tree: Tree) -> tuple[Hop, ...]:
    """The to-many relations of ``options()`` that get only some of their rows."""
    if not tree.loads:
        return ()
    limiting = {node for predicate in tree.where for node in predicate.nodes}
    for node in tree.joins.nodes:
        if node.declared is False and node.hop is not None and (node.hop.nullable or node.to_many):
            # A row drops out with what is not there for it.
            limiting.update(node.lineage[1:])
    found: list[Hop] = []
    for chain in tree.loads:
        before: set[Node] = set()
        for relation, node in chain:
            mine = [each for each in node.lineage if each not in before]
            limited = any(each in limiting or each.condition for each in mine)
            found += [relation] if limited and relation.to_many else []
            before.update(mine)
    return tuple(found)
