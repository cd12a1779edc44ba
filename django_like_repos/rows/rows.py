"""Rows to be selected: one SELECT as a frozen value, which passes rewrite until it can be said as it is."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement

from django_like_repos.joins.loads import Loaded
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.sides import Computed, Named, Predicate, Side
from django_like_repos.language.terms import Term
from django_like_repos.tree.tree import Tree


class Output(NamedTuple):
    """One column of a SELECT."""

    side: Side
    label: str | None = None
    """Its name; "" for one that SQLAlchemy makes up."""
    named: bool = False
    """Whether the name is an annotation's, by which it may be ordered."""
    grouped: tuple[Side, ...] | None = None
    """What it wants to be grouped by; None for itself."""

    def sql(self, scope: Scope) -> ColumnElement[Any]:
        if self.label is None:
            column: ColumnElement[Any] = self.side.sql(scope)
            return column
        if self.named:
            return scope.labelled(self.side, self.label)
        labelled: ColumnElement[Any] = self.side.sql(scope).label(self.label or None)
        return labelled

    @property
    def groups(self) -> Sequence[Side]:
        return (self.side,) if self.grouped is None else self.grouped


class Joined(NamedTuple):
    """A join: by the relation that leads to a node, or by the keys that rows were chosen by."""

    node: Node
    keys: tuple[tuple[Named, int], ...] = ()
    """Columns of the node, and the columns of the keys that they equal."""


class Compound(NamedTuple):
    """The rows of several SELECTs: ``union()`` and its kin."""

    operator: str
    all: bool
    members: "tuple[Rows, ...]"


class Derived(NamedTuple):
    """Rows as a table, under a name if one is wanted."""

    rows: "Rows | Compound"
    name: str | None = None
    once: bool = False
    """Whether the database must not ask for them again for each row beside them: they lock rows."""


class Rows(NamedTuple):
    """A SELECT to be."""

    tree: Tree
    outputs: tuple[Output, ...]
    models: bool = False
    """Whether the model itself is read, before the outputs."""
    source: Derived | None = None
    """The rows that it selects from; None for the model's own."""
    keys: Derived | None = None
    """The keys of the rows that are wanted, to be joined with the model's."""
    root_keys: tuple[tuple[Named, int], ...] = ()
    """Columns of the model, and the columns of the keys that they equal."""
    joins: tuple[Joined, ...] = ()
    where: tuple[Predicate, ...] = ()
    surrounded: bool = False
    """Whether they can be told, or what they carry, only when all rows are there: a pass sees to it."""
    qualify: tuple[Predicate, ...] = ()
    """Conditions that can be told only then."""
    first_of: tuple[Named, ...] = ()
    """Of rows that are alike in these only the first is wanted: another such condition."""
    grouping: bool = False
    """Whether the rows are groups: a pass says of what."""
    groups: tuple[Side, ...] | None = None
    """What makes a group; None for no groups."""
    having: tuple[Predicate, ...] = ()
    distinct: bool = False
    distinct_on: tuple[Named, ...] = ()
    """Of rows that are alike in these only the first is given: PostgreSQL's DISTINCT ON."""
    once: bool = False
    """Whether nothing repeats its rows, or nobody minds."""
    counts: bool = False
    """Whether windows, groups or aggregates must see each row once: a pass sees to it."""
    order: tuple[Term, ...] = ()
    loads: tuple[tuple[Loaded, ...], ...] = ()
    limit: BindParameter[int] | None = None
    offset: BindParameter[int] | None = None
    locks: tuple[Node, ...] = ()
    """Whose rows are locked as they are read."""
    links: frozenset[Node] = frozenset()
    """Of these the table between is joined alone."""
    everything: bool = False
    """Whether every column of the source is read, and no other."""
    given: Mapping[Hashable, int | Side] | None = None
    """What the outputs are computed of: columns of the source, or what is made of these, by what they are."""

    @property
    def paged(self) -> bool:
        return self.limit is not None or self.offset is not None

    def __repr__(self) -> str:
        parts = [f"{len(self.outputs)} outputs"]
        parts += ["models"] if self.models else []
        parts += [f"of ({self.source.rows!r})"] if self.source else []
        parts += [f"by ({self.keys.rows!r})"] if self.keys else []
        flags = (
            "joins",
            "where",
            "qualify",
            "first_of",
            "groups",
            "having",
            "distinct",
            "distinct_on",
            "order",
            "paged",
            "locks",
            "links",
        )
        return f"Rows({', '.join([*parts, *[flag for flag in flags if getattr(self, flag)]])})"


class Carried(Side):
    """A column of the rows that are selected from, or of the keys."""

    def __init__(self, position: int) -> None:
        self.position = position

    def sql(self, scope: Scope) -> Any:
        return scope.carried[self.position]


class CarriedTerm(Term):
    """A term of an ordering whose value is such a column."""

    def __init__(self, term: Term, position: int) -> None:
        super().__init__(Carried(position), descending=term.descending, nulls=term.nulls)
        self._term = term

    def value(self, scope: Scope) -> ColumnElement[Any]:
        value: ColumnElement[Any] = self.side.sql(scope)
        return value

    def directed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return self._term.directed(value)


class Ordered(Side):
    """What a term orders by, as a column."""

    def __init__(self, term: Term) -> None:
        self._term = term

    def sql(self, scope: Scope) -> Any:
        return self._term.value(scope)


class Held(Side):
    """Whether a condition holds, as a column."""

    def __init__(self, predicate: Predicate) -> None:
        self._predicate = predicate

    def sql(self, scope: Scope) -> Any:
        return self._predicate.sql(scope)


class Holds(Predicate):
    """A condition that is such a column."""

    def __init__(self, position: int) -> None:
        self._side = Carried(position)

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = self._side.sql(scope)
        return condition


class Equal(Predicate):
    """That a column is a number."""

    def __init__(self, side: Side, number: int) -> None:
        self._side = side
        self._number = number

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = self._side.sql(scope) == self._number
        return condition


def is_among(term: Term, columns: Iterable[Named]) -> bool:
    """Whether one of the columns is what a term orders by."""
    mine = term.named
    return mine is not None and any(column.identity == mine.identity for column in columns)


def named_outputs(columns: Iterable[Named]) -> tuple[Output, ...]:
    """Columns, annotations under their names."""
    return tuple(
        [
            Output(column.inner, column.name, named=True, grouped=(column,))
            if isinstance(column, Computed) and not column.transforms
            else Output(column)
            for column in columns
        ]
    )


def outputs_of(sides: Sequence[Side]) -> tuple[Output, ...]:
    """Columns for sides, under names that no annotation can have where some of them have none."""
    named = [side for side in sides if isinstance(side, Named)]
    if len(named) == len(sides):
        return named_outputs(named)
    # What SQLAlchemy makes up may be an annotation's.
    return tuple([Output(side, f"__{number}") for number, side in enumerate(sides)])


def carried(number: int) -> tuple[Output, ...]:
    """The first columns of the rows that are selected from."""
    return tuple([Output(Carried(position)) for position in range(number)])


def carried_order(
    order: Sequence[Term], columns: Sequence[Named], extra: Iterable[Term], width: int
) -> tuple[Term, ...]:
    """An ordering by the rows that are selected from: their columns, or what stands extra after ``width``."""
    places = {term: width + place for place, term in enumerate(extra)}
    for term in order:
        if term not in places:
            places[term] = next(place for place, each in enumerate(columns) if is_among(term, [each]))
    return tuple([CarriedTerm(term, places[term]) for term in order])


def all_joins(tree: Tree, *, filling: bool = False) -> tuple[Joined, ...]:
    """Every join of a query; ``filling``, those too that only fill its models."""
    nodes = [*tree.joins.nodes, *tree.joins.filling] if filling else tree.joins.nodes
    return tuple([Joined(node) for node in nodes])
