"""Terms of an ordering, ready to be said in a scope: sides, and SQLAlchemy's own with their modifiers."""

from typing import Any, cast

from sqlalchemy import ColumnElement, UnaryExpression, types
from sqlalchemy.sql import operators

from django_like_repos.constructs.documents import json_order
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.expressions.ordering import in_direction
from django_like_repos.language.foreign import as_element, is_aggregate
from django_like_repos.language.sides import Column, Computed, Named, Opaque, Side
from django_like_repos.values.document import Document


class Term:
    """One term of an ordering."""

    multiplies = False
    """Whether it brings a table of its own into the query."""

    def __init__(self, side: Side, *, descending: bool, nulls: str | None = None) -> None:
        self.side = side
        self.descending = descending
        self.nulls = nulls

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple([each for node in self.side.nodes for each in node.lineage])

    @property
    def named(self) -> Named | None:
        """What it orders by, if that has a name."""
        return self.side if isinstance(self.side, Named) else None

    @property
    def plain(self) -> bool:
        """Whether it is a column as it is, which a list of columns has in it."""
        return isinstance(self.side, Column) and not self.side.transforms

    @property
    def varies(self) -> bool:
        """Whether it may differ from joined row to joined row."""
        return not isinstance(self.side, Column)

    @property
    def direction(self) -> tuple[bool, str | None]:
        """Whether it is descending, and where its NULLs are wanted."""
        return self.descending, self.nulls

    def value(self, scope: Scope) -> ColumnElement[Any]:
        """What is ordered by, without direction."""
        if isinstance(self.side, Computed) and not self.side.transforms:
            label = scope.label_of(self.side.inner)
            if label is not None and not isinstance(label.type, (Document, types.JSON)):
                return label
        value = as_element(self.side.sql(scope))
        return json_order(value) if isinstance(value.type, (Document, types.JSON)) else value

    def directed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """``value`` in this term's direction."""
        return in_direction(value, descending=self.descending, nulls=self.nulls)

    def sql(self, scope: Scope) -> ColumnElement[Any]:
        return self.directed(self.value(scope))


class ForeignTerm(Term):
    """A term that is an SQLAlchemy expression, with modifiers of its own."""

    def __init__(self, expression: Any, *, reverse: bool, multiplies: bool) -> None:
        value = expression
        while isinstance(value, UnaryExpression) and value.modifier in _MODIFIERS:
            value = value.element
        super().__init__(Opaque(value, aggregate=is_aggregate(value)), descending=reverse)
        self._expression = expression
        self.multiplies = multiplies

    @property
    def direction(self) -> tuple[bool, str | None]:
        modifiers = _modifiers_of(self._expression)
        wanted = next((each for each in modifiers if each in _REVERSED), None)
        descending = (operators.desc_op in modifiers) != self.descending
        if wanted is None:
            return descending, None
        placed = _REVERSED[wanted] if self.descending else wanted
        return descending, "first" if placed is operators.nulls_first_op else "last"

    def value(self, scope: Scope) -> ColumnElement[Any]:
        return cast("ColumnElement[Any]", self.side.sql(scope))

    def directed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return _redirected(self._expression, value, reverse=self.descending)


def is_descending(expression: Any) -> bool:
    """Whether an SQLAlchemy expression orders downwards."""
    return operators.desc_op in _modifiers_of(expression)


def is_single(term: Term) -> bool:
    """Whether what a term orders by has one row for each row."""
    return not any(node.to_many for node in term.nodes)


_MODIFIERS = (operators.asc_op, operators.desc_op, operators.nulls_first_op, operators.nulls_last_op)
_REVERSED: dict[Any, Any] = {
    operators.nulls_first_op: operators.nulls_last_op,
    operators.nulls_last_op: operators.nulls_first_op,
}


def _modifiers_of(expression: Any) -> list[Any]:
    """The modifiers of an ordering expression, the outermost first."""
    modifiers: list[Any] = []
    while isinstance(expression, UnaryExpression) and expression.modifier in _MODIFIERS:
        modifiers.append(expression.modifier)
        expression = expression.element
    return modifiers


def _redirected(expression: Any, value: ColumnElement[Any], *, reverse: bool) -> ColumnElement[Any]:
    """``value`` with the modifiers of an ordering expression, turned round if wanted."""
    modifiers = _modifiers_of(expression)
    descending = (operators.desc_op in modifiers) != reverse
    directed = in_direction(value, descending=descending, nulls=None) if modifiers or reverse else value
    for modifier in modifiers:
        if modifier in _REVERSED:
            placed = _REVERSED[modifier] if reverse else modifier
            return directed.nulls_first() if placed is operators.nulls_first_op else directed.nulls_last()
    return directed
