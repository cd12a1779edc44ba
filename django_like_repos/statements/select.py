"""SELECT statements of an assembled query: its rows, their number, whether there are any, their keys.

A to-many join that only filters or orders must not multiply rows; where one is there, ``keys`` chooses the
rows in a subquery first.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal_column, select, types
from sqlalchemy.orm import Mapper, aliased

from django_like_repos.constructs.documents import json_document
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.loads import contains, order_of_children
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.language.sides import Column, Named
from django_like_repos.mapping.models import Field, columns_of, key_of
from django_like_repos.query.shapes import OPAQUE, OPAQUE_AGGREGATE
from django_like_repos.statements.combinations import combined_columns, combined_rows
from django_like_repos.statements.derived import (
    Outputs,
    body,
    has_own_key,
    is_derived,
    models_of,
    root_key,
    rows_of,
    said,
    summary_of,
    told_apart,
)
from django_like_repos.statements.keys import (
    is_among,
    models_by_key,
    once,
    row_key,
    select_distinct,
    values_by_key,
    with_children,
)
from django_like_repos.tree.reader import Assembly
from django_like_repos.values import has_equality

_ONE: Final[ColumnElement[int]] = literal_column("1")


def select_rows(assembly: Assembly) -> Select[Any]:
    """The rows of a query: models with what is annotated on them, or the columns of its projection."""
    if assembly.members:
        return combined_rows(assembly, select_rows)
    if assembly.columns is not None:
        return _values(assembly, assembly.columns)
    if is_derived(assembly) or (assembly.grouped and (assembly.loaded or not has_own_key(assembly))):
        return models_of(assembly)
    if assembly.grouped:
        return _grouped_models(assembly)
    children = assembly.sliced and any(node.to_many for node in assembly.read)
    if children and not assembly.extras and _may_be_derived(assembly):
        return _models_of_page(assembly)
    if (children and assembly.loaded) or assembly.multiplied:
        return models_by_key(assembly)
    scope = assembly.scope()
    extras = assembly.labelled(scope)
    statement = assembly.joined(scope, select_of(scope.root, *extras)).options(
        *contains(scope, assembly.loaded)
    )
    if assembly.shape.frame.distinct and not extras and _may_be_distinct(assembly):
        statement = statement.distinct()
    statement = assembly.ordered(scope, statement).order_by(*order_of_children(scope, assembly.loaded))
    return assembly.paged(statement)


def count_rows(assembly: Assembly) -> Select[Any]:
    """How many rows ``select_rows`` has; models that SQLAlchemy folds into one count once."""
    if assembly.members:
        return _number_of(assembly, combined_rows(assembly, select_rows))
    if assembly.columns is not None and (assembly.shape.frame.distinct or assembly.sliced):
        return _number_of(assembly, _values(assembly, assembly.columns))
    key = row_key(assembly)
    if is_derived(assembly) or assembly.grouped:
        return _number_of(assembly, rows_of(assembly, assembly.columns or told_apart(assembly)))
    scope = assembly.scope()
    if assembly.sliced:
        return _number_of(assembly, assembly.paged(select_distinct(assembly, scope, key)))
    read = assembly.told
    loose = any(node.to_many for node in assembly.tree.nodes if assembly.columns is None and node not in read)
    if not loose and not assembly.multiplied:
        return assembly.joined(scope, select(func.count()).select_from(scope.root))
    if len(key) == 1:
        return assembly.joined(scope, select(func.count(key[0].sql(scope).distinct())))
    return _number_of(assembly, select_distinct(assembly, scope, key))


def find_any(assembly: Assembly) -> Select[Any]:
    """One row of a constant if the query has any row."""
    return any_row(assembly).limit(1)


def any_row(assembly: Assembly) -> Select[Any]:
    """A constant for each row that the query has, or for some of them."""
    if assembly.members:
        return _any_of(assembly, combined_rows(assembly, select_rows))
    if is_derived(assembly) or assembly.grouped:
        rows = rows_of(assembly, assembly.columns or told_apart(assembly))
        return _any_of(assembly, rows)
    scope = assembly.scope()
    if not assembly.sliced:
        return assembly.joined(scope, select(_ONE).select_from(scope.root))
    if assembly.columns is not None:
        rows = _values(assembly, assembly.columns)
    else:
        rows = assembly.paged(select_distinct(assembly, scope, row_key(assembly)))
    return _any_of(assembly, rows)


def select_keys(assembly: Assembly) -> Select[Any]:
    """The primary keys of the models that a query has, each once."""
    assembly.columns = None
    if is_derived(assembly) or assembly.grouped:
        return rows_of(assembly, root_key(assembly))
    return select_distinct(assembly, assembly.scope(), root_key(assembly))


def summarise(assembly: Assembly) -> Select[Any]:
    """One row: the aggregates of all rows of a query."""
    plain = not (
        assembly.sliced
        or assembly.shape.frame.distinct
        or assembly.grouped
        or assembly.members
        or is_derived(assembly)
        or any(annotation.window for annotation in assembly.annotations.values())
    )
    if not plain:
        _check_adaptable(assembly)
    if assembly.members:
        outputs = Outputs(assembly.tree, assembly.model)
        outputs.columns = combined_columns(assembly, select_rows)
        read = [side.sql(outputs).label(name) for name, side in assembly.summary]
        return select_of(*read).select_from(next(iter(outputs.columns.values()))[0].table)
    # What options() loads is no part of what is counted.
    assembly.loaded = []
    if plain:
        scope = assembly.scope()
        read = [side.sql(scope).label(name) for name, side in assembly.summary]
        return once(assembly, scope, select_of(*read).select_from(scope.root))
    return summary_of(assembly, lambda columns: _values(assembly, columns))


def _check_adaptable(assembly: Assembly) -> None:
    """Raises UnsupportedOperationError for SQLAlchemy expressions: their tables are not there."""
    for _, value, _ in assembly.shape.frame.summary:
        if not {OPAQUE, OPAQUE_AGGREGATE}.isdisjoint(_parts(value)):
            raise UnsupportedOperationError(
                "aggregate() of rows that must be there first (a slice, distinct(), groups, a union) "
                "takes no SQLAlchemy expressions: name the fields"
            )


def _parts(shape: Any) -> Iterator[Any]:
    yield shape
    for part in shape if isinstance(shape, tuple) else ():
        yield from _parts(part)


class Nested:
    """SELECTs of queries within a query."""

    def members(self, assembly: Assembly, wanted: tuple[Field, ...]) -> Select[Any]:
        """The values that ``in`` compares with: the projection's, or else the wanted fields of the model."""
        if assembly.members:
            return combined_rows(assembly, select_rows, wanted)
        if assembly.columns is None:
            own = columns_of(assembly.mapper)
            fields = wanted if wanted and all(field in own for field in wanted) else key_of(assembly.mapper)
            assembly.columns = [Column(assembly.tree.root, (field,)) for field in fields]
            # Models differ by their keys: what their DISTINCT would be of is told apart by the key already.
            frame = assembly.shape.frame._replace(distinct=False)
            assembly.shape = assembly.shape._replace(frame=frame)
        if assembly.sliced or assembly.grouped or is_derived(assembly):
            return assembly.correlating(_values(assembly, assembly.columns))
        scope = assembly.scope()
        columns = [column.sql(scope) for column in assembly.columns]
        return assembly.joined(scope, select_of(*columns).select_from(scope.root))

    def value(self, assembly: Assembly) -> Any:
        """The value of a row, as an expression."""
        if assembly.members:
            return assembly.correlating(
                combined_rows(assembly, select_rows, key_of(assembly.mapper))
            ).scalar_subquery()
        columns: list[Named] = [*(root_key(assembly) if assembly.columns is None else assembly.columns)]
        assembly.columns = columns
        return assembly.correlating(_values(assembly, columns)).scalar_subquery()

    def exists(self, assembly: Assembly) -> Any:
        """Whether there is a row, as an expression."""
        return assembly.correlating(any_row(assembly)).exists()


NESTED: Final = Nested()


def _values(assembly: Assembly, columns: list[Named]) -> Select[Any]:
    if is_derived(assembly):
        return rows_of(assembly, columns, ordered=True)
    if assembly.shape.frame.distinct:
        return _distinct_values(assembly, columns)
    if assembly.grouped:
        return rows_of(assembly, columns, ordered=True)
    if assembly.multiplied:
        return values_by_key(assembly, columns)
    scope = assembly.scope()
    statement = assembly.joined(scope, select_of(*said(scope, columns)).select_from(scope.root))
    return assembly.paged(assembly.ordered(scope, statement))


def _grouped_models(assembly: Assembly) -> Select[Any]:
    scope = assembly.scope()
    extras = assembly.labelled(scope)
    statement = select_of(scope.root, *extras).select_from(scope.root)
    statement = body(assembly, scope, statement, [*assembly.extras.values()])
    return assembly.paged(assembly.ordered(scope, statement))


def _distinct_values(assembly: Assembly, columns: list[Named]) -> Select[Any]:
    scope = assembly.scope()
    read = [_told_apart(column) for column in said(scope, columns)]
    # What DISTINCT rows are ordered by must be among their columns, as in Django; outside it is left out.
    extra = [term for term in assembly.ordering if not is_among(term, columns)]
    values = [term.value(scope).label(None) for term in extra]
    statement = select_of(*read, *values).select_from(scope.root)
    sides = [*columns, *[term.side for term in extra]]
    statement = body(assembly, scope, statement, sides).distinct()
    statement = assembly.paged(assembly.ordered(scope, statement))
    if not extra:
        return statement
    found: list[ColumnElement[Any]] = list(assembly.params.aliases.derived(statement).c)
    carried = dict(zip(extra, found[len(columns) :], strict=True))
    for term in assembly.ordering:
        if term not in carried:
            place = next(place for place, column in enumerate(columns) if is_among(term, [column]))
            carried[term] = found[place]
    return assembly.ordered(scope, select_of(*found[: len(columns)]), carried)


def _told_apart(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value in the form in which equal ones are equal, which documents may not be."""
    return json_document(value) if isinstance(value.type, types.JSON) else value


def _any_of(assembly: Assembly, rows: Select[Any]) -> Select[Any]:
    return select(_ONE).select_from(assembly.params.aliases.derived(rows))


def _number_of(assembly: Assembly, rows: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(assembly.params.aliases.derived(rows))


def _models_of_page(assembly: Assembly) -> Select[Any]:
    """A page of models with children: the root's columns, each row once, as a derived table, then joins."""
    inner = assembly.scope()
    rows = assembly.joined(inner, select(inner.root)).distinct()
    page = assembly.params.aliases.derived(assembly.paged(assembly.ordered(inner, rows)))
    outer = Scope(assembly.tree, aliased(assembly.model, page))
    statement = assembly.ordered(outer, with_children(assembly, outer, select(outer.root)))
    return statement.order_by(*order_of_children(outer, assembly.loaded))


def _may_be_derived(assembly: Assembly) -> bool:
    # An SQLAlchemy expression or loader option speaks of the table itself, which a derived table hides.
    mapper = assembly.mapper
    plain = mapper.inherits is None and mapper.polymorphic_on is None
    own_order = all(term.plain and not term.nodes for term in assembly.ordering)
    whole = all(field.column is not None for field in columns_of(mapper))
    loaded = not any(prop.deferred for prop in mapper.column_attrs)
    return plain and own_order and whole and loaded and not assembly.foreign and _comparable(mapper)


def _may_be_distinct(assembly: Assembly) -> bool:
    # Rows of models differ by their keys anyway, so DISTINCT is left out where the database would refuse it.
    # What a loader option or the mapping leaves out of the columns cannot be ordered by, either.
    if assembly.foreign or any(prop.deferred for prop in assembly.mapper.column_attrs):
        return False
    read = assembly.read
    ordered = all(term.plain and read.issuperset(term.nodes) for term in assembly.ordering)
    if any(loaded.relation.order for chain in assembly.loaded for loaded in chain):
        return False
    return ordered and all(
        map(_comparable, [assembly.mapper, *(node.hop.target for node in read if node.hop)])
    )


def _comparable(mapper: Mapper[Any]) -> bool:
    return all(has_equality(field.type) for field in columns_of(mapper))
