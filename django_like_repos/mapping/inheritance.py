"""Rows that lie in several tables, one for each class of a joined inheritance, and whose the parts are."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Table
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors

from django_like_repos.caching import cached, cached_by_class
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import columns_of


@cached_by_class(4096)
def tables_of(mapper: Mapper[Any]) -> tuple[Table, ...]:
    """The tables in which rows of a mapper lie, the most derived first.

    Raises UnsupportedOperationError where subclasses have tables apart, whose keys are others.
    """
    apart = [
        each.class_.__name__
        for each in mapper.with_polymorphic_mappers
        if each is not mapper and each.concrete
    ]
    if apart:
        raise UnsupportedOperationError(
            f"rows of {mapper.class_.__name__} lie in tables apart, those of {', '.join(apart)} among them: "
            "UPDATE and DELETE go by the class of each"
        )
    below = [each for each in mapper.self_and_descendants if each is mapper or not each.concrete]
    tables: dict[Any, None] = {}
    for each in (*reversed(list(mapper.iterate_to_root())), *below):
        tables = {each.local_table: None} if each.concrete else {**tables, each.local_table: None}
    if not all(isinstance(table, Table) for table in tables):
        raise UnsupportedOperationError(f"{mapper.class_.__name__} is mapped to no table that can be written")
    return tuple(reversed(tables))


def is_deleted_at_once(mapper: Mapper[Any]) -> bool:
    """Whether one DELETE is enough: rows are in one table, and the class stands for that."""
    tables = tables_of(mapper)
    return len(tables) == 1 and _is_target(mapper) and returns_rows(tables[0])


def returns_rows(table: Table) -> bool:
    """Whether a statement that writes a table can say which rows it has written: a rule may forbid it."""
    return bool(table.implicit_returning)


def is_updated_at_once(mapper: Mapper[Any], assigned: Iterable[str]) -> bool:
    """Whether one UPDATE of these attributes is enough: rows are in one table, which the class stands for."""
    return _is_updated_at_once(mapper, tuple(assigned))


@cached(4096)
def _is_updated_at_once(mapper: Mapper[Any], assigned: tuple[str, ...]) -> bool:
    if len(mapper.tables) > 1 or not all(map(returns_rows, tables_of(mapper))):
        # Conditions on the other tables must hold still when a row that was waited for is written.
        return False
    fields = {field.key: field.column for field in columns_of(mapper)}
    columns = [fields.get(key) for key in assigned]
    own = all(column is None or column.table is mapper.local_table for column in columns)
    return _is_target(mapper) and own


def _is_target(mapper: Mapper[Any]) -> bool:
    """Whether SQLAlchemy takes the class as the target of a statement that writes."""
    return mapper.selectable is mapper.local_table or mapper.persist_selectable is not mapper.local_table


def shares_of(mapper: Mapper[Any], assigned: Mapping[str, Any]) -> dict[Table, dict[Column[Any], Any]]:
    """What an UPDATE sets, by table.

    Raises UnsupportedOperationError for an expression of another table's columns, as ``tables_of`` does.
    """
    tables_of(mapper)
    fields = {field.key: field.column for field in columns_of(mapper)}
    shares: dict[Table, dict[Column[Any], Any]] = {}
    for key, value in assigned.items():
        column = fields.get(key)
        if column is None or not isinstance(column.table, Table):
            raise UnsupportedOperationError(
                f"update({key}=…): {key} is computed, and its row in several tables"
            )
        refuse_other_tables(mapper, column, value, f"update({key}=…)")
        shares.setdefault(column.table, {})[column] = value
    return shares


def refuse_other_tables(mapper: Mapper[Any], column: Column[Any], value: Any, told: str) -> None:
    """Raises UnsupportedOperationError where a column is set to what another table of its rows has.

    An UPDATE of the one table would read any row of the other.
    """
    if not isinstance(value, ColumnElement):
        return
    tables = {table for each in mapper.self_and_descendants for table in each.tables}
    if _reads(value, [table for table in tables if table is not column.table]):
        own: Any = column.table
        raise UnsupportedOperationError(
            f"{told}: {column} can be set to what {own.description} has, and to no column of another table"
        )


def _reads(value: ColumnElement[Any], tables: list[Any]) -> bool:
    """Whether an expression reads one of the tables."""
    read = {
        getattr(each, "table", None) for each in visitors.iterate(value) if each.__visit_name__ == "column"
    }
    names = {each.description for each in read if isinstance(each, FromClause)}
    return not names.isdisjoint(table.description for table in tables)


@cached(4096)
def identities_of(mapper: Mapper[Any]) -> tuple[str, Collection[Any]] | None:
    """The attribute that says of which class a row is, and what it may be in one of this class.

    None where no attribute does. A row in the table of a class may be one of its subclasses too.
    """
    key = mapper._polymorphic_attr_key
    return None if key is None else (key, mapper._acceptable_polymorphic_identities)
