"""Queries within a query: what of them stands in an expression, and what they read of the rows around."""

from collections.abc import Callable
from typing import Any, Protocol

from django_like_repos.joins.scope import Scope
from django_like_repos.language.sides import Side
from django_like_repos.mapping.models import Field


class Nesting(Protocol):
    """Makes SELECTs of nested queries."""

    def members(self, assembly: Any, wanted: tuple[Field, ...]) -> Any:
        """Of the values that ``in`` compares with."""
        ...

    def value(self, assembly: Any) -> Any:
        """Of the one value of a row."""
        ...

    def exists(self, assembly: Any) -> Any:
        """Of a constant."""
        ...


class Inner(Side):
    """A query that is asked for each row."""

    def __init__(self, assembly: Any, say: Callable[[Any], Any]) -> None:
        self._assembly = assembly
        self._say = say
        self._outer = assembly.outer_sides
        self.nodes = tuple([node for side in self._outer for node in side.nodes])
        self.aggregate = any(side.aggregate for side in self._outer)
        self.window = any(side.window for side in self._outer)

    by_others = True

    @property
    def groups(self) -> list[Side]:
        if not self.aggregate and any(node.to_many for node in self.nodes):
            return [self]
        return [group for side in self._outer for group in side.groups]

    def sql(self, scope: Scope) -> Any:
        # The same object each time: it has aliases of its own, by which PostgreSQL tells two apart.
        return scope.remembered(self, lambda: self._say(self._assembly.within(scope)))


class OuterSide(Side):
    """A value of a row around the subquery."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def sql(self, scope: Scope) -> Any:
        assert scope.around is not None
        return self._side.sql(scope.around)

    @property
    def groups(self) -> list[Side]:
        return []
