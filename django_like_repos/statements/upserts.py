"""What an upsert says to the database: which rows are there, the INSERT of the others, the UPDATE of those.

``ON CONFLICT DO UPDATE`` is not said: it does not tell what it created from what it updated, but on
PostgreSQL 18, nor which rows its WHERE left alone; and it costs more than the three.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    SmallInteger,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy import Sequence as DatabaseSequence
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapper

from django_like_repos.clauses.conflicts import Conflict
from django_like_repos.clauses.defaults import sql_default
from django_like_repos.clauses.proposals import Group
from django_like_repos.constructs.params import Params
from django_like_repos.constructs.proposed import named_in, placed, proposed_row
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.language.kinds import is_computed
from django_like_repos.language.sides import Predicate
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.assignments import assignments, next_version
from django_like_repos.statements.feeds import FedColumn, Source
from django_like_repos.statements.nested import NESTED
from django_like_repos.statements.onupdate import on_update
from django_like_repos.tree.reader import Reader


def fed_columns(model: type[Any], keys: Iterable[str]) -> list[FedColumn]:
    """Attributes as columns of rows that are fed."""
    row = proposed_row(model)
    return [FedColumn(key, row[key].type) for key in keys]


def key_columns(mapper: Mapper[Any]) -> list[Any]:
    """The primary key, in the table."""
    return [field.column for field in key_of(mapper)]


def condition_of(conflict: Conflict, query: Query, dialect: Dialect) -> ColumnElement[bool] | None:
    """Which rows that are there are changed, in SQL of the row and of ``proposed_row()``; None for all."""
    if conflict.where is None:
        return None
    shape, params, expressions = conflict.where
    reader = Reader(Query(conflict.names).shape, Params(dialect, params), expressions, NESTED, None)
    predicate: Predicate = reader.filtered(shape)
    if predicate.nodes or predicate.aggregate or predicate.window:
        raise UnsupportedOperationError(
            f"{conflict.verb}(where=…) is of the row that is there: it names {query.model.__name__}'s own "
            "fields, and Proposed() what is brought; related rows are asked by Exists()"
        )
    return predicate.sql(Scope(reader.joins, query.model, written=True))


class Asked(NamedTuple):
    """What is asked of rows that are fed."""

    conflict: Conflict
    where: ColumnElement[bool] | None
    """Which of those that are there are changed."""
    locks: bool = False
    """Whether they are locked, in the order of their places."""
    weak: bool = True
    """Whether others may go on to refer to locked rows."""
    packed: bool = False
    """Whether what is found is one row of two arrays."""


def found_rows(mapper: Mapper[Any], source: Source, asked: Asked) -> Any:
    """Of rows that are fed, the places and the keys of those that are there, and whether ``where`` holds."""
    statement = _found(mapper, source, asked, ())
    return _packed(statement.subquery("there")) if asked.packed else statement


def changed_rows(
    mapper: Mapper[Any], source: Source, asked: Asked, changes: Mapping[str, Any], read: Iterable[str]
) -> Any:
    """The same, with the UPDATE of those that are found, and locked, at once: for PostgreSQL."""
    there = _found(mapper, source, asked, read).cte("there")
    row = {key: there.c[f"new {key}"] for key in read}
    keys = [there.c[key_name(at)] for at in range(len(key_columns(mapper)))]
    holds = [] if asked.where is None else [there.c.holds]
    statement = _update(mapper, changes, row, keys)
    if holds:
        statement = statement.where(there.c.holds == literal_column("1", Integer))
    told: Any = _packed(there) if asked.packed else select_of(there.c.place, *keys, *holds)
    return told.add_cte(statement.cte("changed"))


def _found(mapper: Mapper[Any], source: Source, asked: Asked, read: Iterable[str]) -> Select[Any]:
    table: Any = mapper.local_table
    alike = asked.conflict.nulls_alike
    compared = [
        _alike(mapper.column_attrs[key].columns[0], source.columns[key], nulls_alike=alike)
        for key in asked.conflict.match
    ]
    columns: list[Any] = [source.place.label("place")]
    columns += [column.label(key_name(at)) for at, column in enumerate(key_columns(mapper))]
    if asked.where is not None:
        one, zero = literal_column("1", Integer), literal_column("0", Integer)
        holds = case((placed(mapper.class_, asked.where, source.columns), one), else_=zero)
        columns.append(holds.label("holds"))
    columns += [source.columns[key].label(f"new {key}") for key in read]
    statement = select_of(*columns).select_from(source.clause.join(table, _all(compared)))
    if asked.locks:
        statement = statement.order_by(source.place).with_for_update(of=table, key_share=asked.weak)
    return statement


def _packed(there: Any) -> Any:
    """Places and keys as two arrays, which drivers read in no time."""
    place, key = there.c.place, there.c[key_name(0)]
    return select(
        func.array_agg(place, type_=postgresql.ARRAY(BigInteger)),
        func.array_agg(key, type_=postgresql.ARRAY(key.type)),
    )


def is_packable(mapper: Mapper[Any], dialect: Dialect) -> bool:
    """Whether the keys of rows can be read as an array."""
    types_of_key = [type(column.type) for column in key_columns(mapper)]
    return dialect.name == "postgresql" and len(types_of_key) == 1 and types_of_key[0] in _PACKABLE


_PACKABLE: Final = frozenset({Integer, BigInteger, SmallInteger, String, Text, Uuid})


def _alike(
    column: ColumnElement[Any], value: ColumnElement[Any], *, nulls_alike: bool
) -> ColumnElement[bool]:
    return column.is_not_distinct_from(value) if nulls_alike else column == value


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    joined = conditions[0]
    for each in conditions[1:]:
        joined = joined & each
    return joined


def inserted_rows(
    mapper: Mapper[Any], group: Group, match: Sequence[str], source: Source, dialect: Dialect
) -> Any:
    """The INSERT of rows that are fed, but of those that are there; it returns the keys.

    Without ``match`` any conflict leaves a row out.
    """
    elements = [mapper.column_attrs[key].columns[0] for key in match] or None
    statement = _inserting(mapper, group, source, dialect)
    return statement.on_conflict_do_nothing(index_elements=elements).returning(*key_columns(mapper))


def inserted_or_updated_rows(
    mapper: Mapper[Any], group: Group, conflict: Conflict, changes: Mapping[str, Any], source: Source
) -> Any:
    """The INSERT of rows that are fed, which updates those that are there; it returns the keys."""
    statement = _inserting(mapper, group, source, sqlite.dialect())
    brought = {key: statement.excluded[mapper.column_attrs[key].columns[0].key] for key in group.keys}
    return statement.on_conflict_do_update(
        index_elements=[mapper.column_attrs[key].columns[0] for key in conflict.match],
        set_=_values(mapper, changes, brought),
    ).returning(*key_columns(mapper))


def _inserting(mapper: Mapper[Any], group: Group, source: Source, dialect: Dialect) -> Any:
    table: Any = mapper.local_table
    values: dict[str, Any] = {
        mapper.column_attrs[key].columns[0].key: source.columns[key] for key in group.keys
    }
    for key, default in group.said.items():
        if isinstance(default, DatabaseSequence) and not dialect.supports_sequences:
            continue
        values[mapper.column_attrs[key].columns[0].key] = sql_default(default)
    statement: Any = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    # SQLite would take ON CONFLICT for the condition of a join.
    rows = select(*values.values()).select_from(source.clause).where(true())
    return statement.from_select([*values], rows, include_defaults=False)


def changes_of(conflict: Conflict, query: Query, group: Group) -> dict[str, Any]:
    """What is set in a row that is there, by attribute: SQL of the row and of ``proposed_row()``.

    Nothing at all, where nothing is to be changed.
    """
    mapper = mapper_of(query.model)
    sets = conflict.sets
    if sets is None:
        own = {*conflict.match, *[field.key for field in key_of(mapper)]}
        sets = tuple([key for key in group.given if key not in own and not _is_version(mapper, key)])
    row = proposed_row(query.model)
    changes: dict[str, Any] = {key: row[key] for key in sets}
    if conflict.computed:
        given = assignments(query.evolve(names=conflict.names), conflict.computed)
        changes.update({key: _said(mapper, key, value) for key, value in given.items()})
    if not changes:
        return {}
    return {**_of_every_update(mapper, conflict.verb, changes), **next_version(mapper, changes), **changes}


def _said(mapper: Mapper[Any], key: str, value: Any) -> Any:
    """A value as SQL has it; SQL as it is."""
    return (
        value
        if is_computed(value)
        else bindparam(None, value, type_=mapper.column_attrs[key].columns[0].type)
    )


def _is_version(mapper: Mapper[Any], key: str) -> bool:
    return mapper.column_attrs[key].columns[0] is mapper.version_id_col


def _of_every_update(mapper: Mapper[Any], verb: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns are to get with each UPDATE. Raises UnsupportedOperationError where nobody knows."""
    table: Any = mapper.local_table
    given: list[Any] = [mapper.column_attrs[key].columns[0] for key in changes]
    found = on_update(table, given, 1)
    if found.needs_context:
        raise UnsupportedOperationError(
            f"{verb}() of {mapper.class_.__name__}: an onupdate= of it looks at the statement of its row, "
            "and here there is one for many: name the column among update_fields="
        )
    of_python = {column: bindparam(None, value, type_=column.type) for column, (value,) in found.by_row}
    known = {**found.for_all, **found.said, **of_python}
    keys = {column: prop.key for column, prop in mapper._columntoproperty.items()}
    return {keys[column]: value for column, value in known.items() if column in keys}


def updated_rows(mapper: Mapper[Any], changes: Mapping[str, Any], source: Source) -> Any:
    """The UPDATE of rows that are fed with their keys."""
    keys = [source.columns[key_name(at)] for at in range(len(key_columns(mapper)))]
    return _update(mapper, changes, source.columns, keys)


def _update(
    mapper: Mapper[Any], changes: Mapping[str, Any], row: Mapping[str, Any], keys: Sequence[Any]
) -> Any:
    table: Any = mapper.local_table
    values = _values(mapper, changes, row)
    own = [column == key for column, key in zip(key_columns(mapper), keys, strict=True)]
    return update(table).values(values).where(_all(own))


def _values(mapper: Mapper[Any], changes: Mapping[str, Any], row: Mapping[str, Any]) -> dict[Any, Any]:
    """What columns are set to, of the row that is there and of one that is brought."""
    return {
        mapper.column_attrs[key].columns[0]: placed(mapper.class_, said, row) for key, said in changes.items()
    }


def key_name(at: int) -> str:
    """The name of a part of the key among the columns that are fed."""
    return f"key {at}"


def read_by(model: type[Any], said: Iterable[Any]) -> tuple[str, ...]:
    """The attributes of the proposed row that SQL speaks of."""
    return named_in(model, *said)
