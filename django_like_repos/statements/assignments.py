"""What UPDATE sets: attributes and their values, plain ones and those that are computed from the row."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Exists,
    Integer,
    ScalarSelect,
    SelectBase,
    cast,
    func,
    type_coerce,
)
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import TooLargeError, cached, remembering
from django_like_repos.clauses.setting import set_fields
from django_like_repos.clauses.storing import stored
from django_like_repos.constructs.decimals import kept_decimal
from django_like_repos.constructs.enums import kept_in_enum
from django_like_repos.constructs.moments import kept_as
from django_like_repos.constructs.params import Params, UnkeptError
from django_like_repos.errors import InvalidLookupValueError, RepositoryError, UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.inference import FAMILIES, family, scale_of
from django_like_repos.language.kinds import build_expression, is_computed, read_expression, traits_of
from django_like_repos.language.members import stored_as
from django_like_repos.language.operands import Target
from django_like_repos.mapping.inheritance import refuse_other_tables
from django_like_repos.mapping.models import Field, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.query import Clause, Expression, Names, Query, is_queryset
from django_like_repos.query.depth import check_depth
from django_like_repos.query.shapes import Shape
from django_like_repos.statements.nested import NESTED
from django_like_repos.tree.reader import row_of


class Computed(NamedTuple):
    """A value that is computed from the row: its SQL, made once for all of the same shape, and its values."""

    template: "Template"
    values: tuple[Any, ...]
    build: Callable[[], ColumnElement[Any]]
    """What makes its SQL with the values in it."""


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """The SQL of all expressions of one shape, without values."""

    sql: ColumnElement[Any]
    names: tuple[str, ...]
    """Of its params, in the order of the values."""


def assignments(query: Query, values: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute → value or SQL expression, for SET. Raises as ``prepared()``."""
    return built(prepared(query, values))


def built(prepared: Mapping[str, Any]) -> dict[str, Any]:
    """The same with SQL for what is computed."""
    return {name: value.build() if isinstance(value, Computed) else value for name, value in prepared.items()}


def prepared(query: Query, values: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute → value, SQL expression or ``Computed``, for SET.

    Raises UnknownFieldError, InvalidLookupValueError, and UnsupportedOperationError for a path, a relation
    with more than the keys of this table in it, or nothing to set.
    """
    if not values:
        raise UnsupportedOperationError("update() was given nothing to set")
    names = query.names
    assigned: dict[str, Any] = {}
    for name, value in values.items():
        fields = set_fields(names, "update", name)
        for field, each in zip(fields, _assigned_values(query, name, fields, value), strict=True):
            if field.key in assigned:
                raise UnsupportedOperationError(f"update() sets {names.model.__name__}.{field.key} twice")
            assigned[field.key] = each
    return {**next_version(mapper_of(names.model), assigned), **assigned}


def assigned(names: Names, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for attributes of one object: what is computed from the row as SQL, all else as it is.

    Raises UnsupportedOperationError for what is computed from another of its tables.
    """
    return {
        name: _of_its_row(names, name, value)
        if isinstance(value, Expression) or is_queryset(value)
        else value
        for name, value in values.items()
    }


def _of_its_row(names: Names, name: str, value: Any) -> ColumnElement[Any]:
    path = field_path(names, name)
    sql = _assigned_expression(Query(names), name, value, path.types[0])
    column = path.fields[0].column if path.fields else None
    if column is not None:
        refuse_other_tables(mapper_of(names.model), column, sql, f"update({name}=…)")
    return sql


def inserted(names: Names, verb: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for an object that is new. Raises UnsupportedOperationError for what reads its row."""
    found = assigned(names, values)
    for name, value in found.items():
        if value is not values[name] and _reads_row(value):
            raise UnsupportedOperationError(
                f"{verb}({name}={values[name]!r}): a new row has no columns yet to compute from"
            )
    return found


def _reads_row(value: Any) -> bool:
    """Whether an expression reads a column, subqueries apart, which have rows of their own."""
    if isinstance(value, ColumnClause):
        return True
    within = [] if isinstance(value, (ScalarSelect, Exists)) else value.get_children()
    return any(_reads_row(each) for each in within)


def next_version(mapper: Mapper[Any], assigned: Mapping[str, Any]) -> dict[str, Any]:
    """The next version, where rows have one: an UPDATE is a change that others must notice."""
    column, generator = mapper.version_id_col, mapper.version_id_generator
    if column is None or not callable(generator):
        return {}
    key = mapper.get_property_by_column(column).key
    if key in assigned:
        return {}
    counts = isinstance(column.type, Integer) and generator(None) == 1 and generator(1) == 2
    return {key: type_coerce(getattr(mapper.class_, key) + 1, column.type) if counts else generator(None)}


def _assigned_values(query: Query, name: str, fields: tuple[Field, ...], value: Any) -> tuple[Any, ...]:
    if is_computed(value) and len(fields) != 1:
        raise UnsupportedOperationError(
            f"update() cannot set {name!r} to one expression: it has {len(fields)} columns"
        )
    return stored(
        _target_of(query.names.bare, name),
        value,
        lambda number, part: computed(query, name, part, fields[number].type),
    )


@cached(8192)
def _target_of(names: Names, name: str) -> Target:
    return Target(field_path(names, name), "update", name)


forget_on_change(_target_of.cache_clear)


def _check_kinds(names: Names, told: str, shape: Hashable, type_: TypeEngine[Any]) -> None:
    """Raises InvalidLookupValueError for an expression of another kind than the column's."""
    wanted, given = family(type_), family(traits_of(names, shape).type)
    if (
        wanted == given
        or not {wanted, given} <= FAMILIES
        or any({wanted, given} <= alike for alike in _ALIKE)
    ):
        return
    raise InvalidLookupValueError(
        f"update({told}): the column is of the kind {wanted}, and the expression of {given}"
    )


_ALIKE: Final = (frozenset({"integer", "decimal", "float"}), frozenset({"date", "datetime"}))


def computed(query: Query, name: str, value: Any, type_: TypeEngine[Any]) -> ColumnElement[Any] | Computed:
    """An expression for a column of a type, whose SQL is kept where its values are all that may change."""
    check_depth(value)
    clause = read_expression(query.names, stored_as(value, type_))
    build = partial(_sql_of, query, name, value, type_, clause)
    if clause.expressions or query.settings.step_expressions:
        return build()
    try:
        template: Template | None = _kept_template(_rows_of(query), clause.shape, type_)
    except (RepositoryError, UnkeptError, TooLargeError):
        # Which the other tells, or nothing is kept.
        template = None
    if template is None:
        return build()
    return Computed(template, (*query.step_params, *clause.params), build)


def _assigned_expression(query: Query, name: str, value: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """The SQL of an expression for a column of a type."""
    check_depth(value)
    return _sql_of(query, name, value, type_, read_expression(query.names, stored_as(value, type_)))


def _sql_of(
    query: Query, name: str, value: Any, type_: TypeEngine[Any], clause: Clause
) -> ColumnElement[Any]:
    params = Params(None, (*query.step_params, *clause.params))
    expressions = (*query.settings.step_expressions, *clause.expressions)
    return _said(_rows_of(query), params, expressions, clause.shape, type_, f"{name}={value!r}")


def _rows_of(query: Query) -> Shape:
    """Whose annotations are what the value may speak of."""
    return Query(query.names, query.steps, settings=query.settings).shape


def _template_of(rows: Shape, shape: Hashable, type_: TypeEngine[Any]) -> Template | None:
    """The SQL of a shape of expression; None where other params than those of its values are in it."""
    params = Params(None)
    sql = _said(rows, params, (), shape, type_, "")
    # What stands in a query of its own has aliases, and they are of one statement.
    nested = any(isinstance(each, SelectBase) for each in visitors.iterate(sql))
    return None if nested or params.asked or params.twins else Template(sql, tuple(params.names))


_kept_template: Final = remembering(1024, _template_of)
forget_on_change(_kept_template.cache_clear)


def _said(
    rows: Shape,
    params: Params,
    expressions: Sequence[Any],
    shape: Hashable,
    type_: TypeEngine[Any],
    told: str,
) -> ColumnElement[Any]:
    names = rows.names
    _check_kinds(names, told, shape, type_)
    row = row_of(rows, params, expressions, NESTED)
    side = build_expression(row, shape)
    if any(node.lineage for node in side.nodes):
        raise UnsupportedOperationError(
            f"update({told}): an UPDATE cannot join, so it names {names.model.__name__}'s own fields only"
        )
    if side.aggregate or side.window:
        raise UnsupportedOperationError(
            f"update({told}): an UPDATE sets no aggregates and no windows; Subquery() computes them"
        )
    said = side.sql(Scope(row.joins, names.model, written=True))
    sql: ColumnElement[Any] = kept_in_enum(kept_as(said, type_, names.zone), type_)
    if family(type_) == "integer" and family(traits_of(names, shape).type) in ("decimal", "float"):
        # PostgreSQL rounds when it stores a fraction, and SQLite would store it.
        sql = cast(func.round(sql), type_)
    elif family(type_) == "decimal" and (scale := scale_of(type_)) is not None:
        places = scale_of(sql.type) if family(sql.type) in ("integer", "decimal") else None
        sql = sql if places is not None and places <= scale else kept_decimal(sql, scale)
    # What SQLAlchemy can compute in Python it sets on loaded objects, one attribute after the other, and so
    # wrongly where two are exchanged. A type_coerce, which is no SQL, it leaves to be loaded again.
    return type_coerce(sql, sql.type)
