"""From a shape to what a statement is made of: join tree, predicates, columns and ordering.

Read once, in the order of the calls, since that order decides which aliases are shared.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    UnaryExpression,
    asc,
    desc,
    literal_column,
    select,
    types,
)
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.selectable import SelectBase

from django_like_repos.builder.constructs.documents import Document, json_order
from django_like_repos.builder.expressions import Column
from django_like_repos.builder.joins import JoinTree, Node, Scope
from django_like_repos.builder.loading import Loaded
from django_like_repos.builder.lookups import lookup_of
from django_like_repos.builder.mapping import Field, Hop, columns_of, links_of, mapper_of
from django_like_repos.builder.operands import build_operand
from django_like_repos.builder.params import Params
from django_like_repos.builder.paths import Path, field_path, relation_path
from django_like_repos.builder.predicates import (
    Comparison,
    Constant,
    Exists,
    Junction,
    Opaque,
    Predicate,
)
from django_like_repos.query import Projection
from django_like_repos.query.shapes import ALWAYS, NEVER, NULL, Atom, Group, Order, Shape


class Term:
    """One term of an ordering."""

    def __init__(
        self, column: Column | None, expression: Any = None, *, descending: bool, multiplies: bool = False
    ) -> None:
        self.column = column
        self._expression = expression
        self.descending = descending
        self.multiplies = multiplies
        """Whether it brings a table of its own into the query."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self.column.node.lineage) if self.column else ()

    @property
    def plain(self) -> bool:
        """Whether it is a column as it is, which a list of columns has in it."""
        return self.column is not None and not self.column.transforms

    def value(self, scope: Scope) -> ColumnElement[Any]:
        """What is ordered by, without direction."""
        if self.column is not None:
            value = self.column.sql(scope)
            return json_order(value) if isinstance(value.type, (Document, types.JSON)) else value
        expression = self._expression
        while isinstance(expression, UnaryExpression) and expression.modifier in _MODIFIERS:
            expression = expression.element
        return cast(ColumnElement[Any], expression)

    def directed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """``value`` in this term's direction."""
        if self.column is not None:
            return _in_direction(value, descending=self.descending)
        return _redirected(self._expression, value, reverse=self.descending)

    def sql(self, scope: Scope) -> ColumnElement[Any]:
        return self.directed(self.value(scope))


Nest = Callable[["Assembly", tuple[Field, ...]], Any]
"""Makes the SELECT of a nested query, of the wanted fields."""


_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class Assembly:
    """The parts of one query, with every alias chosen. Also what building an operand may ask for."""

    def __init__(
        self,
        shape: Shape,
        params: Params,
        expressions: Iterable[Any],
        nest: "Nest | None" = None,
        *,
        foreign: bool = False,
    ) -> None:
        self.shape = shape
        self.foreign = foreign
        """Whether SQLAlchemy expressions or loader options are part of the query."""
        self.names = shape.names
        self.model = shape.names.model
        self.mapper = mapper_of(self.model)
        self.tree = JoinTree()
        self.loaded: list[list[Loaded]] = []
        """Per path of ``options()``, its relations from the root on."""
        self.columns: list[Column] | None = None
        """What is read instead of models."""
        self.where: list[Predicate] = []
        self._params = params
        self._expressions = iter(expressions)
        self._nest = nest
        self._call: set[Node] | None = set()
        self._brings_tables = False
        self._declare()
        self._read_steps()
        self._call = None
        self.ordering = [term for order in shape.ordering for term in self._terms(order)]
        self.limit = params.bind(types.BigInteger()) if shape.limited else None
        self.offset = params.bind(types.BigInteger()) if shape.offset else None

    @property
    def sliced(self) -> bool:
        return self.shape.limited or self.shape.offset

    @property
    def read(self) -> set[Node]:
        """The nodes whose rows are part of the result, with those that lead to them."""
        if self.columns is not None:
            return {each for column in self.columns for each in column.node.lineage}
        return {each for chain in self.loaded for loaded in chain for each in loaded.node.lineage}

    @property
    def multiplied(self) -> bool:
        """Whether joins that are no part of the result would repeat its rows."""
        return bool(self.loose) or self._brings_tables or any(term.multiplies for term in self.ordering)

    @property
    def loose(self) -> set[Node]:
        """The to-many nodes that only filter or order."""
        return {node for node in self.tree.nodes if node.to_many} - self.read

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        return self._params.bind(type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        return self._params.bind_list(type_, operand)

    def column(self, path: Path) -> Column:
        """A path as a column, joined by the rules of the call that is being read."""
        node, fields = self.tree.node_of(path, self._call)
        if self._call is not None:
            self._call.update(node.lineage)
        return Column(node, fields, path.transforms)

    def opaque(self) -> Any:
        return next(self._expressions)

    def subquery(self, shape: Any, wanted: tuple[Field, ...]) -> Any:
        """A query as the right side of ``in``."""
        assert self._nest is not None
        return self._nest(Assembly(shape, self._params, self._expressions, self._nest), wanted)

    def joined(self, scope: Scope, statement: Select[Any]) -> Select[Any]:
        """``statement`` with every join and condition."""
        statement = scope.join(statement, self.tree.nodes)
        for predicate in self.where:
            statement = statement.where(predicate.sql(scope))
        return statement

    def ordered(
        self, scope: Scope, statement: Select[Any], carried: Mapping[Term, ColumnElement[Any]] = _NOTHING
    ) -> Select[Any]:
        """``statement`` in order; ``carried`` are values that stand for terms, from a subquery."""
        if not self.ordering:
            return statement
        return statement.order_by(
            *[term.directed(carried[term]) if term in carried else term.sql(scope) for term in self.ordering]
        )

    def paged(self, statement: Select[Any]) -> Select[Any]:
        """``statement`` with LIMIT and OFFSET."""
        if self.limit is not None:
            statement = statement.limit(self.limit)
        elif self.offset is not None and self._params.sqlite:
            # SQLite has no OFFSET alone, and SQLAlchemy's own way round it does not print as text.
            statement = statement.limit(literal_column("-1", types.Integer()))
        return statement if self.offset is None else statement.offset(self.offset)

    def _declare(self) -> None:
        shape = self.shape
        kinds: dict[str, bool] = {}
        for path, outer in shape.frame.joins:
            kinds.pop(path, None)
            kinds[path] = outer
        declared = {
            path: self.tree.declare(relation_path(self.names, path).hops, outer=outer)
            for path, outer in kinds.items()
        }
        for path, node in declared.items():
            node.declared = kinds[path]
        for path in shape.frame.loads:
            self.loaded.append(self._load(relation_path(self.names, path).named))

    def _load(self, relations: tuple[Hop, ...]) -> list[Loaded]:
        chain: list[Loaded] = []
        hops: tuple[Hop, ...] = ()
        outer = False
        for relation in relations:
            hops = (*hops, *links_of(relation))
            node = self.tree.declare(hops, outer=outer)
            outer = node.outer
            chain.append(Loaded(relation, node))
        return chain

    def _read_steps(self) -> None:
        projection = self.shape.frame.projection
        for position, step in enumerate(self.shape.steps):
            if isinstance(projection, Projection) and projection.position == position:
                self._project(projection)
            self._call = set()
            predicate = self._predicate(step, branch=False, current=False)
            self.tree.require(predicate.matched(False))
            self.where.append(predicate)
        if isinstance(projection, Projection) and self.columns is None:
            self._project(projection)

    def _project(self, projection: Projection) -> None:
        self._call = None
        if projection.fields:
            read = [self.column(field_path(self.names, name)) for name in projection.fields]
            self.columns = [single for column in read for single in column.singles]
        else:
            self.columns = [Column(self.tree.root, (field,)) for field in columns_of(self.mapper)]

    def _predicate(self, shape: Hashable, *, branch: bool, current: bool) -> Predicate:
        """``branch``: some NOT stands above; ``current``: an odd number of them."""
        if isinstance(shape, Atom):
            return self._comparison(shape, branch=branch, current=current)
        if isinstance(shape, Group):
            branch = branch or shape.negated
            current ^= shape.negated
            children = [self._predicate(child, branch=branch, current=current) for child in shape.children]
            return Junction(shape.connector, shape.negated, children)
        if shape in (NEVER, ALWAYS):
            return Constant(shape == ALWAYS)
        expression = self.opaque()
        self._brings_tables |= _brings_tables(expression, self.mapper)
        return Opaque(expression, own=_own(expression, [self.mapper.local_table]))

    def _comparison(self, atom: Atom, *, branch: bool, current: bool) -> Predicate:
        path = field_path(self.names, atom.path)
        lookup = lookup_of(path, atom.lookup)
        tolerant = lookup.tolerates(atom.operand)
        # The right side first, as Django does: its joins are there for the left side to share.
        right = build_operand(self, path, atom.operand, lookup.param_types(path))
        if branch and path.crosses_to_many:
            at_hand = None if tolerant else self._at_hand(path)
            return Exists(path.shortest, lookup, right, tolerant=tolerant, at_hand=at_hand)
        left = self.column(path)
        # As in Django, a row without a document is not one whose document is other than null.
        guarded = atom.operand != NULL
        return Comparison(path, lookup, left, right, tolerant=tolerant, negated=current, guarded=guarded)

    def _at_hand(self, path: Path) -> Node | None:
        """The alias by which this call already speaks of the related row that ``path`` leads to."""
        node = self.tree.root
        for hop in path.hops:
            found = next((c for c in node.children if c.hop is hop and c in (self._call or ())), None)
            if found is None or found.to_many:
                return found
            node = found
        return None

    def _terms(self, order: Order) -> Iterator[Term]:
        descending = order.descending != self.shape.frame.backwards
        if order.path is None:
            expression = self.opaque()
            multiplies = _brings_tables(expression, self.mapper)
            yield Term(None, expression, descending=descending, multiplies=multiplies)
            return
        for column in self.column(field_path(self.names, order.path)).singles:
            yield Term(column, descending=descending)


def _brings_tables(expression: ColumnElement[Any], mapper: Mapper[Any]) -> bool:
    """Whether an SQLAlchemy expression puts another table than the mapper's beside it in FROM."""
    own = {table.description for table in mapper.tables}
    froms = select(expression).get_final_froms()
    return any(not isinstance(each, Table) or each.description not in own for each in froms)


def _own(expression: ColumnElement[Any], tables: Any) -> bool:
    """Whether an SQLAlchemy expression speaks of nothing but these tables' own columns."""
    own = {id(table) for table in tables}
    for part in visitors.iterate(expression):
        if isinstance(part, SelectBase):
            return False
        if part.__visit_name__ == "column":
            table = getattr(part, "table", None)
            if (
                table is None
                or id(table._deannotate() if hasattr(table, "_deannotate") else table) not in own
            ):
                return False
    return True


_MODIFIERS = (operators.asc_op, operators.desc_op, operators.nulls_first_op, operators.nulls_last_op)
_REVERSED: dict[Any, Any] = {
    operators.nulls_first_op: operators.nulls_last_op,
    operators.nulls_last_op: operators.nulls_first_op,
}


def _in_direction(value: ColumnElement[Any], *, descending: bool) -> ColumnElement[Any]:
    directed: ColumnElement[Any] = desc(value) if descending else asc(value)
    return directed


def _redirected(expression: Any, value: ColumnElement[Any], *, reverse: bool) -> ColumnElement[Any]:
    """``value`` with the modifiers of an ordering expression, turned round if wanted."""
    modifiers = []
    while isinstance(expression, UnaryExpression) and expression.modifier in _MODIFIERS:
        modifiers.append(expression.modifier)
        expression = expression.element
    descending = (operators.desc_op in modifiers) != reverse
    directed = _in_direction(value, descending=descending) if modifiers or reverse else value
    for modifier in modifiers:
        if modifier in _REVERSED:
            placed = _REVERSED[modifier] if reverse else modifier
            return directed.nulls_first() if placed is operators.nulls_first_op else directed.nulls_last()
    return directed
