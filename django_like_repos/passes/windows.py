"""Windows outside: rows that can be told only when all are there are a table, what tells them its columns."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy import func

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import lineage_of
from django_like_repos.language.equality import check_equality
from django_like_repos.language.sides import Predicate, Side
from django_like_repos.language.terms import Term
from django_like_repos.rows.rows import (
    Carried,
    CarriedTerm,
    Derived,
    Equal,
    Held,
    Holds,
    Ordered,
    Output,
    Rows,
    carried,
)
from django_like_repos.tree.tree import Tree


def windows_outside(rows: Rows) -> Rows:
    """Conditions on windows, and ``distinct()`` of fields, as columns that an outer SELECT looks at."""
    if not rows.surrounded or rows.models:
        return rows
    tree, width = rows.tree, len(rows.outputs)
    refuse_to_many(tree, rows.order)
    columns = _Columns(rows.outputs)
    for place, term in enumerate(rows.order):
        columns.add(Output(Ordered(term), f"__by{place}", grouped=(term.side,)))
    wanted = columns.width
    where, given = _said_outside(rows, columns)
    keys = [columns.add(Output(each, f"__key{place}")) for place, each in enumerate(_repeated_key(rows))]
    found = Derived(
        rows._replace(
            outputs=tuple(columns.outputs),
            surrounded=False,
            counts=True,
            qualify=(),
            first_of=(),
            distinct=False,
            order=(),
            limit=None,
            offset=None,
        )
    )
    if rows.distinct:
        # What DISTINCT rows are ordered by must be among their columns.
        found = Derived(
            Rows(tree, carried(wanted), source=found, where=where, given=given, distinct=True, once=True)
        )
        where, given = (), {}
    order = tuple([CarriedTerm(term, width + place) for place, term in enumerate(rows.order)])
    if keys:
        first = Output(_Place([Carried(each) for each in keys], order), "__place")
        once = (*carried(wanted), first)
        found = Derived(Rows(tree, once, source=found, where=where, given=given, once=True))
        where, given = (Equal(Carried(wanted), 1),), {}
    return Rows(
        tree,
        carried(width),
        source=found,
        where=where,
        given=given,
        once=True,
        order=order,
        limit=rows.limit,
        offset=rows.offset,
    )


class _Columns:
    """The columns of the table that rows become."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self.outputs = list(outputs)

    @property
    def width(self) -> int:
        return len(self.outputs)

    def add(self, output: Output) -> int:
        """A column more; its place."""
        self.outputs.append(output)
        return self.width - 1

    def of(self, side: Side, groups: Sequence[Side]) -> int:
        """The place of a column that is a side, which may be there already."""
        for place, output in enumerate(self.outputs):
            if output.side is side:
                return place
        return self.add(Output(side, f"__of{self.width}", grouped=tuple(groups)))


def _said_outside(rows: Rows, columns: _Columns) -> tuple[tuple[Predicate, ...], Mapping[Hashable, int]]:
    """The conditions as they are said of the table, whose columns they are given, and which these are.

    What a condition compares is a column, where that says all of it: PostgreSQL numbers no more rows than a
    comparison outside lets through. Otherwise whether it holds is one.
    """
    where: list[Predicate] = []
    given: dict[Hashable, int] = {}
    for place, each in enumerate(rows.qualify):
        values = each.computed
        if values is None:
            where.append(Holds(columns.add(Output(Held(each), f"__if{place}", grouped=(*each.groups,)))))
        else:
            given |= {side: columns.of(side, side.groups) for side in values}
            where.append(each)
    if rows.first_of:
        first = _Place(rows.first_of, rows.tree.order or rows.tree.key)
        where.append(Equal(Carried(columns.add(Output(first, "__place", grouped=()))), 1))
    return tuple(where), given


def refuse_to_many(tree: Tree, order: Sequence[Term]) -> None:
    """Raises UnsupportedOperationError for an order that has no one value for each row."""
    if any(node.to_many and node not in tree.told for term in order for node in term.nodes):
        raise UnsupportedOperationError(
            "windows and distinct() of fields cannot be ordered by a to-many path: annotate() its value first"
        )


def _repeated_key(rows: Rows) -> tuple[Side, ...]:
    """The key of a model that is the first of several kinds: it comes where the first of them puts it."""
    tree = rows.tree
    carried = lineage_of(node for side in tree.extras.values() for node in side.nodes)
    kinds = lineage_of(node for side in rows.first_of for node in side.nodes)
    repeats = tree.frame.projection is None and any(node.to_many for node in kinds - carried)
    return tree.whole_key if repeats else ()


class _Place(Side):
    """Which of the rows that are alike in some sides a row is, from 1 on."""

    def __init__(self, sides: Sequence[Side], order: Sequence[Term | Side]) -> None:
        self._sides = sides
        self._order = order

    def sql(self, scope: Scope) -> Any:
        alike = [side.sql(scope) for side in self._sides]
        for value in alike:
            check_equality(value, "distinct() takes")
        order = [term.sql(scope) for term in self._order]
        return func.row_number().over(partition_by=alike, order_by=order or None)
