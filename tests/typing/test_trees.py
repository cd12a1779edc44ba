"""What recursions give, as checkers are told: querysets of the same rows, of the caller's own class."""

from typing import Any, assert_type

from django_like_repos import QuerySet
from tests.trees.models import Node


class Nodes(QuerySet[Node]):
    def open(self) -> "Nodes":
        return self.filter(rank=0)


def test_recursions() -> None:
    nodes = QuerySet(Node)
    below = assert_type(nodes.descendants(of=1, via="children"), QuerySet[Node])
    above = assert_type(below.ancestors(of=[Node(id=2)], via=["parent"], depth="height"), QuerySet[Node])
    assert_type(above.load_tree(("child_a", "child_b")), QuerySet[Node])
    assert_type(below.values("id", "depth"), QuerySet[Node, dict[str, Any]])
    assert type(assert_type(Nodes(Node).descendants(of=nodes, via="-parent").open(), Nodes)) is Nodes
    assert type(assert_type(Nodes(Node).load_tree("children"), Nodes)) is Nodes
