"""``aggregate()``: one row of all rows of a query."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.sides import Column, Computed, Named
from django_like_repos.mapping.models import Field
from django_like_repos.query.shapes import OPAQUE, OPAQUE_AGGREGATE
from django_like_repos.rows.asking import rows, values
from django_like_repos.rows.rows import Derived, Output, Rows, all_joins
from django_like_repos.rows.unions import columns_of_union, given_by_union
from django_like_repos.tree.tree import Tree


def summary(tree: Tree) -> Rows:
    """The aggregates of all rows, each under its name."""
    outputs = tuple([Output(side, name) for name, side in tree.summary])
    if tree.members:
        _check_adaptable(tree)
        source = columns_of_union(tree, rows)
        return Rows(tree, outputs, source=source, given=given_by_union(tree), once=True)
    # What options() loads is no part of what is counted.
    tree = replace(tree, loads=())
    first = tree.sliced or tree.frame.distinct or tree.grouped or tree.surrounded
    first = first or tree.returns_sets
    if not first and not any(side.window for side in tree.annotations.values()):
        return Rows(tree, outputs, joins=all_joins(tree), where=tree.where, counts=True)
    _check_adaptable(tree)
    columns: list[Named] = [*(tree.columns or tree.key)]
    if tree.different or tree.returns_sets:
        types = tree.names.annotations
        columns += [Computed(name, side, types[name].type) for name, side in tree.extras.items()]
    known = {column.identity for column in columns}
    columns += [column for column in _wanted(tree) if column.identity not in known]
    given: Mapping[Hashable, int] = {_meaning(column): place for place, column in enumerate(columns)}
    return Rows(tree, outputs, source=Derived(values(tree, columns)), given=given, once=True)


def _meaning(column: Named) -> Hashable:
    """What a column stands for in a scope that is given it."""
    if isinstance(column, Computed) and not column.transforms:
        return _meaning(column.inner) if isinstance(column.inner, Named) else column.inner
    if isinstance(column, Column) and not column.transforms:
        return column.node, column.fields[0]
    return column.identity


def _check_adaptable(tree: Tree) -> None:
    """Raises UnsupportedOperationError for SQLAlchemy expressions: their tables are not there."""
    for _, value, _ in tree.frame.summary:
        if not {OPAQUE, OPAQUE_AGGREGATE}.isdisjoint(_parts(value)):
            raise UnsupportedOperationError(
                "aggregate() of rows that must be there first (a slice, distinct(), groups, a union) "
                "takes no SQLAlchemy expressions: name the fields"
            )


def _parts(shape: Any) -> Iterator[Any]:
    yield shape
    for part in shape if isinstance(shape, tuple) else ():
        yield from _parts(part)


def _wanted(tree: Tree) -> list[Named]:
    """What the aggregates read."""
    wanted = _Wanted(tree)
    for _, side in tree.summary:
        side.sql(wanted)
    return list(wanted.found.values())


class _Wanted(Scope):
    """Takes down what is read."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree.joins, tree.mapper.class_)
        self._tree = tree
        self._summary = [side for _, side in tree.summary]
        self.found: dict[Hashable, Named] = {}

    def column(self, node: Node, fields: tuple[Field, ...]) -> ColumnElement[Any]:
        for field in fields:
            column = Column(node, (field,))
            self.found.setdefault(column.identity, column)
        return super().column(node, fields)

    def annotation(self, value: Any) -> Any:
        if value in self._summary:
            return value.sql(self)
        # What it reads is read where the rows are.
        said = value.sql(Scope(self._tree.joins, self.root))
        column = Computed(f"value_{len(self.found)}", value, said.type)
        self.found.setdefault(column.identity, column)
        return said
