"""Queries within a query: what of them stands in an expression, and what they read of the rows around."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django_like_repos.constructs.params import Params
from django_like_repos.joins.scope import Scope
from django_like_repos.language.sides import Side
from django_like_repos.mapping.models import Field
from django_like_repos.query.shapes import Shape
from django_like_repos.tree.tree import Tree


class Nesting(Protocol):
    """Reads nested queries, and makes SELECTs of them."""

    def read(self, shape: Shape, params: Params, expressions: Iterable[Any], around: Any) -> Tree:
        """The tree of a query within the one that is being read."""
        ...

    def members(self, tree: Tree, wanted: tuple[Field, ...], around: Scope | None) -> Any:
        """Of the values that ``in`` compares with."""
        ...

    def value(self, tree: Tree, around: Scope | None) -> Any:
        """Of the one value of a row."""
        ...

    def exists(self, tree: Tree, around: Scope | None) -> Any:
        """Of a constant."""
        ...

    def recursion(self, recursion: Any) -> Any:
        """Of the keys that a ``Recursion`` comes to: a table that speaks of itself."""
        ...


class Inner(Side):
    """A query that is asked for each row."""

    by_others = True

    def __init__(self, tree: Tree, say: Callable[[Tree, Scope], Any], *, nullable: bool = True) -> None:
        self._tree = tree
        self._say = say
        self._nullable = nullable
        self._outer = tree.outer_sides
        self.nodes = tuple([node for side in self._outer for node in side.nodes])
        self.aggregate = any(side.aggregate for side in self._outer)
        self.window = any(side.window for side in self._outer)

    @property
    def nullable(self) -> bool:
        return self._nullable

    @property
    def groups(self) -> list[Side]:
        if not self.aggregate and any(node.to_many for node in self.nodes):
            return [self]
        return [group for side in self._outer for group in side.groups]

    def sql(self, scope: Scope) -> Any:
        # The same object each time: it has aliases of its own, by which PostgreSQL tells two apart.
        return scope.remembered(self, lambda: self._say(self._tree, scope))


class OuterSide(Side):
    """A value of a row around the subquery."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def sql(self, scope: Scope) -> Any:
        assert scope.around is not None
        return self._side.sql(scope.around)

    @property
    def nullable(self) -> bool:
        return self._side.nullable

    @property
    def groups(self) -> list[Side]:
        return []
