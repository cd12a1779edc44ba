"""Windows outside: rows that can be told only when all are there are a table, what tells them its columns."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import lineage_of
from django_like_repos.language.equality import check_equality
from django_like_repos.language.sides import Side
from django_like_repos.language.terms import Term
from django_like_repos.rows.rows import (
    Carried,
    CarriedTerm,
    Derived,
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
    by = [
        Output(Ordered(term), f"__by{place}", grouped=(term.side,)) for place, term in enumerate(rows.order)
    ]
    holds: list[tuple[Side, tuple[Side, ...]]] = [(Held(each), (*each.groups,)) for each in rows.qualify]
    holds += [(_First(rows.first_of, tree.order or tree.key), ())] if rows.first_of else []
    conditions = [Output(side, f"__if{place}", grouped=of) for place, (side, of) in enumerate(holds)]
    keys = [Output(each, f"__key{place}") for place, each in enumerate(tree.key if _repeats(rows) else ())]
    found = Derived(
        rows._replace(
            outputs=(*rows.outputs, *by, *conditions, *keys),
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
    wanted = width + len(by)
    where = tuple([Holds(wanted + place) for place in range(len(conditions))])
    if rows.distinct:
        # What DISTINCT rows are ordered by must be among their columns.
        found = Derived(Rows(tree, carried(wanted), source=found, where=where, distinct=True, once=True))
        where = ()
    order = tuple([CarriedTerm(term, width + place) for place, term in enumerate(rows.order)])
    if keys:
        first = _First([Carried(wanted + len(conditions) + place) for place, _ in enumerate(keys)], order)
        once = (*carried(wanted), Output(first, f"__if{len(conditions)}"))
        found = Derived(Rows(tree, once, source=found, where=where, once=True))
        where = (Holds(wanted),)
    return Rows(
        tree,
        carried(width),
        source=found,
        where=where,
        once=True,
        order=order,
        limit=rows.limit,
        offset=rows.offset,
    )


def refuse_to_many(tree: Tree, order: Sequence[Term]) -> None:
    """Raises UnsupportedOperationError for an order that has no one value for each row."""
    if any(node.to_many and node not in tree.told for term in order for node in term.nodes):
        raise UnsupportedOperationError(
            "windows and distinct() of fields cannot be ordered by a to-many path: annotate() its value first"
        )


def _repeats(rows: Rows) -> bool:
    """Whether a model is the first of several kinds: it comes once, where the first of them puts it."""
    tree = rows.tree
    carried = lineage_of(node for side in tree.extras.values() for node in side.nodes)
    kinds = lineage_of(node for side in rows.first_of for node in side.nodes)
    return tree.frame.projection is None and any(node.to_many for node in kinds - carried)


class _First(Side):
    """Whether a row is the first of those that are alike in some sides."""

    def __init__(self, sides: Sequence[Side], order: Sequence[Term | Side]) -> None:
        self._sides = sides
        self._order = order

    def sql(self, scope: Scope) -> Any:
        alike = [side.sql(scope) for side in self._sides]
        for value in alike:
            check_equality(value, "distinct() takes")
        order = [term.sql(scope) for term in self._order]
        return func.row_number().over(partition_by=alike, order_by=order or None) == 1
