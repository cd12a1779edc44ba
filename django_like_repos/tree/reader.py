"""From a shape to what a statement is made of: join tree, predicates, columns and ordering.

Read once, in the order of the calls, since that order decides which aliases are shared.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from copy import copy
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Join,
    Select,
    Table,
    literal_column,
    types,
)
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.params import Params
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.loads import Loaded
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import JoinTree, Node
from django_like_repos.language.casting import as_type
from django_like_repos.language.foreign import brings_tables
from django_like_repos.language.kinds import build_expression
from django_like_repos.language.lookups import lookup_of
from django_like_repos.language.operands import build_operand
from django_like_repos.language.predicates import Comparison, Exists, Junction, conjuncts
from django_like_repos.language.predicates import Constant as Always
from django_like_repos.language.predicates import Test as PredicateOf
from django_like_repos.language.sides import (
    Column,
    Computed,
    Constant,
    Named,
    Output,
    Predicate,
    Side,
)
from django_like_repos.language.terms import ForeignTerm, Term, is_single
from django_like_repos.mapping.models import Field, Hop, columns_of, links_of, mapper_of
from django_like_repos.mapping.paths import Path, field_path, relation_path
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.query import Projection
from django_like_repos.query import names as names_of
from django_like_repos.query.conditions import AND
from django_like_repos.query.shapes import (
    ALWAYS,
    NEVER,
    NULL,
    Annotate,
    Atom,
    Calls,
    Filtered,
    Group,
    Order,
    Shape,
    Sort,
    Test,
)
from django_like_repos.tree.nesting import Inner, Nesting, OuterSide

_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class Assembly:
    """The parts of one query, with every alias chosen. Also what building an operand may ask for."""

    def __init__(
        self,
        shape: Shape,
        params: Params,
        expressions: Iterable[Any],
        nest: "Nesting | None" = None,
        *,
        foreign: bool = False,
        around: "Assembly | None" = None,
    ) -> None:
        self.shape = shape
        self.foreign = foreign
        """Whether SQLAlchemy expressions or loader options are part of the query."""
        self.names = names_of(shape.names.model, shape.names.zone)
        """What names mean at the step that is being read."""
        self.model = shape.names.model
        self.mapper = mapper_of(self.model)
        self.tree = JoinTree(params)
        params.aliases.beside(self.mapper)
        self.loaded: list[list[Loaded]] = []
        """Per path of ``options()``, its relations from the root on."""
        self.columns: list[Named] | None = None
        """What is read instead of models."""
        self.annotations: dict[str, Side] = {}
        self.outputs: dict[str, list[Named]] = {}
        """The columns of each value that is read."""
        self.grouping: list[Side] | bool = False
        """What makes a group; True: each row of the model."""
        self.where: list[Predicate] = []
        self.having: list[Predicate] = []
        """Conditions on groups."""
        self.qualify: list[Predicate] = []
        """Conditions on rows and the rows around them."""
        self.members: list[Assembly] = []
        """The queries that this one is a union of, or the like."""
        self.outer_sides: list[Side] = []
        """What it reads of the rows around it."""
        self.params = params
        self.nest = nest
        self._expressions = iter(expressions)
        self._around = around
        self.scope_around: Scope | None = None
        self._call: set[Node] | None = set()
        self._inline = False
        self._nests = False
        self._brings_tables = False
        self._combine()
        self._declare()
        self._read_steps()
        if self.having and not self.grouped:
            raise UnsupportedOperationError(
                "a condition on an aggregate needs groups: annotate() the aggregate, and filter on its name; "
                "one of all rows is Subquery() or aggregate()"
            )
        self._call = None
        self.names = shape.names
        self.ordering: list[Term] = []
        self.distinct_on = [
            single for name in shape.frame.distinct_on for single in self._named(name).singles
        ]
        if not self.members:
            self.ordering += [term for order in shape.ordering for term in self._terms(order)]
        self.limit = params.bind(types.BigInteger()) if shape.limited else None
        self.offset = params.bind(types.BigInteger()) if shape.offset else None
        self.summary: list[tuple[str, Side]] = []
        for name, value, self.names in shape.frame.summary:
            # Each may speak of those before it.
            self.annotations[name] = build_expression(self, value)
            self.summary.append((name, self.annotations[name]))
        self.names = shape.names

    @property
    def sliced(self) -> bool:
        return self.shape.limited or self.shape.offset

    @property
    def extras(self) -> dict[str, Side]:
        """The annotations that models carry."""
        if self.columns is not None:
            return {}
        return {
            name: side for name, side in self.annotations.items() if self.names.annotations[name].selected
        }

    def labelled(self, scope: Scope) -> list[ColumnElement[Any]]:
        """The annotations that models carry, as columns of a SELECT."""
        return [scope.labelled(side, name) for name, side in self.extras.items()]

    @property
    def windows(self) -> bool:
        """Whether rows carry, or are ordered by, what is computed of the rows around."""
        sides = [*(self.columns or ()), *self.extras.values(), *[term.side for term in self.ordering]]
        return any(side.window for side in sides)

    @property
    def grouped(self) -> bool:
        return self.grouping is not False

    @property
    def read(self) -> set[Node]:
        """The nodes whose rows are part of the result, with those that lead to them."""
        if self.columns is not None:
            return self.told
        loaded = {each for chain in self.loaded for loaded in chain for each in loaded.node.lineage}
        return self.told | loaded

    @property
    def told(self) -> set[Node]:
        """The nodes whose rows make different rows of the result."""
        sides: list[Side] = [*(self.columns or ()), *self.distinct_on]
        sides += [side for _, side in self.summary]
        # As in Django, what is annotated too, also where it is not among the values that are read.
        known = self.names.annotations
        sides += [side for name, side in self.annotations.items() if name in known and known[name].selected]
        nodes = [node for side in sides for node in side.nodes]
        if self.grouped:
            grouping = self.grouping if isinstance(self.grouping, list) else []
            grouped = [*grouping, *self._aggregates(), *[term.side for term in self.ordering]]
            nodes += [node for side in grouped for node in side.nodes]
            nodes += [node for predicate in self.having for node in predicate.nodes]
        nodes += [node for predicate in self.qualify for node in predicate.nodes]
        if self.qualify or self.distinct_on or self.windows:
            # What is ordered by has to be there too, but makes no other row.
            nodes += [node for term in self.ordering if is_single(term) for node in term.side.nodes]
        return {each for node in nodes for each in node.lineage}

    def _aggregates(self) -> list[Side]:
        summary = {name for name, _ in self.summary}
        return [side for name, side in self.annotations.items() if side.aggregate and name not in summary]

    @property
    def multiplied(self) -> bool:
        """Whether joins that are no part of the result would repeat its rows."""
        return bool(self.loose) or self._brings_tables or any(term.multiplies for term in self.ordering)

    @property
    def loose(self) -> set[Node]:
        """The to-many nodes that only filter or order."""
        return {node for node in self.tree.nodes if node.to_many} - self.read

    def within(self, scope: Scope) -> "Assembly":
        """The same, as a subquery in a scope."""
        inner = copy(self)
        inner.scope_around = scope
        return inner

    @property
    def correlated(self) -> bool:
        """Whether it is asked for each row of a query around it."""
        return self.scope_around is not None

    def scope(self) -> Scope:
        """A scope for a SELECT of its own."""
        # SQLAlchemy leads a class that is read from a union to it in subqueries too, if it is not an alias.
        union = self._nests and not isinstance(self.mapper.selectable, (Table, Join))
        alias = (self.correlated or union) and not self.foreign
        root = self.params.aliases.entity(self.mapper) if alias else self.model
        return Scope(self.tree, root, around=self.scope_around)

    def correlating(self, statement: Select[Any]) -> Select[Any]:
        """``statement`` speaking of the rows around it."""
        around = self.scope_around
        entities: list[Any] = []
        while around is not None:
            entities += around.entities
            around = around.around
        return statement.correlate(*entities) if entities else statement

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        return self.params.bind(type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        return self.params.bind_list(type_, operand)

    def column(self, path: Path) -> Named:
        """A path as a column, joined by the rules of the call that is being read."""
        if self.members:
            return self._output(path)
        if path.annotation is not None:
            # As in Django, the call does not speak itself of the rows that an annotation speaks of.
            inner = self.annotations[path.bare.name]
            return Computed(path.name, inner, path.annotation.type, path.transforms)
        node, fields = self.tree.node_of(path, self._call)
        if self._call is not None:
            self._call.update(node.lineage)
        return Column(node, fields, path.transforms)

    def _output(self, path: Path) -> Named:
        """A path as a value of the rows of a combination."""
        named = path.bare
        if named.name in self.annotations:
            return Computed(path.name, self.annotations[named.name], path.types[0], path.transforms)
        names = [named.name, *[field.key for field in named.fields if not named.shortest.hops]]
        known = outputs_of(self.shape) or tuple([field.key for field in columns_of(self.mapper)])
        found = next((name for name in names if name in known), None)
        if found is None:
            raise UnsupportedOperationError(
                f"{path.name!r} is none of the values that are combined, which are {', '.join(known)}"
            )
        return Computed(path.name, Output(found), path.types[0], path.transforms)

    def outer(self, path: str, levels: int) -> Side:
        around = self._around
        if around is None:
            raise UnsupportedOperationError(
                f"OuterRef({path!r}) speaks of a row around this query: it goes into Subquery() or Exists()"
            )
        if levels == 1:
            side: Side = around.column(field_path(around.names, path))
        else:
            side = around.outer(path, levels - 1)
        self.outer_sides.append(side)
        return OuterSide(side)

    def opaque(self) -> Any:
        return next(self._expressions)

    def subquery(self, shape: Any, wanted: tuple[Field, ...]) -> Side:
        """A query as the right side of ``in``."""
        nest = self._nesting()
        inner = self._inner(shape)
        self._check_outer(inner)
        if not inner.outer_sides:
            return Constant(nest.members(inner, wanted))
        return Inner(inner, lambda assembly: nest.members(assembly, wanted))

    def nested(self, shape: Any, *, exists: bool, type_: TypeEngine[Any] | None) -> Side:
        nest = self._nesting()
        inner = self._inner(shape)
        self._check_outer(inner)
        if exists:
            return Inner(inner, nest.exists)
        return Inner(inner, lambda assembly: as_type(nest.value(assembly), type_))

    def _check_outer(self, inner: "Assembly") -> None:
        if self.params.sqlite and any(side.aggregate for side in inner.outer_sides):
            raise UnsupportedOperationError("SQLite knows no aggregate of the rows around within a subquery")

    def _inner(self, shape: Shape) -> "Assembly":
        self._nests = True
        # What a nested query wants of this one joins by the rules of the call that holds it.
        return Assembly(shape, self.params, self._expressions, self.nest, around=self)

    def _nesting(self) -> Nesting:
        assert self.nest is not None
        return self.nest

    def condition(self, shape: Hashable) -> Predicate:
        inline, self._inline = self._inline, True
        predicate = self._predicate(shape, branch=False, current=False)
        self._inline = inline
        return predicate

    def joined(self, scope: Scope, statement: Select[Any]) -> Select[Any]:
        """``statement`` with every join and condition."""
        statement = scope.join(statement, self.tree.nodes)
        for predicate in self.where:
            statement = statement.where(predicate.sql(scope))
        return self.correlating(statement)

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
        elif self.offset is not None and self.params.sqlite:
            # SQLite has no OFFSET alone, and SQLAlchemy's own way round it does not print as text.
            statement = statement.limit(literal_column("-1", types.Integer()))
        return statement if self.offset is None else statement.offset(self.offset)

    def _combine(self) -> None:
        combined = self.shape.frame.combined
        for member in combined.members if combined is not None else ():
            self.members.append(
                Assembly(member, self.params, self._expressions, self.nest, around=self._around)
            )
        self.outer_sides += [side for member in self.members for side in member.outer_sides]

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
        if self.members:
            return
        projection = self.shape.frame.projection
        for position, step in enumerate(self.shape.steps):
            if projection is not None and projection.position == position:
                self._project(projection)
            if isinstance(step, Annotate):
                projected = projection is not None and projection.position <= position
                self._annotate(step, projected=projected)
            elif isinstance(step, Filtered):
                self._relate(step)
            else:
                self._filter(step)
        if projection is not None and self.columns is None:
            self._project(projection)

    def _annotate(self, step: Annotate, *, projected: bool) -> None:
        self._call = None
        grouping: list[Side] = (
            [*map(self._named, step.grouped_by)] if isinstance(step.grouped_by, tuple) else []
        )
        side = build_expression(self, step.value)
        self.names = step.names
        self.annotations.pop(step.name, None)
        self.annotations[step.name] = side
        if step.grouped_by is True:
            self.grouping = True
        elif step.grouped_by is not False:
            self.grouping = grouping
        annotation = self.names.annotations.get(step.name)
        if projected and self.columns is not None and annotation is not None and annotation.selected:
            self.columns = [column for column in self.columns if getattr(column, "name", None) != step.name]
            self.columns.append(Computed(step.name, side, annotation.type))

    def _relate(self, step: Filtered) -> None:
        self._call = None
        assert step.names is not None
        self.names = step.names
        node = self._named(step.name).node
        assert node is not None
        node.condition = self.condition(step.condition)
        self.tree.lay_by(node)

    def _filter(self, step: Hashable) -> None:
        self._call = set()
        predicate = self._predicate(step, branch=False, current=False)
        self.tree.require(predicate.matched(False))
        for each in conjuncts(predicate) if predicate.aggregate or predicate.window else [predicate]:
            self._check_rows(each)
            (self.qualify if each.window else self.having if each.aggregate else self.where).append(each)

    def _check_rows(self, predicate: Predicate) -> None:
        """Raises UnsupportedOperationError for a window beside a to-many path: they are of other rows."""
        windows = [side for side in self.annotations.values() if side.window]
        theirs = {each for side in windows for node in side.nodes for each in node.lineage}
        if predicate.window and any(node.to_many for node in predicate.nodes - theirs):
            raise UnsupportedOperationError(
                "a window and a to-many path cannot share one condition: say them in two filter() calls"
            )

    def _project(self, projection: Projection) -> None:
        self._call = None
        fields = projection.fields
        if fields:
            self.outputs = {name: self._named(name).singles for name in fields}
            self.columns = [single for name in fields for single in self.outputs[name]]
            return
        columns = [Column(self.tree.root, (field,)) for field in columns_of(self.mapper)]
        self.columns = [*columns, *[self._named(name).singles[0] for name in self.extras]]

    def _named(self, name: str) -> Named:
        return self.column(field_path(self.names, name))

    def _predicate(self, shape: Hashable, *, branch: bool, current: bool) -> Predicate:
        """``branch``: some NOT stands above; ``current``: an odd number of them."""
        if isinstance(shape, Atom):
            return self._comparison(shape, branch=branch, current=current)
        if isinstance(shape, Group):
            branch = branch or shape.negated
            current ^= shape.negated
            children = [self._predicate(child, branch=branch, current=current) for child in shape.children]
            return Junction(shape.connector, shape.negated, children)
        if isinstance(shape, Calls):
            return self._calls(shape, branch, current)
        if isinstance(shape, Test):
            return PredicateOf(build_expression(self, shape.value), self.mapper.local_table)
        if shape in (NEVER, ALWAYS):
            return Always(shape == ALWAYS)
        side = build_expression(self, shape)
        self._brings_tables |= brings_tables(side.sql(Scope(self.tree, self.model)), self.mapper)
        return PredicateOf(side, self.mapper.local_table)

    def _calls(self, shape: Calls, branch: bool, current: bool) -> Predicate:
        """One side of two querysets; what it names is named within it only."""
        before, annotations = self.names, self.annotations
        self.names, self.annotations = shape.names, dict(annotations)
        children = [self._one_call(step, branch, current) for step in shape.steps]
        self.names, self.annotations = before, annotations
        return Junction(AND, False, children)

    def _one_call(self, step: Hashable, branch: bool, current: bool) -> Predicate:
        if isinstance(step, Annotate):
            self._annotate(step, projected=False)
            return Always(True)
        self._call = set()
        return self._predicate(step, branch=branch, current=current)

    def _comparison(self, atom: Atom, *, branch: bool, current: bool) -> Predicate:
        path = field_path(self.names, atom.path)
        lookup = lookup_of(path, atom.lookup)
        tolerant = lookup.tolerates(atom.operand)
        # The right side first, as Django does: its joins are there for the left side to share.
        right = build_operand(self, path, atom.operand, lookup.param_types(path))
        if branch and path.crosses_to_many and not self._inline:
            at_hand = None if tolerant else self._at_hand(path)
            narrowed = self.tree.narrowed
            return Exists(
                path.shortest,
                lookup,
                right,
                tolerant=tolerant,
                at_hand=at_hand,
                narrowed=narrowed,
                root=self.tree.root,
            )
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

    def _terms(self, order: Order | Sort) -> Iterator[Term]:
        descending = order.descending != self.shape.frame.backwards
        if isinstance(order, Sort):
            nulls = order.nulls
            if nulls is not None and self.shape.frame.backwards:
                nulls = "last" if nulls == "first" else "first"
            yield Term(build_expression(self, order.value), descending=descending, nulls=nulls)
        elif order.path is None:
            expression = self.opaque()
            multiplies = brings_tables(expression, self.mapper)
            yield ForeignTerm(expression, reverse=descending, multiplies=multiplies)
        else:
            # As in Django, a value that is read is what its name orders by.
            for column in self.outputs.get(order.path) or self._named(order.path).singles:
                yield Term(column, descending=descending)
