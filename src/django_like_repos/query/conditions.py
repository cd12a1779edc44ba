"""``Q``: conditions joined by ``&``, ``|``, ``^`` and turned round by ``~``, as written by the user."""

from typing import Any, Final

AND: Final = "AND"
OR: Final = "OR"
XOR: Final = "XOR"

_SIGNS = {AND: " & ", OR: " | ", XOR: " ^ "}


class Q:
    """A condition, or a tree of them (``django.db.models.Q``).

    Takes other ``Q``s, ``(name, value)`` pairs and SQLAlchemy expressions, then lookups by keyword, all
    of which must hold. Immutable: the operators give new trees. Names and values are checked when a
    queryset is given the tree, since only then is the model known.
    """

    __slots__ = ("children", "connector", "negated")

    AND = AND
    OR = OR
    XOR = XOR

    def __init__(self, *args: Any, _connector: Any = None, _negated: Any = False, **kwargs: Any) -> None:
        # Keywords sorted by name come last: the order decides which alias a to-many hop meets first.
        self.children: tuple[Any, ...] = (*args, *sorted(kwargs.items()))
        # A name of a lookup may come from anywhere; these are no names.
        if _connector is not None and _connector not in tuple(_SIGNS):
            raise ValueError(f"_connector must be one of {', '.join(_SIGNS)}, not {_connector!r}")
        self.connector: str = _connector or AND
        self.negated: bool = bool(_negated)

    def __and__(self, other: Any) -> "Q":
        return self._combined(other, AND)

    def __or__(self, other: Any) -> "Q":
        return self._combined(other, OR)

    def __xor__(self, other: Any) -> "Q":
        return self._combined(other, XOR)

    def __invert__(self) -> "Q":
        return Q(*self.children, _connector=self.connector, _negated=not self.negated)

    def __bool__(self) -> bool:
        return bool(self.children)

    def __repr__(self) -> str:
        parts = [
            f"Q({child[0]}={child[1]!r})" if isinstance(child, tuple) and len(child) == 2 else repr(child)
            for child in self.children
        ]
        text = _SIGNS[self.connector].join(parts) or "Q()"
        if len(parts) > 1:
            text = f"({text})"
        return f"~{text}" if self.negated else text

    def _combined(self, right: Any, connector: str) -> "Q":
        other: Q = right if isinstance(right, Q) else Q(right)
        if not self:
            return other
        if not other:
            return self
        return Q(*self._as_children(connector), *other._as_children(connector), _connector=connector)

    def _as_children(self, connector: str) -> tuple[Any, ...]:
        # As in Django, a tree of the same connector is taken in flat.
        if not self.negated and (self.connector == connector or len(self.children) == 1):
            return self.children
        return (self,)
