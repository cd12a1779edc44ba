"""Group first: rows are counted and summed up by their foreign keys, and only what is left is joined."""

from collections.abc import Hashable
from typing import Any, NamedTuple

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.language.foreign_keys import foreign_key
from django_like_repos.language.sides import Column, Computed, Side
from django_like_repos.rows.asking import Number
from django_like_repos.rows.rows import Carried, Derived, Joined, Output, Rows


def group_first(rows: Rows) -> Rows:
    """Groups by columns of related rows: groups by foreign keys, joined and put together."""
    tree = rows.tree
    if not rows.groups or rows.source or rows.keys or rows.having or rows.distinct or not rows.joins:
        return rows
    if tree.of_models or not tree.params.bare or tree.foreign or not tree.has_own_key:
        return rows
    parts = _parts(rows)
    return rows if parts is None else _put_together(rows, parts)


class _Parts(NamedTuple):
    """What a group by related columns is made of."""

    early: tuple[Joined, ...]
    late: tuple[Node, ...]
    """What need be joined to the groups only."""
    keys: dict[Node, list[tuple[Column, Column]]]
    """Of those that lead to the others: their columns, and the foreign keys that equal them."""
    columns: list[Column]
    """What else makes a group."""
    sums: list[Side]


def _parts(rows: Rows) -> _Parts | None:
    groups = [side for side in rows.groups or () if isinstance(side, Column) and not side.transforms]
    sums = list(dict.fromkeys(side for output in rows.outputs if (side := output.side).aggregate))
    if len(groups) != len(rows.groups or ()) or not _is_simple(rows, groups, sums):
        return None
    nodes = [each.node for each in rows.joins]
    read = [node for side in sums for node in side.nodes]
    needed = lineage_of([*read, *[node for each in rows.where for node in each.nodes]])
    late = tuple([node for node in nodes if node not in needed])
    keys: dict[Node, list[tuple[Column, Column]]] = {}
    for node in late:
        if node.parent not in late:
            equal = foreign_key(node)
            if equal is None:
                return None
            keys[node] = equal
    if not late or any(node.to_many or node.declared is not None or node.condition for node in nodes):
        return None
    early = tuple([each for each in rows.joins if each.node not in late])
    return _Parts(early, late, keys, [side for side in groups if side.node not in late], sums)


def _is_simple(rows: Rows, groups: list[Column], sums: list[Side]) -> bool:
    """Whether nothing is read but what makes groups, and sums that can be summed up."""
    known = {side.identity for side in groups}
    for side in [*[output.side for output in rows.outputs], *[term.side for term in rows.order]]:
        inner = side.inner if isinstance(side, Computed) and not side.transforms else side
        if inner not in sums and not (isinstance(inner, Column) and inner.identity in known):
            return False
    return bool(sums) and all(side.again is not None for side in sums)


def _put_together(rows: Rows, parts: _Parts) -> Rows:
    tree = rows.tree
    made: list[Side] = []
    places: dict[Hashable, int] = {}

    def place(side: Column) -> int:
        if side.identity not in places:
            places[side.identity] = len(made)
            made.append(side)
        return places[side.identity]

    joins = []
    for node in parts.late:
        pairs = [(far, place(near)) for far, near in parts.keys.get(node, ())]
        joins.append(Joined(node, tuple(pairs)))
    given: dict[Hashable, Any] = {(side.node, side.fields[0]): place(side) for side in parts.columns}
    groups = tuple(made)
    for side in parts.sums:
        given[side] = _Again(side, len(made))
        made.append(Number() if side.of_each_row else side)
    first = Rows(
        tree,
        tuple([Output(side, f"__{number}") for number, side in enumerate(made)]),
        joins=parts.early,
        where=rows.where,
        groups=groups,
        once=True,
    )
    return rows._replace(
        source=Derived(first), joins=tuple(joins), where=(), given=given, counts=False, once=True
    )


class _Again(Side):
    """A sum of sums."""

    def __init__(self, side: Side, place: int) -> None:
        self._side = side
        self._sums = Carried(place)

    def sql(self, scope: Scope) -> Any:
        again = self._side.again
        assert again is not None
        return again(self._sums.sql(scope))
