"""``load_tree()``: whole trees under their roots, in statements whose number does not grow with depth."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, Prefetch, Q, QuerySet
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.trees.garden import LINKS, PARENTS, plant
from tests.trees.models import Node, NodeRepository

Nodes = QuerySet[Node]


@pytest.fixture
async def nodes(session: AsyncSession, sql: RecordedSQL) -> Nodes:
    await plant(session)
    sql.clear()
    return NodeRepository(session).objects


def told(node: Node, *names: str) -> Any:
    """A node and what is loaded below it, and nothing that would have to be asked for."""
    return {node.id: [told(child, *names) for name in names or ("children",) for child in vars(node)[name]]}


TREE = {1: [{2: [{4: []}, {5: [{7: []}]}]}, {3: [{6: []}]}]}


async def test_a_tree_in_two_statements(nodes: Nodes, sql: RecordedSQL, backend: str) -> None:
    among = "IN (?)" if backend == "sqlite" else "= ANY (?)"
    root = await nodes.load_tree("children").get(pk=1)
    assert told(root) == TREE
    assert len(sql.statements) == 2
    same_sql(
        sql.last,
        f"""
        WITH RECURSIVE roots_1 AS (SELECT tree_nodes.id AS id FROM tree_nodes WHERE tree_nodes.id {among}),
        reached_1(pk) AS (SELECT roots_1.id AS pk FROM roots_1
        UNION SELECT tree_nodes.id AS c1 FROM tree_nodes, reached_1
        WHERE tree_nodes.parent_id = reached_1.pk)
        SELECT tree_nodes.id, tree_nodes.name, tree_nodes.rank, tree_nodes.parent_id, tree_nodes.owner_id,
        tree_nodes.child_a_id, tree_nodes.child_b_id
        FROM tree_nodes JOIN reached_1 ON tree_nodes.id = reached_1.pk
        ORDER BY tree_nodes.rank, tree_nodes.id
        """,
    )
    for child in (*root.children, *root.children[0].children):
        assert vars(child)["parent"].id == PARENTS[child.id]


async def test_the_depth_makes_no_more_statements(
    nodes: Nodes, session: AsyncSession, sql: RecordedSQL
) -> None:
    session.add(Node(id=100, name="n"))
    for key in range(101, 140):
        session.add(Node(id=key, name="n", parent_id=key - 1))
        await session.flush()
    session.expunge_all()
    sql.clear()
    node = await nodes.load_tree("children").get(pk=100)
    assert len(sql.statements) == 2
    for key in range(101, 140):
        (node,) = vars(node)["children"]
        assert node.id == key
    assert vars(node)["children"] == []


async def test_several_relations_and_a_table_between(nodes: Nodes, sql: RecordedSQL) -> None:
    roots = await nodes.filter(pk__in=[1, 8]).order_by("pk").load_tree(["children", "linked"])
    assert len(sql.statements) == 3
    assert told(roots[1]) == {8: [{9: []}]}
    todo, known = [*roots], dict[int, Node]()
    while todo:
        node = todo.pop()
        known[node.id] = node
        todo += [each for each in (*vars(node)["children"], *vars(node)["linked"]) if each.id not in known]
    assert {(one, other.id) for one, node in known.items() for other in node.linked} == {*LINKS}
    assert {other.id: one for one, node in known.items() for other in node.children} == {
        key: parent for key, parent in PARENTS.items() if parent
    }


async def test_so_deep_and_no_deeper(nodes: Nodes) -> None:
    root = await nodes.load_tree("children", max_depth=2).get(pk=1)
    two, three = sorted(root.children, key=lambda node: node.id)
    assert sorted(node.id for node in two.children) == [4, 5]
    assert all("children" not in vars(node) for node in (*two.children, *three.children))
    none = await nodes.load_tree("children", max_depth=0).get(pk=8)
    assert "children" not in vars(none)


async def test_a_part_of_it_is_not_taken_for_all(nodes: Nodes) -> None:
    root = await nodes.load_tree("children", through=Q(id__in=[2, 5])).get(pk=1)
    assert told(root) == {1: [{2: [{5: []}]}]}
    root = await nodes.load_tree("children").get(pk=1)
    assert told(root) == TREE


async def test_it_is_forgotten_for_another(nodes: Nodes) -> None:
    cut = nodes.load_tree("children", max_depth=0)
    root = await cut.load_tree(None).load_tree("children").get(pk=1)
    assert told(root) == TREE
    assert await cut.load_tree(None).filter(pk=1).values_list("id", flat=True) == [1]
    assert await nodes.load_tree("children").filter(pk=1).values_list("id", flat=True) == [1]
    assert await cut.filter(pk__in=nodes.load_tree("children", max_depth=1)).update(rank=5) == 9


async def test_all_of_it_is_loaded_as_the_roots_are(nodes: Nodes, sql: RecordedSQL) -> None:
    tree = nodes.load_tree("children").select_related("owner")
    root = await tree.only("name", "owner").get(pk=1)
    assert len(sql.statements) == 2
    for node in (root, *root.children, *root.children[0].children):
        assert vars(node)["owner"].name == "o"
        assert "name" in vars(node)
        assert "rank" not in vars(node)
    root = await tree.prefetch_related("linked").get(pk=1)
    for node in (root, *root.children, *root.children[0].children):
        assert [each.id for each in vars(node)["linked"]] == [other for one, other in LINKS if one == node.id]


async def test_within_what_is_prefetched_streamed_and_paged(nodes: Nodes) -> None:
    deep = Prefetch("children", nodes.load_tree("children"))
    root = await nodes.prefetch_related(deep).get(pk=1)
    assert told(root) == TREE
    tops = nodes.filter(parent=None).order_by("id").load_tree("children")
    assert [told(node) async for node in tops.iterator(1)] == [TREE, {8: [{9: []}]}]
    assert [told(node) for node in (await tops.page(size=5)).items] == [TREE, {8: [{9: []}]}]
    assert told((await tops.in_bulk([8]))[8]) == {8: [{9: []}]}
    assert await nodes.none().load_tree("children") == []


async def test_what_is_loaded_stays_unless_it_is_read_anew(nodes: Nodes, session: AsyncSession) -> None:
    root = await nodes.load_tree("children").get(pk=8)
    session.add(Node(id=10, name="n", parent_id=9))
    await session.flush()
    again = await nodes.load_tree("children").get(pk=8)
    assert told(again) == {8: [{9: []}]}
    anew = nodes.load_tree("children").execution_options(populate_existing=True)
    assert told(await anew.get(pk=8)) == {8: [{9: [{10: []}]}]}
    assert root is again


async def test_a_cycle_leads_back_to_the_same_object(garden: Database, session: AsyncSession) -> None:
    session.add_all([Node(id=key, name="n") for key in (1, 2, 3)])
    await session.flush()
    nodes = NodeRepository(session).objects
    for key, parent in ((1, 3), (2, 1), (3, 2)):
        await nodes.filter(pk=key).update(parent_id=parent)
    session.expunge_all()
    root = await nodes.load_tree(["children", "parent"]).get(pk=1)
    assert root.children[0].children[0].children[0] is root
    assert root.parent is root.children[0].children[0]
