"""``descendants()`` and ``ancestors()``: what is sent, and what comes of it beside the rest of a queryset."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_loader_criteria

from django_like_repos import Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.trees.garden import plant
from tests.trees.models import (
    Cell,
    CellRepository,
    Node,
    NodeRepository,
    Team,
    TeamRepository,
    Unit,
    UnitRepository,
)

Nodes = QuerySet[Node]


class Named(NamedTuple):
    name: str


class Parent(NamedTuple):
    children: list[Named]


NODE = (
    "tree_nodes.id, tree_nodes.name, tree_nodes.rank, tree_nodes.parent_id, tree_nodes.owner_id, "
    "tree_nodes.child_a_id, tree_nodes.child_b_id"
)


@pytest.fixture
async def nodes(session: AsyncSession, sql: RecordedSQL) -> Nodes:
    await plant(session)
    sql.clear()
    return NodeRepository(session).objects


async def ids(queryset: QuerySet[Any]) -> list[int]:
    return [row.id for row in await queryset]


async def test_of_rows_with_one_parent_each_comes_once(nodes: Nodes, sql: RecordedSQL) -> None:
    found = await nodes.descendants(of=1, via="children").order_by("id")
    same_sql(
        sql.last,
        f"""
        WITH RECURSIVE roots_1 AS (SELECT tree_nodes.id AS id FROM tree_nodes WHERE tree_nodes.id = ?),
        tree_1(pk, depth) AS (SELECT roots_1.id AS pk, 0 AS depth FROM roots_1
        UNION ALL SELECT tree_nodes.id AS c1, tree_1.depth + 1 AS anon_1 FROM tree_nodes, tree_1
        WHERE tree_nodes.parent_id = tree_1.pk
        AND (tree_nodes.id NOT IN (SELECT roots_1.id FROM roots_1)))
        SELECT {NODE}, tree_1.depth AS depth
        FROM tree_nodes JOIN tree_1 ON tree_nodes.id = tree_1.pk
        WHERE tree_1.depth > 0 ORDER BY tree_nodes.id ASC
        """,
    )
    depths = [(node.id, node.depth) for node in found]  # type: ignore[attr-defined]
    assert depths == [(2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3)]


async def test_nothing_is_counted_that_nobody_asks_for(nodes: Nodes, sql: RecordedSQL) -> None:
    found = await ids(nodes.ancestors(of=7, via="parent", depth=None).order_by("id"))
    same_sql(
        sql.last,
        f"""
        WITH RECURSIVE roots_1 AS (SELECT tree_nodes.id AS id FROM tree_nodes WHERE tree_nodes.id = ?),
        reached_1(pk) AS (SELECT roots_1.id AS pk FROM roots_1
        UNION SELECT tree_nodes.parent_id AS c1 FROM tree_nodes, reached_1
        WHERE tree_nodes.id = reached_1.pk)
        SELECT {NODE} FROM tree_nodes JOIN reached_1 ON tree_nodes.id = reached_1.pk
        WHERE (reached_1.pk NOT IN (SELECT roots_1.id FROM roots_1)) ORDER BY tree_nodes.id ASC
        """,
    )
    assert found == [1, 2, 5]


async def test_the_least_depth_where_several_ways_lead(nodes: Nodes, sql: RecordedSQL) -> None:
    found = await nodes.descendants(of=1, via="linked", max_depth=5).values_list("id", "depth")
    same_sql(
        sql.last,
        """
        WITH RECURSIVE roots_1 AS (SELECT tree_nodes.id AS id FROM tree_nodes WHERE tree_nodes.id = ?),
        steps_1(pk, depth) AS (SELECT roots_1.id AS pk, 0 AS depth FROM roots_1
        UNION SELECT tree_nodes.id AS c1, steps_1.depth + 1 AS anon_1
        FROM tree_nodes JOIN tree_links AS tree_links_1 ON tree_nodes.id = tree_links_1.target_id, steps_1
        WHERE tree_links_1.source_id = steps_1.pk AND steps_1.depth < ?
        AND (tree_nodes.id NOT IN (SELECT roots_1.id FROM roots_1))),
        tree_1 AS (SELECT steps_1.pk AS pk, min(steps_1.depth) AS depth FROM steps_1 GROUP BY steps_1.pk)
        SELECT tree_nodes.id, tree_1.depth AS depth FROM tree_nodes JOIN tree_1 ON tree_nodes.id = tree_1.pk
        WHERE tree_1.depth > 0
        """,
    )
    assert sorted(found) == [(4, 1), (7, 2)]


async def test_values_are_params_of_one_plan(nodes: Nodes, sql: RecordedSQL) -> None:
    def asked(of: Any, rank: int, most: int) -> Nodes:
        return nodes.descendants(
            of=of, via="children", through=Q(rank__lte=rank), max_depth=most, order="path"
        )

    assert asked(1, 1, 3)._query.shape == asked(8, 0, 2)._query.shape
    assert await ids(asked(1, 1, 3)) == [2, 4, 5, 7, 3, 6]
    assert await ids(asked(8, 0, 2)) == []
    assert await ids(asked(1, 0, 2)) == [2, 4]
    first, *others = [statement for statement, _ in sql.statements]
    assert others == [first, first]


async def test_a_branch_ends_where_the_condition_does_not_hold(nodes: Nodes) -> None:
    odd = Q(rank=1)
    assert await ids(nodes.descendants(of=1, via="children", through=odd)) == [3]
    assert await ids(nodes.descendants(of=1, via="children").filter(odd).order_by("id")) == [3, 5, 7]
    named = nodes.descendants(of=1, via="children", through={"name__in": ["n2", "n5"]}, order="path")
    assert await ids(named) == [2, 5]
    above = nodes.descendants(of=1, via="children", through=Q(children__rank=1), order="path")
    assert await ids(above) == [2, 5]
    assert await ids(nodes.descendants(of=1, via="children", through=Node.rank == 1)) == [3]
    to_one = nodes.descendants(of=1, via="children", through=Q(owner__name="o", parent__rank=1))
    assert await ids(to_one.order_by("id")) == [2, 3, 6]


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (2, [4, 5, 7]),
        ([2, 8], [4, 5, 7, 9]),
        ({2}, [4, 5, 7]),
        ((2, 5), [4, 7]),
        ([], []),
        (99, []),
        (10**30, []),
    ],
)
async def test_what_it_begins_with(nodes: Nodes, of: Any, wanted: list[int]) -> None:
    assert await ids(nodes.descendants(of=of, via="children").order_by("id")) == wanted


async def test_it_begins_with_objects_and_querysets(nodes: Nodes) -> None:
    two, eight = await nodes.filter(id__in=[2, 8]).order_by("id")
    assert await ids(nodes.descendants(of=[two, eight], via="children").order_by("id")) == [4, 5, 7, 9]
    assert await ids(nodes.descendants(of=two, via="children", include_self=True).order_by("id")) == [
        2,
        4,
        5,
        7,
    ]
    tops = nodes.filter(parent=None)
    assert await ids(nodes.descendants(of=tops, via="children", max_depth=1).order_by("id")) == [2, 3, 9]
    last = tops.order_by("-id")[:1]
    assert await ids(nodes.descendants(of=last, via="children")) == [9]
    parents = nodes.filter(id=7).values_list("parent")
    assert await ids(nodes.descendants(of=parents, via="children")) == [7]


async def test_it_goes_with_what_a_queryset_says(nodes: Nodes) -> None:
    below = nodes.descendants(of=1, via="children")
    assert await below.count() == 6
    assert await below.filter(depth__gte=3).exists()
    assert not await below.filter(depth__gt=3).exists()
    assert await ids(below.exclude(depth=2).order_by("-depth", "id")) == [7, 2, 3]
    assert await ids(below.order_by("-depth", "id")[:2]) == [7, 4]
    assert await below.aggregate(Max("depth"), n=Count("*")) == {"depth__max": 3, "n": 6}
    levels = below.values("depth").annotate(n=Count("id")).order_by("depth").values_list("depth", "n")
    assert await levels == [(1, 2), (2, 3), (3, 1)]
    numbers = below.annotate(n=Count("children"), twice=F("depth") * 2).filter(n__gt=0).order_by("id")
    assert await numbers.values_list("id", "n", "twice") == [(2, 2, 2), (3, 1, 2), (5, 1, 4)]
    assert await ids(below.filter(children__rank=1).order_by("id")) == [2, 5]
    assert await ids(below.distinct("depth").order_by("depth", "id")) == [2, 4, 7]
    assert (await below.get(depth=3)).id == 7
    assert {*await below.in_bulk([2, 8])} == {2}
    assert (await below.order_by("depth", "id").page(size=4)).total == 6
    related = below.select_related("owner").prefetch_related(Prefetch("children")).order_by("id")
    first = (await related)[0]
    assert first.owner is not None
    assert [child.id for child in first.children] == [5, 4] or [child.id for child in first.children] == [
        4,
        5,
    ]


async def test_two_of_them_are_what_both_find(nodes: Nodes) -> None:
    between = nodes.descendants(of=1, via="children").ancestors(of=7, via="parent", depth="height")
    assert await between.order_by("id").values_list("id", "depth", "height") == [(2, 1, 2), (5, 2, 1)]


async def test_within_other_querysets(nodes: Nodes) -> None:
    below = nodes.descendants(of=2, via="children")
    assert await ids(nodes.filter(Q(pk__in=below) | Q(id=1)).order_by("id")) == [1, 4, 5, 7]
    assert await ids(nodes.exclude(pk__in=below).order_by("id")) == [1, 2, 3, 6, 8, 9]
    assert await ids(nodes.filter(Exists(below.filter(pk=OuterRef("pk")))).order_by("id")) == [4, 5, 7]
    depth = Subquery(below.filter(pk=OuterRef("pk")).values("depth"))
    assert await nodes.annotate(d=depth).filter(d=2).values_list("id", flat=True) == [7]
    both = below.union(nodes.descendants(of=8, via="children"))
    assert sorted([(row.id, row.depth) for row in await both]) == [(4, 1), (5, 1), (7, 2), (9, 1)]  # type: ignore[attr-defined]
    assert await ids(nodes.filter(id__gt=4) & nodes.descendants(of=2, via="children", depth=None)) == [5, 7]


@pytest.mark.parametrize("told", [{}, {"depth": None}, {"order": "path"}, {"max_depth": 2}])
@pytest.mark.parametrize("via", ["children", "-steps__target", ["children", "linked"]])
async def test_nothing_is_gone_through(nodes: Nodes, via: Any, told: Any) -> None:
    nowhere = nodes.descendants(of=1, via=via, through=Q(pk__in=[]), include_self=True, **told)
    assert await ids(nowhere) == [1]
    (root,) = await nodes.filter(pk=1).load_tree("children", through=Q(pk__in=[]))
    assert vars(root)["children"] == []


async def test_criteria_hold_within_the_recursion(nodes: Nodes) -> None:
    visible = nodes.options(with_loader_criteria(Node, Node.id != 2))
    assert await ids(visible.descendants(of=1, via="children", order="path")) == [3, 6]
    assert await ids(visible.ancestors(of=7, via="parent", depth=None)) == [5]


async def test_rows_are_written(nodes: Nodes) -> None:
    below = nodes.descendants(of=2, via="children")
    assert (await below.filter(depth=1).update(name="x", rank=F("rank") + 5)).rowcount == 2
    assert await nodes.filter(name="x").order_by("id").values_list("id", "rank") == [(4, 5), (5, 6)]
    assert (await nodes.descendants(of=8, via="children").delete()).rowcount == 1
    assert not await nodes.filter(id=9).exists()


async def test_orders(nodes: Nodes) -> None:
    def asked(**how: Any) -> Nodes:
        return nodes.descendants(of=[1, 8], via="children", include_self=True, **how)

    assert await ids(asked(order="path")) == [1, 2, 4, 5, 7, 3, 6, 8, 9]
    assert await ids(asked(order="path", siblings="-id")) == [8, 9, 1, 3, 6, 2, 5, 7, 4]
    assert await ids(asked(order="path", siblings=["rank", "-name"])) == [8, 9, 1, 2, 4, 5, 7, 3, 6]
    assert await ids(asked(order="path").reverse()) == [9, 8, 6, 3, 7, 5, 4, 2, 1]
    assert await ids(asked(order="path")[2:5]) == [4, 5, 7]
    assert await ids(asked(order="depth")) == [1, 8, 2, 3, 9, 4, 5, 6, 7]
    assert await ids(asked(order="depth", siblings="-id")) == [8, 1, 9, 3, 2, 6, 5, 4, 7]
    assert await ids(asked(order="path").order_by("-id")) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    page = await asked(order="path", depth=None).cursor_page(size=4, secret="s" * 32)
    assert [node.id for node in page.items] == [1, 2, 4, 5]
    rest = await asked(order="path", depth=None).cursor_page(after=page.next, secret="s" * 32)
    assert [node.id for node in rest.items] == [7, 3, 6, 8, 9]


async def test_more_siblings_than_digits(nodes: Nodes, session: AsyncSession) -> None:
    session.add_all([Node(id=key, name="n", parent_id=9) for key in range(100, 120)])
    await session.flush()
    found = await ids(nodes.descendants(of=8, via="children", order="path"))
    assert found == [9, *range(100, 120)]


async def test_keys_of_two_columns(session: AsyncSession) -> None:
    cells = CellRepository(session).objects
    for row, column, up in ((1, "a", None), (1, "b", (1, "a")), (2, "b", (1, "b")), (3, "a", (1, "a"))):
        up_row, up_column = up or (None, None)
        session.add(Cell(row=row, column=column, up_row=up_row, up_column=up_column))
        await session.flush()

    async def keys(queryset: QuerySet[Cell]) -> list[tuple[int, str, int]]:
        return [(cell.row, cell.column, cell.depth) for cell in await queryset]  # type: ignore[attr-defined]

    below = cells.descendants(of=(1, "a"), via="below", order="path")
    assert await keys(below) == [(1, "b", 1), (2, "b", 2), (3, "a", 1)]
    assert await keys(cells.ancestors(of=[(2, "b")], via="up", order="depth")) == [(1, "b", 1), (1, "a", 2)]
    either = cells.ancestors(of=(3, "a"), via=["up", "-up"], order="path", siblings="-column")
    assert await keys(either) == [(1, "a", 1), (1, "b", 2), (2, "b", 3)]
    assert await cells.descendants(of=(1, "a"), via="below", depth=None).count() == 3
    root = await cells.load_tree("below").get(row=1, column="a")
    assert [(each.row, each.column) for each in root.below[0].below] == [(2, "b")]


async def test_classes_that_inherit(session: AsyncSession) -> None:
    session.add(Unit(id=1))
    await session.flush()
    session.add_all([Team(id=2, within_id=1, size=3), Unit(id=3, within_id=1)])
    await session.flush()
    session.add(Team(id=4, within_id=3, size=4))
    await session.flush()
    units, teams = UnitRepository(session).objects, TeamRepository(session).objects
    assert await ids(units.descendants(of=1, via="units", order="depth")) == [2, 3, 4]
    assert await ids(teams.descendants(of=1, via="units", order="path")) == [2, 4]
    assert await ids(teams.descendants(of=1, via="units").filter(size__gt=3)) == [4]
    assert await ids(units.ancestors(of=await teams.get(id=4), via="within", order="depth")) == [3, 1]


ERRORS: list[tuple[Callable[[Nodes], Any], str]] = [
    (lambda q: q.descendants(of=1, via="kids"), "Node has no field 'kids'"),
    (
        lambda q: q.descendants(of=1, via="owner"),
        "descendants(via='owner'): Node.owner leads to Owner, and not back to Node, so it cannot be followed "
        "again",
    ),
    (lambda q: q.descendants(of=1, via="name"), "Node.name is no relation"),
    (lambda q: q.descendants(of=1, via=[]), "descendants(): via names what is followed, and there is none"),
    (lambda q: q.descendants(of=1, via=3), "via is the name of a relation, or a list of names, not 3"),  # type: ignore[arg-type]
    (lambda q: q.ancestors(of=None, via="parent"), "ancestors(): of is None, and None is no Node"),
    (lambda q: q.descendants(of=[1, None], via="children"), "descendants(): of is None"),
    (lambda q: q.descendants(of="x", via="children"), "descendants(): of is no key of Node"),
    (lambda q: q.descendants(of={"id": 1}, via="children"), "descendants(): of is no key of Node"),
    (lambda q: q.descendants(of=Node(), via="children"), "this Node has no key yet: flush the session first"),
    (lambda q: q.descendants(of=Unit(id=1), via="children"), "of is an object of Node, not of Unit"),
    (lambda q: q.descendants(of=Node, via="children"), "of is an object of Node, or a key"),
    (
        lambda q: q.descendants(of=q.values_list("name"), via="children"),
        "descendants(): of is no key of Node: Node: pk__in=Node.values_list('name') does not fit: "
        "'in' takes a queryset of numbers",
    ),
    (
        lambda q: q.descendants(of=QuerySet(Unit), via="children"),
        "of is a queryset of Node, or of keys of it, not Unit",
    ),
    (
        lambda q: q.descendants(of=q.filter(rank=OuterRef("rank")), via="children"),
        "a recursion is asked once and not for each row around",
    ),
    (lambda q: q.descendants(of=OuterRef("pk"), via="children"), "a recursion is asked once"),
    (
        lambda q: q.descendants(of=1, via="children", through=Q(rank=OuterRef("rank"))),
        "a recursion is asked once",
    ),
    (lambda q: q.descendants(of=1, via="children", through=Q(nope=1)), "Node has no field 'nope'"),
    (lambda q: q.descendants(of=1, via="children", through="rank"), "through is a condition"),
    (
        lambda q: q.descendants(of=1, via="children", depth="name"),
        "the annotation 'name' conflicts with a field of Node: depth='level' is another name, depth=None",
    ),
    (
        lambda q: q.descendants(of=1, via="children").ancestors(of=7, via="parent"),
        "ancestors(): 'depth' is the name of an annotation already",
    ),
    (lambda q: q.descendants(of=1, via="children", depth="a b"), "'a b' cannot be a name"),
    (lambda q: q.descendants(of=1, via="children", max_depth=-1), "max_depth is -1, and 0 is the least"),
    (lambda q: q.descendants(of=1, via="children", max_depth=1.5), "max_depth is a whole number, not 1.5"),  # type: ignore[arg-type]
    (lambda q: q.descendants(of=1, via="children", order="name"), "order is 'depth' or 'path', not 'name'"),  # type: ignore[arg-type]
    (lambda q: q.descendants(of=1, via="children", siblings="name"), "siblings say the order within"),
    (
        lambda q: q.descendants(of=1, via="children", order="path", siblings="children__name"),
        "'children__name' leads to several rows",
    ),
    (lambda q: q[:3].descendants(of=1, via="children"), "descendants() cannot follow a slice"),
    (lambda q: q.values("id").descendants(of=1, via="children"), "is of models and cannot follow values()"),
    (lambda q: q.union(q).descendants(of=1, via="children"), "after union() is not supported"),
    (
        lambda q: q.filter(id=1) | q.descendants(of=1, via="children"),
        "descendants() and ancestors() are of the rows of one queryset: filter(pk__in=…) of one goes with",
    ),
    (
        lambda q: q.load_tree("-parent"),
        "a tree is loaded into relations, and this is none",
    ),
    (
        lambda q: q.descendants(of=Q(id=1), via="children"),
        "of is an object of Node, or a key, and no expression",
    ),
    (
        lambda q: q.descendants(of=F("id"), via="children"),
        "and no expression, F('id'): a queryset, filter(…)",
    ),
    (lambda q: q.descendants(of=Node.id == 1, via="children"), "of is an object of Node, or a key, and no"),
    (lambda q: q.descendants(of=[1, Exists(q)], via="children"), "of is an object of Node, or a key, and no"),
    (
        lambda _: QuerySet(Cell).descendants(of=(F("row"), "a"), via="below"),
        "of is an object of Cell, or a key, and no expression, (F('row'), 'a')",
    ),
    (
        lambda _: QuerySet(Cell).descendants(of=(1,), via="below"),
        "takes a tuple of (row, column) here, not tuple (of 1, where 2",
    ),
    (
        lambda q: q.load_tree("children").load_tree("linked"),
        "load_tree() is said once: load_tree(['children', 'linked']) follows several relations",
    ),
    (
        lambda q: q.load_tree("children").into(Named),
        "into() makes no models, into which load_tree() loads: desc",
    ),
    (
        lambda q: q.prefetch_related(Prefetch("children", q.load_tree("children", max_depth=0))).into(Parent),
        "into() makes no models",
    ),
    (
        lambda q: q.load_tree("children", through=Q(rank=0)).values("id"),
        "values() makes no models, into which load_tree() loads: through= and max_depth= of it would choose",
    ),
    (lambda q: q.load_tree("children", max_depth=0).values_list("id"), "values_list() makes no models"),
    (lambda q: q.load_tree("owner"), "load_tree(via='owner'): Node.owner leads to Owner"),
    (lambda q: q.load_tree("children", max_depth=-1), "load_tree(): max_depth is -1"),
    (lambda q: q.values("id").load_tree("children"), "load_tree() is of models and cannot follow values()"),
    (lambda q: q.strict_names(["id"]).descendants(of=1, via="children"), "'children' is not allowed here"),
    (
        lambda q: q.strict_names(["children"]).descendants(of=1, via="children", through=Q(rank=1)),
        "'rank' is not allowed here",
    ),
]


@pytest.mark.parametrize(("call", "text"), ERRORS, ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_refused_where_it_is_written(call: Callable[[Nodes], Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError, LookupError, Exception)) as caught:
        call(QuerySet(Node))
    assert type(caught.value).__module__ == "django_like_repos.errors"
    assert text in str(caught.value)


def test_what_it_shows_of_itself() -> None:
    asked = QuerySet(Node).descendants(of=1, via="children", max_depth=3, through=Q(rank=1))
    assert repr(asked) == (
        "<QuerySet Node.descendants(of=<int>, via=<str>, through=Q(rank=<int>), max_depth=<int>)>"
    )
