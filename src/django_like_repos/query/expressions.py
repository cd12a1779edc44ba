"""Expressions over fields, as written by the user: ``F``, ``Value`` and arithmetic between them.

Plain hashable values. What they mean for a model, and their SQL, is floor 2's.
"""

from typing import Any


class Expression:
    """What stands for a value that the database computes. Arithmetic gives ``Combined``."""

    __slots__ = ()

    def __add__(self, other: Any) -> "Combined":
        return Combined("+", self, other)

    def __radd__(self, other: Any) -> "Combined":
        return Combined("+", other, self)

    def __sub__(self, other: Any) -> "Combined":
        return Combined("-", self, other)

    def __rsub__(self, other: Any) -> "Combined":
        return Combined("-", other, self)

    def __mul__(self, other: Any) -> "Combined":
        return Combined("*", self, other)

    def __rmul__(self, other: Any) -> "Combined":
        return Combined("*", other, self)

    def __truediv__(self, other: Any) -> "Combined":
        return Combined("/", self, other)

    def __rtruediv__(self, other: Any) -> "Combined":
        return Combined("/", other, self)

    def __mod__(self, other: Any) -> "Combined":
        return Combined("%", self, other)

    def __rmod__(self, other: Any) -> "Combined":
        return Combined("%", other, self)

    def __neg__(self) -> "Combined":
        return Combined("*", self, -1)


class F(Expression):
    """The value of a field, by its path: ``F("status__code")`` (``django.db.models.F``)."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"F({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, F) and self.name == other.name

    def __hash__(self) -> int:
        return hash((F, self.name))


class Value(Expression):
    """A plain value where an expression is wanted: ``Value(1) + F("rank")`` (``django.db.models.Value``)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


class Combined(Expression):
    """Arithmetic: ``F("rank") + 1`` (Django: ``CombinedExpression``). The sides may be plain values."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, operator: str, left: Any, right: Any) -> None:
        self.operator = operator
        self.left = left
        self.right = right

    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator} {self.right!r})"
