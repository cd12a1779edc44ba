"""From a shape to a tree: the steps of a query read once, in the order of the calls.

That order decides which aliases are shared, and in which order the params have their values.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import types

from django_like_repos.constructs.params import Params
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.loads import NO_MASKS, Loaded
from django_like_repos.joins.tree import lineage_of
from django_like_repos.language.foreign import brings_tables
from django_like_repos.language.keysets import beyond
from django_like_repos.language.kinds import build_expression
from django_like_repos.language.predicates import conjuncts
from django_like_repos.language.sides import Column, Computed, Named, Predicate, Side
from django_like_repos.language.terms import ForeignTerm, Term
from django_like_repos.mapping.fields import filled_by, inherited_by, steps_of
from django_like_repos.mapping.models import Hop, columns_of, key_of, links_of
from django_like_repos.mapping.owners import Ownership
from django_like_repos.mapping.paths import field_path, relation_path
from django_like_repos.query import Projection
from django_like_repos.query.shapes import Annotate, Filtered, Keyset, Order, Owned, Reference, Shape, Sort
from django_like_repos.query.trees import Walk
from django_like_repos.tree.conditions import Conditions
from django_like_repos.tree.locking import locks_of
from django_like_repos.tree.masking import masks_of
from django_like_repos.tree.naming import Naming
from django_like_repos.tree.nesting import Nesting
from django_like_repos.tree.owners import keys_of_owners, owners_of
from django_like_repos.tree.tree import Tree
from django_like_repos.tree.walking import BelowRoots, Recursion, hop_of_walk, read_walk


def read(
    shape: Shape,
    params: Params,
    expressions: Iterable[Any],
    nest: Nesting,
    *,
    around: Naming | None = None,
    foreign: bool = False,
    owners: Side | None = None,
) -> Tree:
    """The tree of a query, within the one ``around`` it if there is one.

    ``owners`` are the keys of those whose rows are wanted, where no param has them.

    Raises UnsupportedOperationError for what cannot be said together.
    """
    return Reader(shape, params, expressions, nest, around, owners).tree(foreign=foreign)


def row_of(shape: Shape, params: Params, expressions: Iterable[Any], nest: Nesting) -> Naming:
    """What names mean after the steps of a query: for values that are computed of one row."""
    reader = Reader(shape, params, expressions, nest, None)
    reader.read_joins()
    reader.read_steps()
    return reader


class Reader(Conditions):
    """Reads one query."""

    def __init__(
        self,
        shape: Shape,
        params: Params,
        expressions: Iterable[Any],
        nest: Nesting,
        around: Naming | None,
        owners: Side | None = None,
    ) -> None:
        super().__init__(shape, params, expressions, nest, around)
        self._owners = owners
        self._columns: list[Named] | None = None
        self._grouping: list[Side] | bool = False
        self._grouped: dict[tuple[int, str], Side] = {}
        """What groups are made by, by where it was named and its name."""
        self._where: list[Predicate] = []
        self._having: list[Predicate] = []
        self._qualify: list[Predicate] = []
        self._recursions: list[Recursion] = []

    def tree(self, *, foreign: bool) -> Tree:
        shape, frame = self.shape, self.shape.frame
        members = self._members()
        loads = self.read_joins()
        self.read_steps()
        distinct_on = [single for name in frame.distinct_on for single in self._read_or_named(name)]
        order = [term for each in shape.ordering for term in self._terms(each)]
        limit = self.bind(types.BigInteger()) if shape.limited else None
        offset = self.bind(types.BigInteger()) if shape.offset else None
        if frame.keyset is not None and frame.keyset.nulls is not None:
            self._go_beyond(order, frame.keyset)
        summary = tuple(self._summary()) if frame.summary else ()
        if frame.related:
            # Nothing but models shares a join that is there to fill them, so it is the last.
            loads += self._related(frame.related, outer=foreign)
        fields = {
            "shape": shape,
            "mapper": self.mapper,
            "params": self.params,
            "joins": self.joins,
            "foreign": foreign,
            "columns": None if self._columns is None else tuple(self._columns),
            "where": tuple(self._where),
            "having": tuple(self._having),
            "qualify": tuple(self._qualify),
            "groups": _groups(self._grouping),
            "of_models": self._grouping is True,
            "order": tuple(order),
            "keyset": () if frame.keyset is None else tuple(order),
            "distinct_on": tuple(distinct_on),
            "loads": loads,
            "owner_key": (),
            "owners_repeat": False,
            "masks": masks_of(frame.fields, self.joins.root, self.mapper, loads)
            if frame.fields
            else NO_MASKS,
            "limit": limit,
            "offset": offset,
            "locks": locks_of(frame.locked, self.joins.root, self.names, loads, sqlite=self.params.sqlite),
            "summary": summary,
            "annotations": self.annotations,
            "members": members,
            "walks": tuple(self._recursions),
            "outer_sides": tuple(self.outer_sides),
            "nests": self.nests,
            "brings_tables": self.brings_tables,
        }
        if frame.owned is not None:
            fields |= self._owned(frame.owned, fields)
        return Tree.of(fields)

    def _owned(self, owned: Owned, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What becomes of a query of which the rows of owners are wanted."""
        assert isinstance(owned.by, Ownership)
        found = self._owners
        owners = owners_of(
            owned.by,
            self.joins,
            fields["order"],
            limit=fields["limit"],
            offset=fields["offset"],
            own_key=tuple([Column(self.joins.root, (field,)) for field in key_of(self.mapper)]),
            keys=keys_of_owners(owned.by, owned.keys, self.params) if found is None else found,
            found=found is not None,
        )
        return {
            "owner_key": owners.key,
            "owners_repeat": owners.rank is not None and owned.by.repeats,
            "where": (*fields["where"], owners.wanted),
            "qualify": fields["qualify"] if owners.rank is None else (*fields["qualify"], owners.rank),
            "order": owners.order,
            "limit": None,
            "offset": None,
        }

    def read_steps(self) -> None:
        """From then on a name means what it means after all steps, and shares any alias."""
        if self.shape.frame.combined is None:
            self._read_steps(self.shape.frame.projection)
        if self._having and self._grouping is False:
            raise UnsupportedOperationError(
                "a condition on an aggregate needs groups: annotate() the aggregate, and filter on its name; "
                "one of all rows is Subquery() or aggregate()"
            )
        self.call = None
        self.names = self.shape.names

    def _read_steps(self, projection: Projection | None) -> None:
        steps = self.shape.steps
        annotations = [step for step in steps if isinstance(step, Annotate)]
        named = (
            {by.position: by for step in annotations if isinstance(by := step.grouped_by, Projection)}
            if annotations
            else {}
        )
        for position, step in enumerate(steps):
            if position in named:
                self._name_groups(named[position])
            if projection is not None and projection.position == position:
                self._project(projection)
            if isinstance(step, Annotate):
                self._annotate(step, projected=projection is not None and projection.position <= position)
            elif isinstance(step, Filtered):
                self._relate(step)
            elif isinstance(step, Walk):
                self._walk(step)
            else:
                self._filter(step)
        if projection is not None and self._columns is None:
            self._project(projection)

    def _members(self) -> tuple[Tree, ...]:
        combined = self.shape.frame.combined
        if combined is None:
            return ()
        members = [
            self.nest.read(member, self.params, self.expressions, self.around) for member in combined.members
        ]
        self.outer_sides += [side for member in members for side in member.outer_sides]
        return tuple(members)

    def read_joins(self) -> tuple[tuple[Loaded, ...], ...]:
        """The joins that the user named; those of ``options()`` as what they load."""
        frame, kinds = self.shape.frame, dict[str, bool]()
        if not frame.joins and not frame.loads:
            return ()
        for path, outer in frame.joins:
            kinds.pop(path, None)
            kinds[path] = outer
        declared = {
            path: self.joins.declare(relation_path(self.names, path).hops, outer=outer)
            for path, outer in kinds.items()
        }
        for path, node in declared.items():
            node.declared = kinds[path]
        return tuple([self._load(relation_path(self.names, path).named) for path in frame.loads])

    def _load(self, relations: tuple[Hop, ...]) -> tuple[Loaded, ...]:
        chain: list[Loaded] = []
        hops: tuple[Hop, ...] = ()
        outer = False
        for relation in relations:
            hops = (*hops, *links_of(relation))
            node = self.joins.declare(hops, outer=outer)
            outer = node.outer
            chain.append(Loaded(relation, node))
        return tuple(chain)

    def _related(self, paths: Iterable[str], *, outer: bool) -> tuple[tuple[Loaded, ...], ...]:
        """What ``select_related()`` fills, each relation by the join that is there already if one is.

        New ones are ``outer`` beside SQLAlchemy's options, which may hide what a row always has.
        """
        chains: list[tuple[Loaded, ...]] = []
        for name in paths:
            path = relation_path(self.names, name)
            steps: list[Loaded] = []
            hops: tuple[Hop, ...] = ()
            start = len(path.named) - len(steps_of(path))
            for named in path.named:
                relation = named
                while steps and (above := inherited_by(steps[-1].relation, relation)):
                    relation, hops = above, hops[:-1]
                    steps.pop()
                filled = filled_by(relation)
                hops = (*hops, *filled)
                node = self.joins.fill(hops, outer=outer)
                steps.append(Loaded(filled[-1] if filled[-1].inline else relation, node))
            chains.append(tuple(steps[start:]))
        whole = {chain[:length] for chain in chains for length in range(1, len(chain))}
        return tuple([chain for chain in dict.fromkeys(chains) if chain not in whole])

    def _annotate(self, step: Annotate, *, projected: bool) -> None:
        self.call = None
        side = self.annotated(step)
        by = step.grouped_by
        if isinstance(by, Projection):
            self._grouping = [
                self._grouped.get((by.position, name)) or self.named(name) for name in by.fields
            ]
        elif by:
            self._grouping = True
        annotation = self.names.annotations.get(step.name)
        if projected and self._columns is not None and annotation is not None and annotation.selected:
            self._columns = [each for each in self._columns if getattr(each, "name", None) != step.name]
            self._columns.append(Computed(step.name, side, annotation.type))

    def _name_groups(self, by: Projection) -> None:
        """Reads the values that groups are made by where they were named, as those that are read are."""
        self.call = None
        later = {step.name for step in self.shape.steps[by.position :] if isinstance(step, Annotate)}
        for name in by.fields:
            if name not in later:
                self._grouped[by.position, name] = self.named(name)

    def _relate(self, step: Filtered) -> None:
        self.call = None
        assert step.names is not None
        self.names = step.names
        node = self.named(step.name).node
        assert node is not None
        node.condition = self.condition(step.condition)
        self.joins.lay_by(node)

    def _walk(self, step: Walk) -> None:
        recursion = read_walk(step, self.params, self.expressions, self.nest)
        node = self.joins.declare([hop_of_walk(self.mapper, step.number)], outer=False)
        node.source = recursion
        self.walks[step.number] = node
        self._recursions.append(recursion)
        if not step.with_roots:
            self._where.append(BelowRoots(node, recursion))

    def _filter(self, step: Any) -> None:
        predicate = self.filtered(step)
        self.joins.require(predicate.matched(False))
        for each in conjuncts(predicate) if predicate.aggregate or predicate.window else [predicate]:
            self._check_rows(each)
            self._place(each)

    def _go_beyond(self, order: list[Term], keyset: Keyset) -> None:
        """Leaves the rows beyond a place in the order."""
        predicate = beyond(order, keyset, self.bind)
        sides = [*self.annotations.values(), *(self._columns or ()), *[term.side for term in order]]
        if any(side.window for side in sides):
            # A window sees the rows of every page.
            self._qualify.append(predicate)
        else:
            self._place(predicate)

    def _place(self, predicate: Predicate) -> None:
        """Puts a condition where it can be told."""
        wanted = self._qualify if predicate.window else self._having if predicate.aggregate else self._where
        wanted.append(predicate)

    def _check_rows(self, predicate: Predicate) -> None:
        """Raises UnsupportedOperationError for a window beside a to-many path: they are of other rows."""
        if not predicate.window:
            return
        # What is aggregated is no row beside a group.
        computed = [side for side in self.annotations.values() if side.window or side.aggregate]
        theirs = lineage_of(node for side in computed for node in side.nodes)
        if any(node.to_many for node in predicate.nodes - theirs):
            raise UnsupportedOperationError(
                "a window and a to-many path cannot share one condition: say them in two filter() calls"
            )

    def _project(self, projection: Projection) -> None:
        self.call = None
        fields = projection.fields
        if fields:
            self.outputs = {name: self.named(name).singles for name in fields}
            self._columns = [single for name in fields for single in self.outputs[name]]
            return
        columns = [Column(self.joins.root, (field,)) for field in columns_of(self.mapper)]
        known = self.names.annotations
        carried = [name for name in self.annotations if known[name].selected]
        self._columns = [*columns, *[self.named(name).singles[0] for name in carried]]

    def _read_or_named(self, name: str) -> list[Named]:
        """The columns of a value that is read; of another name, what it means now."""
        if name in self.outputs:
            return self.outputs[name]
        path = field_path(self.names, name)
        places = self.places(path) if self.shape.frame.combined is not None else []
        return places or self.column(path).singles

    def _terms(self, order: Order | Sort) -> Iterator[Term]:
        backwards = self.shape.frame.backwards
        descending = order.descending != backwards
        if isinstance(order, Sort):
            nulls = turned(order.nulls) if backwards else order.nulls
            path = order.value.path if isinstance(order.value, Reference) else ""
            sides: list[Side] = [*self.outputs.get(path, ())] or [build_expression(self, order.value)]
            yield from [Term(side, descending=descending, nulls=nulls) for side in sides]
        elif order.path is None:
            expression = self.opaque()
            multiplies = brings_tables(expression, self.mapper)
            yield ForeignTerm(expression, reverse=descending, multiplies=multiplies)
        else:
            # As in Django, a value that is read is what its name orders by.
            for column in self._read_or_named(order.path):
                yield Term(column, descending=descending)

    def _summary(self) -> Iterator[tuple[str, Side]]:
        for name, value, names in self.shape.frame.summary:
            # Each may speak of those before it.
            self.names = names
            self.annotations[name] = build_expression(self, value)
            yield name, self.annotations[name]


def _groups(grouping: list[Side] | bool) -> tuple[Side, ...] | None:
    if isinstance(grouping, list):
        return tuple(grouping)
    return () if grouping else None


def turned(nulls: str | None) -> str | None:
    """Where NULLs stand when an order is turned round."""
    return {"first": "last", "last": "first"}.get(nulls or "", nulls)
