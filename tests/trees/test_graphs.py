"""Random graphs: what is reached, how deep it lies and in which order, as plain Python finds it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from django_like_repos import Database, Q
from tests.examples import examples
from tests.trees.graphs import RELATIONS, Graph, graphs
from tests.trees.models import NodeRepository

EITHER_WAY = [*RELATIONS, *[f"-{each}" for each in RELATIONS]]


class Asked(NamedTuple):
    """A graph, and what is asked of it."""

    graph: Graph
    roots: set[int]
    via: list[str]
    least: int | None
    """The rank that rows must have to be gone through."""
    most: int | None
    include_self: bool

    @property
    def depths(self) -> dict[int, int]:
        """The nodes that are found, by how deep they lie."""
        most = 99 if self.most is None else self.most
        return self.graph.depths(self.roots, self.via, self.holds, most)

    def holds(self, key: int) -> bool:
        return self.least is None or self.graph.rank(key) >= self.least

    def wanted(self, keys: Collection[int]) -> list[int]:
        return [key for key in keys if self.include_self or key not in self.roots]

    @property
    def said(self) -> dict[str, Any]:
        through = None if self.least is None else Q(rank__gte=self.least)
        return {
            "of": sorted(self.roots),
            "via": self.via,
            "through": through,
            "max_depth": self.most,
            "include_self": self.include_self,
        }


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    graph = draw(graphs())
    return Asked(
        graph,
        draw(st.sets(st.sampled_from(graph.keys), min_size=1, max_size=3)),
        draw(st.lists(st.sampled_from(EITHER_WAY), min_size=1, max_size=3, unique=True)),
        draw(st.none() | st.integers(0, 2)),
        draw(st.none() | st.integers(0, 4)),
        draw(st.booleans()),
    )


@examples(60)
@given(each=asked())
async def test_what_is_reached_how_deep_and_in_which_order(garden: Database, each: Asked) -> None:
    async with garden.session() as session:
        await each.graph.insert(session)
        nodes = NodeRepository(session).objects
        depths = each.depths
        wanted = each.wanted(depths)

        found = await nodes.descendants(**each.said).values_list("id", "depth")
        assert sorted(found) == sorted((key, depths[key]) for key in wanted)
        bare = nodes.ancestors(**each.said, depth=None)
        assert sorted([node.id for node in await bare]) == sorted(wanted)
        assert await bare.count() == len(wanted)
        inside = await nodes.filter(pk__in=bare, rank__gt=0).values_list("id", flat=True)
        assert sorted(inside) == sorted(key for key in wanted if each.graph.rank(key) > 0)

        ordered = nodes.descendants(**each.said, order="path", siblings="-rank")
        keys = each.wanted(each.graph.in_order(depths, each.via, lambda key: (-each.graph.rank(key), key)))
        assert [(node.id, node.depth) for node in await ordered] == [(key, depths[key]) for key in keys]  # type: ignore[attr-defined]
        assert await ordered[1:3].values_list("id", flat=True) == keys[1:3]
        levels = await nodes.descendants(**each.said, order="depth", siblings=("rank", "-pk"))
        by_level = sorted(wanted, key=lambda key: (depths[key], each.graph.rank(key), -key))
        assert [node.id for node in levels] == by_level
        await session.rollback()


FILLED = ("children", "linked", "child_a", "child_b", "parent")


@st.composite
def loaded(draw: st.DrawFn) -> Asked:
    each = draw(asked())
    return each._replace(via=draw(st.lists(st.sampled_from(FILLED), min_size=1, max_size=3, unique=True)))


@examples(40)
@given(each=loaded())
async def test_whole_trees_under_their_roots(garden: Database, each: Asked) -> None:
    async with garden.session() as session:
        await each.graph.insert(session)
        nodes = NodeRepository(session).objects
        tree = nodes.filter(pk__in=each.roots).order_by("id")
        through = None if each.least is None else Q(rank__gte=each.least)
        roots = await tree.load_tree(each.via, through=through, max_depth=each.most)
        assert [root.id for root in roots] == sorted(each.roots)

        depths = each.depths
        objects: list[Any] = [*session.sync_session.identity_map.values()]
        held = {node.id: node for node in objects}
        assert {*depths} <= {*held}
        for key, depth in depths.items():
            for name in each.via:
                if each.most is not None and depth >= each.most:
                    # An object so deep may have been given what leads back to its owner.
                    assert name not in vars(held[key]) or name == "parent"
                    continue
                wanted = {other for other in each.graph.beyond(key, name) if other in depths}
                value = vars(held[key])[name]
                found = value if isinstance(value, list) else [] if value is None else [value]
                assert sorted(other.id for other in found) == sorted(wanted)
                if name == "children":
                    assert found == sorted(found, key=lambda other: (other.rank, other.id))
        await session.rollback()
