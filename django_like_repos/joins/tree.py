"""The join tree: which aliases a query has, who may use them, and whether each is INNER or LEFT.

A tree is abstract: its nodes say what is joined. A ``Scope`` makes real aliases of them, so that one tree
can stand in a statement twice (inside a key subquery and outside it).
"""

from collections.abc import Collection, Iterable
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Protocol

from django_like_repos.constructs.params import Params
from django_like_repos.mapping.linked import linked_by
from django_like_repos.mapping.models import Field, Hop
from django_like_repos.mapping.paths import Path


class Sayable(Protocol):
    """What can be said in a scope."""

    def sql(self, scope: Any) -> Any: ...


class Node:
    """One table of a query: the root, or what a hop leads to from a parent node."""

    __slots__ = (
        "children",
        "condition",
        "declared",
        "hop",
        "keyed",
        "lineage",
        "origin",
        "parent",
        "required",
        "source",
    )

    def __init__(self, parent: "Node | None" = None, hop: Hop | None = None) -> None:
        self.parent = parent
        self.hop = hop
        self.lineage: tuple[Node, ...] = () if parent is None else (self, *parent.lineage)
        """This node and its ancestors, without the root, the nearest first."""
        self.children: list[Node] = []
        self.declared: bool | None = None
        """Whether the user declared this join, and as outer (True) or inner (False)."""
        self.required = False
        """Whether a row counts only where this node is there."""
        self.keyed: bool | None = None
        """Whether all that paths have read of it so far is its key, and the table between says that."""
        self.condition: Sayable | None = None
        """What else must hold of a row for it to be joined (``FilteredRelation``)."""
        self.origin: Node | None = None
        """The node for which the condition was read, if that is another one."""
        self.source: Sayable | None = None
        """What it is selected from, if no table: a recursion, which gives the keys of rows of its parent."""

    @property
    def outer(self) -> bool:
        """Whether the join is LEFT OUTER."""
        if self.hop is None or self.parent is None:
            return False
        if self.declared is not None:
            return self.declared
        return not self.required and (self.hop.nullable or self.hop.to_many or self.parent.outer)

    @property
    def is_link(self) -> bool:
        """Whether the table between its parent and it says all that is read of it."""
        return bool(self.keyed) and self.declared is None and self.condition is None and not self.children

    @property
    def to_many(self) -> bool:
        """Whether joining this node to its parent can multiply rows."""
        return self.hop is not None and self.hop.to_many


class JoinTree:
    """The nodes of one query, in the order in which they were asked for."""

    def __init__(self, params: Params, narrowed: "dict[Hop, Node] | None" = None) -> None:
        """``narrowed`` are nodes of other trees for hops that are narrowed by conditions."""
        self.params = params
        """Of the statement that it is part of."""
        self.root = Node()
        self.nodes: list[Node] = []
        self.filling: list[Node] = []
        """Those that decide no rows, and are there for models to be filled."""
        self.narrowed: dict[Hop, Node] = {} if narrowed is None else narrowed

    def declare(self, hops: Iterable[Hop], *, outer: bool) -> Node:
        """The node of a path whose join the user named: every hop on it has one alias for the whole query."""
        node = self.root
        for hop in hops:
            found = next((child for child in node.children if child.hop is hop), None)
            node = found or self._add(node, hop)
            if node.declared is None:
                node.declared = outer
        return node

    def reach(self, hops: Iterable[Hop], reusable: Collection[Node] | None) -> Node:
        """The node at the end of ``hops``, joining what is not there yet.

        A declared node and a to-one node are always used again; a to-many node only if it is in
        ``reusable`` (None: any may be), the most recent one first.
        """
        node = self.root
        for hop in hops:
            node = self._reusable(node, hop, reusable) or self._add(node, hop)
        return node

    def fill(self, hops: Iterable[Hop], *, outer: bool = False) -> Node:
        """The node at the end of to-one hops, where nobody asks for more joins but to fill models.

        Those are all ``outer`` where criteria may take away what is always there.
        """
        known = len(self.nodes)
        node = self.reach(hops, None)
        for new in self.nodes[known:]:
            if outer or (new.hop is not None and new.hop.narrowed):
                new.declared = True
            self.filling.append(new)
        del self.nodes[known:]
        return node

    def node_of(self, path: Path, reusable: Collection[Node] | None) -> tuple[Node, tuple[Field, ...]]:
        """Where to read a path: its node, and the fields on it, trimmed unless its join was declared."""
        chosen = path if self.is_declared(path.hops) else path.shortest
        node = self.reach(chosen.hops, reusable)
        if node.hop is not None and node.hop.to_many and node.keyed is not False:
            links = linked_by(node.hop)
            whole = path.composite is not None or not chosen.fields
            node.keyed = not whole and all(field.key in links for field in chosen.fields)
        return node, chosen.fields

    def without(self, nodes: Collection[Node]) -> "JoinTree":
        """The same tree, in which some nodes and all below them are not joined."""
        tree = JoinTree(self.params, self.narrowed)
        tree.root = self.root
        tree.nodes = [node for node in self.nodes if node not in nodes]
        tree.filling = [node for node in self.filling if node not in nodes]
        return tree

    def lay_by(self, node: Node) -> None:
        """Takes a new node out of the tree until somebody asks for its hop."""
        assert node.hop is not None
        assert node.parent is not None
        node.parent.children.remove(node)
        self.nodes.remove(node)
        self.narrowed[node.hop] = node

    def is_declared(self, hops: Iterable[Hop]) -> bool:
        node = self.root
        for hop in hops:
            found = next((child for child in node.children if child.hop is hop and _declared(child)), None)
            if found is None:
                return False
            node = found
        return node is not self.root

    def require(self, nodes: Iterable[Node]) -> None:
        """Rows count only where these nodes are there."""
        for node in nodes:
            node.required = True

    def _reusable(self, parent: Node, hop: Hop, reusable: Collection[Node] | None) -> Node | None:
        found = [child for child in parent.children if child.hop is hop]
        if hop.to_many and reusable is not None and hop.narrowed is None:
            found = [child for child in found if _declared(child) or child in reusable]
        declared = next((child for child in found if _declared(child)), None)
        return declared or (found[-1] if found else None)

    def _add(self, parent: Node, hop: Hop) -> Node:
        node = Node(parent, hop)
        origin = self.narrowed.get(hop)
        if origin is not None:
            node.origin, node.condition = origin, origin.condition
        parent.children.append(node)
        self.nodes.append(node)
        return node


_LINEAGE: Final = attrgetter("lineage")


def lineage_of(nodes: Iterable[Node]) -> frozenset[Node]:
    """The nodes and all that leads to them, without the root."""
    return frozenset(chain.from_iterable(map(_LINEAGE, nodes)))


def _declared(node: Node) -> bool:
    return node.declared is not None
