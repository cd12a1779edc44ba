"""What is asked of a tree, as rows that passes are yet to rewrite: its rows, their number, their keys …"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal_column

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.equality import can_be_told_apart
from django_like_repos.language.sides import Column, Named, Side
from django_like_repos.mapping.models import Field, columns_of, key_of
from django_like_repos.rows.rows import Derived, Output, Rows, all_joins, named_outputs, outputs_of
from django_like_repos.rows.unions import rows_of_union
from django_like_repos.tree.tree import Tree

NOTHING: Final[Mapping[str, Side]] = MappingProxyType({})
_ONE: Final[ColumnElement[int]] = literal_column("1")


class Number(Side):
    """How many rows there are."""

    def sql(self, scope: Scope) -> Any:
        return func.count()


class One(Side):
    """A constant."""

    def sql(self, scope: Scope) -> Any:
        return _ONE


def rows(tree: Tree) -> Rows:
    """The rows of a query: models with what is annotated on them, or the columns of its projection."""
    if tree.members:
        return rows_of_union(tree, rows)
    asked = models(tree) if tree.columns is None else values(tree, tree.columns, beside=tree.beside)
    if not tree.locks:
        return asked
    if tree.grouped or tree.surrounded or tree.windows:
        raise UnsupportedOperationError(
            "select_for_update() locks rows of a table, and none of groups or beside windows: "
            "lock those of filter(pk__in=…) of this queryset"
        )
    return asked._replace(locks=tree.locks)


def models(tree: Tree) -> Rows:
    """Models, with what is annotated on them."""
    extras = [Output(side, name, named=True) for name, side in tree.extras.items()]
    distinct = tree.frame.distinct and not extras and not tree.grouped and _may_be_distinct(tree)
    return _asked(tree, extras, ordered=True, models=True, loads=tree.loads, distinct=distinct)


def values(tree: Tree, columns: Sequence[Named], beside: Mapping[str, Side] = NOTHING) -> Rows:
    """Columns, each row as often as the query has it; ``beside`` them other sides by name."""
    others = [Output(side, name, named=True) for name, side in beside.items()]
    return _asked(tree, (*named_outputs(columns), *others), ordered=True, distinct=tree.frame.distinct)


def told_apart(tree: Tree) -> Rows:
    """As many rows as the query has; models that SQLAlchemy folds into one count once."""
    if tree.members:
        return rows_of_union(tree, rows)
    if tree.columns is not None and (tree.frame.distinct or tree.sliced or tree.returns_sets):
        return values(tree, tree.columns)
    if tree.surrounded or tree.grouped or tree.different or tree.returns_sets:
        return every(tree, tree.columns or tree.apart)
    key = [Output(column) for column in tree.row_key]
    page = {"limit": tree.limit, "offset": tree.offset}
    return _asked(tree, key, ordered=False, distinct=True, once=True, **page)


def every(tree: Tree, sides: Sequence[Side]) -> Rows:
    """Sides of each row where groups or windows decide which rows there are, in order if they are a slice."""
    distinct = tree.different or (tree.frame.distinct and tree.columns is not None)
    return _asked(tree, outputs_of(sides), ordered=tree.sliced, distinct=distinct)


def number(tree: Tree) -> Rows:
    """How many rows there are."""
    return Rows(tree, (Output(Number()),), source=Derived(told_apart(tree)), once=True)


def any_row(tree: Tree) -> Rows:
    """A constant for each row that the query has, or for some of them."""
    return Rows(tree, (Output(One()),), source=Derived(told_apart(tree)), once=True)


def keys(tree: Tree) -> Rows:
    """The primary keys of the models that a query has, each once."""
    tree = replace(tree, columns=None)
    if tree.surrounded or tree.grouped:
        return every(tree, tree.key)
    return _asked(tree, [Output(each) for each in tree.key], ordered=False, distinct=True, once=True)


def members(tree: Tree, wanted: tuple[Field, ...]) -> Rows:
    """The values that ``in`` compares with: the projection's, or else the wanted fields of the model."""
    if tree.members:
        return rows_of_union(tree, rows, wanted)
    if tree.columns is None:
        own = columns_of(tree.mapper)
        fields = wanted if wanted and all(field in own for field in wanted) else key_of(tree.mapper)
        columns = tuple([Column(tree.root, (field,)) for field in fields])
        # Models differ by their keys: what their DISTINCT would be of is told apart by the key already.
        shape = tree.shape._replace(frame=tree.frame._replace(distinct=False))
        tree = replace(tree, columns=columns, shape=shape)
    assert tree.columns is not None
    if tree.sliced or tree.grouped or tree.surrounded:
        return values(tree, tree.columns)
    return _asked(tree, [Output(column) for column in tree.columns], ordered=False, once=True)


def value(tree: Tree) -> Rows:
    """The one value of a row."""
    if tree.members:
        return rows_of_union(tree, rows, key_of(tree.mapper))
    columns: tuple[Named, ...] = tree.key if tree.columns is None else tree.columns
    return values(replace(tree, columns=columns), columns)


def edges(tree: Tree, columns: Sequence[Column]) -> Rows:
    """Columns of rows and of rows beside them, as often as there are such rows: nobody minds repeats."""
    outputs = [Output(column, f"c{number}") for number, column in enumerate(columns)]
    return _asked(tree, outputs, ordered=False, once=True)


def places(tree: Tree) -> Rows:
    """The primary keys of rows, and the place of each in their order, from 1 on."""
    outputs = [*[Output(each) for each in tree.key], Output(_Ranked(tree), "place")]
    return _asked(tree, outputs, ordered=False, once=True)


class _Ranked(Side):
    """The place of a row in an order, in which the key decides between rows that are alike."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def sql(self, scope: Scope) -> Any:
        terms = [term.sql(scope) for term in self._tree.order]
        return func.row_number().over(order_by=[*terms, *[key.sql(scope) for key in self._tree.key]])


def _asked(tree: Tree, outputs: Sequence[Output], *, ordered: bool, **more: Any) -> Rows:
    """The plainest SELECT of these outputs, and what else is said of it."""
    if ordered:
        more |= {"order": tree.order, "limit": tree.limit, "offset": tree.offset}
    return Rows(
        tree,
        tuple(outputs),
        joins=all_joins(tree, filling="loads" in more),
        where=tree.where,
        having=tree.having,
        qualify=tree.qualify,
        first_of=tree.distinct_on,
        surrounded=tree.surrounded,
        grouping=tree.grouped,
        **more,
    )


def _may_be_distinct(tree: Tree) -> bool:
    # Rows of models differ by their keys anyway, so DISTINCT is left out where the database would refuse it.
    # What only(), a loader option or the mapping leaves out of the columns cannot be ordered by, either.
    if tree.masks or tree.foreign or any(prop.deferred for prop in tree.mapper.column_attrs):
        return False
    if any(loaded.relation.order for chain in tree.loads for loaded in chain):
        return False
    ordered = all(term.plain and tree.read.issuperset(term.nodes) for term in tree.order)
    mappers = [tree.mapper, *[node.hop.target for node in tree.read if node.hop]]
    return ordered and all(map(can_be_told_apart, mappers))
