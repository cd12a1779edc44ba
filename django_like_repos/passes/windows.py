"""Windows outside: rows that can be told only when all are there are a table, what tells them its columns."""

from typing import Any

from sqlalchemy import ColumnElement, func

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.equality import check_equality
from django_like_repos.language.sides import Named, Side
from django_like_repos.rows.rows import CarriedTerm, Derived, Held, Holds, Ordered, Output, Rows, carried
from django_like_repos.tree.tree import Tree


def windows_outside(rows: Rows) -> Rows:
    """Conditions on windows, and ``distinct()`` of fields, as columns that an outer SELECT looks at."""
    if not rows.surrounded or rows.models:
        return rows
    tree, width = rows.tree, len(rows.outputs)
    if any(node.to_many and node not in tree.told for term in rows.order for node in term.nodes):
        raise UnsupportedOperationError(
            "windows and distinct() of fields cannot be ordered by a to-many path: annotate() its value first"
        )
    by = [
        Output(Ordered(term), f"__by{place}", grouped=(term.side,)) for place, term in enumerate(rows.order)
    ]
    holds: list[tuple[Side, tuple[Side, ...]]] = [(Held(each), (*each.groups,)) for each in rows.qualify]
    holds += [(_First(tree, rows.first_of), ())] if rows.first_of else []
    conditions = [Output(side, f"__if{place}", grouped=of) for place, (side, of) in enumerate(holds)]
    found = Derived(
        rows._replace(
            outputs=(*rows.outputs, *by, *conditions),
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


class _First(Side):
    """Whether a row is the first of those that are alike in the fields of ``distinct()``."""

    def __init__(self, tree: Tree, fields: tuple[Named, ...]) -> None:
        self._tree = tree
        self._fields = fields

    def sql(self, scope: Scope) -> Any:
        alike = [column.sql(scope) for column in self._fields]
        for value in alike:
            check_equality(value, "distinct() takes")
        order: list[ColumnElement[Any]] = [term.sql(scope) for term in self._tree.order]
        order = order or [column.sql(scope) for column in self._tree.key]
        return func.row_number().over(partition_by=alike, order_by=order) == 1
