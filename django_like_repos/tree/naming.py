"""Names, values and nested queries of one query, as they become sides: what reading an expression asks for.

What has been read so far decides what a name leads to: which joins are shared, what an annotation is.
"""

from collections.abc import Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import BindParameter, types
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.params import Params
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.tree import JoinTree, Node
from django_like_repos.language.casting import as_type
from django_like_repos.language.sides import Column, Computed, Constant, Named, Output, Predicate, Side
from django_like_repos.mapping.models import Field, mapper_of
from django_like_repos.mapping.paths import Path, field_path
from django_like_repos.mapping.projection import check_of_union, places_named
from django_like_repos.query import Names
from django_like_repos.query import names as names_of
from django_like_repos.query.shapes import Shape
from django_like_repos.query.trees import Walked
from django_like_repos.tree.nesting import Inner, Nesting, OuterSide
from django_like_repos.tree.tree import Tree
from django_like_repos.tree.walking import Reached

NONE: Final[Mapping[str, Side]] = MappingProxyType({})


class Naming:
    """What names mean at the step of a query that is being read: the ``Builder`` of its expressions."""

    def __init__(
        self, shape: Shape, params: Params, expressions: Iterable[Any], nest: Nesting, around: "Naming | None"
    ) -> None:
        self.shape = shape
        self.names = names_of(shape.names.model, shape.names.zone)
        """What names mean at the step that is being read."""
        self.mapper = mapper_of(shape.names.model)
        self.params = params
        self.joins = JoinTree(params)
        self.annotations: dict[str, Side] = {}
        self.outputs: dict[str, list[Named]] = {}
        """The columns of each value that is read."""
        self.call: set[Node] | None = set()
        """The aliases that the call at hand speaks of; None in one that may share any."""
        self.inline = False
        """Whether a condition joins what is related, wherever it stands."""
        self.outer_sides: list[Side] = []
        self.walks: dict[int, Node] = {}
        """The nodes of recursions, by their numbers."""
        self.nests = False
        self.brings_tables = False
        self.expressions = iter(expressions)
        self.nest = nest
        self.around = around
        params.aliases.beside(self.mapper)

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        return self.params.bind(type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        return self.params.bind_list(type_, operand)

    def opaque(self) -> Any:
        return next(self.expressions)

    def named(self, name: str) -> Named:
        return self.column(field_path(self.names, name))

    def column(self, path: Path) -> Named:
        """A path as a column, joined by the rules of the call that is being read."""
        if self.shape.frame.combined is not None:
            places = self.places(path)
            if len(places) == 1:
                return places[0]
            check_of_union(self.shape, path)
        if path.annotation is not None:
            # As in Django, the call does not speak itself of the rows that an annotation speaks of.
            inner = self.annotations[path.bare.name]
            return Computed(path.name, inner, path.annotation.type, path.transforms)
        node, fields = self.joins.node_of(path, self.call)
        if self.call is not None:
            self.call.update(node.lineage)
        return Column(node, fields, path.transforms)

    def places(self, path: Path) -> list[Named]:
        """A path as values of the rows of a combination: a key of several columns is several."""
        if path.bare.name in self.annotations:
            inner = self.annotations[path.bare.name]
            return [Computed(path.name, inner, path.types[0], path.transforms)]
        return [
            Computed(path.name, Output(place), type_, path.transforms)
            for place, type_ in zip(places_named(self.shape, path), path.types, strict=False)
        ]

    def condition(
        self, shape: Hashable, sides: Mapping[str, Side] = NONE, names: Names | None = None
    ) -> Predicate:
        """A condition within an expression."""
        raise NotImplementedError

    def outer(self, path: str, levels: int) -> Side:
        around = self.around
        if around is None:
            raise UnsupportedOperationError(
                f"OuterRef({path!r}) speaks of a row around this query: it goes into Subquery() or Exists()"
            )
        side: Side = around.named(path) if levels == 1 else around.outer(path, levels - 1)
        self.outer_sides.append(side)
        return OuterSide(side)

    def walked(self, shape: Walked) -> Side:
        """What a recursion says of a row."""
        return Reached(self.walks[shape.number], shape.column)

    def subquery(self, shape: Any, wanted: tuple[Field, ...]) -> Side:
        """A query as the right side of ``in``."""
        inner = self._inner(shape)
        # One member that is NULL, and nobody knows of the others whether they are in.
        nullable = bool(inner.members) or any(column.nullable for column in inner.columns or ())
        if not inner.outer_sides:
            return Constant(self.nest.members(inner, wanted, None), nullable=nullable)
        return Inner(inner, lambda tree, scope: self.nest.members(tree, wanted, scope), nullable=nullable)

    def nested(self, shape: Any, *, exists: bool, type_: TypeEngine[Any] | None) -> Side:
        inner = self._inner(shape)
        if exists:
            return Inner(inner, self.nest.exists, nullable=False)
        return Inner(inner, lambda tree, scope: as_type(self.nest.value(tree, scope), type_))

    def _inner(self, shape: Shape) -> Tree:
        self.nests = True
        # What a nested query wants of this one joins by the rules of the call that holds it.
        inner = self.nest.read(shape, self.params, self.expressions, self)
        if self.params.sqlite and any(side.aggregate for side in inner.outer_sides):
            raise UnsupportedOperationError("SQLite knows no aggregate of the rows around within a subquery")
        return inner
