"""Random graphs, and what plain Python finds in them: what the database is compared with."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tests.trees.models import Node, Step, links

RELATIONS = ("children", "parent", "linked", "child_a", "child_b", "steps__target")


class Graph(NamedTuple):
    """Nodes from 1 on: for each its rank, its parent and children by name; links and steps between two."""

    nodes: list[tuple[int, int | None, int | None, int | None]]
    links: set[tuple[int, int]]
    steps: set[tuple[int, int]]

    @property
    def keys(self) -> range:
        return range(1, len(self.nodes) + 1)

    def rank(self, key: int) -> int:
        return self.nodes[key - 1][0]

    def beyond(self, key: int, relation: str) -> set[int]:
        """Where a relation leads from a node; with ``-``, from where it leads there."""
        bare = relation.removeprefix("-")
        if bare != relation:
            return {each for each in self.keys if key in self.beyond(each, bare)}
        _, *named = self.nodes[key - 1]
        found: dict[str, Collection[int | None]] = {
            "children": [each for each in self.keys if self.nodes[each - 1][1] == key],
            **{name: [each] for name, each in zip(("parent", "child_a", "child_b"), named, strict=True)},
            "linked": [other for one, other in self.links if one == key],
            "steps__target": [other for one, other in self.steps if one == key],
        }
        return {each for each in found[bare] if each is not None}

    def depths(
        self, roots: Collection[int], relations: Collection[str], holds: Callable[[int], bool], most: int
    ) -> dict[int, int]:
        """The least number of steps to each node that is reached."""
        found = dict.fromkeys(roots, 0)
        level, depth = {*roots}, 0
        while level and depth < most:
            depth += 1
            reached = {other for key in level for name in relations for other in self.beyond(key, name)}
            level = {key for key in reached if key not in found and holds(key)}
            found |= dict.fromkeys(level, depth)
        return found

    def in_order(
        self, depths: Mapping[int, int], relations: Collection[str], by: Callable[[int], Any]
    ) -> list[int]:
        """The nodes, each before those that are reached through it, by the least of the ways to them."""
        above: dict[int | None, list[int]] = {}
        for key, depth in depths.items():
            ways = [
                other
                for other, before in depths.items()
                if before + 1 == depth and any(key in self.beyond(other, name) for name in relations)
            ]
            above.setdefault(min(ways) if depth else None, []).append(key)

        def below(key: int | None) -> list[int]:
            beneath = sorted(above.get(key, []), key=by)
            return [each for one in beneath for each in (one, *below(one))]

        return below(None)

    async def insert(self, session: AsyncSession) -> None:
        """Its rows."""
        rows = [{"id": key, "name": f"n{key % 3}", "rank": self.rank(key)} for key in self.keys]
        await session.execute(insert(Node), rows)
        for key, (_, parent, one, other) in zip(self.keys, self.nodes, strict=True):
            node = await session.get_one(Node, key)
            node.parent_id, node.child_a_id, node.child_b_id = parent, one, other
        await session.flush()
        if self.links:
            pairs = [{"source_id": one, "target_id": other} for one, other in sorted(self.links)]
            await session.execute(insert(links), pairs)
        if self.steps:
            # Several steps from one to the other are one.
            found = [{"from_id": one, "to_id": other} for one, other in sorted(self.steps)]
            await session.execute(insert(Step), [*found, found[0]])
        session.expunge_all()


def graphs(most: int = 7) -> st.SearchStrategy[Graph]:
    """Graphs with cycles, several ways to one node, nodes that nothing leads to."""

    def of(number: int) -> st.SearchStrategy[Graph]:
        key = st.integers(1, number)
        some = st.none() | key
        pairs = st.sets(st.tuples(key, key), max_size=2 * number)
        nodes = st.lists(st.tuples(st.integers(0, 2), some, some, some), min_size=number, max_size=number)
        return st.builds(Graph, nodes, pairs, pairs)

    return st.integers(1, most).flatmap(of)
