"""DISTINCT in order: what different rows are ordered by must be among their columns, and is no value."""

from typing import Any

from sqlalchemy import types

from django_like_repos.constructs.documents import json_document
from django_like_repos.joins.scope import Scope
from django_like_repos.language.sides import Named, Side
from django_like_repos.rows.rows import (
    Derived,
    Ordered,
    Output,
    Rows,
    carried,
    carried_order,
    is_among,
)


def distinct_in_order(rows: Rows) -> Rows:
    """Different values in an order of their own; documents in the form in which equal ones are equal."""
    if not rows.distinct or rows.once or rows.models or rows.surrounded or rows.source or rows.keys:
        return rows
    width = len(rows.outputs)
    columns = [side for output in rows.outputs for side in output.groups if isinstance(side, Named)]
    # As in Django, they count among the values.
    extra = [term for term in rows.order if not is_among(term, columns)]
    values = [Output(Ordered(term), "", grouped=(term.side,)) for term in extra]
    read = [Output(_Equal(output), grouped=(*output.groups,)) for output in rows.outputs]
    different = rows._replace(outputs=(*read, *values), once=True)
    if not extra:
        return different
    order = carried_order(rows.order, columns, extra, width)
    return Rows(rows.tree, carried(width), source=Derived(different), once=True, order=order)


class _Equal(Side):
    """A column in the form in which equal values are equal, which documents may not be."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def sql(self, scope: Scope) -> Any:
        value = self._output.sql(scope)
        return json_document(value) if isinstance(value.type, types.JSON) else value
