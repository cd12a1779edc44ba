"""The fields that a constraint is about, by what the database calls it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError

_ENDS: Final = {UniqueConstraint: "key", ForeignKeyConstraint: "fkey", CheckConstraint: "check"}
"""How PostgreSQL ends the names of those that are given none."""
_WORD: Final = re.compile(r"\w+")


def fields_about(
    mappers: Iterable[Mapper[Any]], table: str | None, constraint: str | None, columns: Iterable[str]
) -> tuple[str, ...]:
    """The attributes of a model that a constraint is about; empty where the mapping does not know it.

    Of a constraint one knows its columns or its name; ``table`` is None where that is not known.
    """
    for mapper in mappers:
        for each in mapper.tables:
            if isinstance(each, Table) and table in (None, each.name):
                found = _named(each, columns) or _about(each, constraint)
                fields = [_key(mapper, column) for column in found]
                if fields and None not in fields:
                    return tuple([field for field in fields if field is not None])
    return ()


def columns_about(tables: Iterable[Table], constraint: str | None, columns: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns that a constraint is about, by the same; empty where no table knows it."""
    found = next((about for each in tables if (about := _about(each, constraint))), [])
    return tuple(columns) or tuple([column.name for column in found])


def _named(table: Table, columns: Iterable[str]) -> list[Column[Any]]:
    known = {column.name: column for column in table.columns}
    wanted = list(columns)
    return [known[name] for name in wanted] if known.keys() >= {*wanted} else []


def _about(table: Table, name: str | None) -> list[Column[Any]]:
    for each in (*table.constraints, *table.indexes) if name else ():
        if name in _names(table, each):
            return _columns(table, each)
    return []


def _columns(table: Table, each: Any) -> list[Column[Any]]:
    found = [column for column in each.columns if isinstance(column, Column)]
    if found or not isinstance(each, CheckConstraint):
        return found
    # A condition that is said in SQL.
    words = {*_WORD.findall(str(each.sqltext))}
    return [column for column in table.columns if column.name in words]


def _names(table: Table, each: Any) -> list[str]:
    """The name of a constraint, or what the databases call it by itself."""
    if isinstance(each.name, str):
        return [str(each.name)]
    if isinstance(each, PrimaryKeyConstraint):
        return [f"{table.name}_pkey"]
    if isinstance(each, Index) or type(each) not in _ENDS:
        return []
    by_postgresql = "_".join([table.name, *[each.name for each in _columns(table, each)], _ENDS[type(each)]])
    # SQLite shows the condition.
    return [by_postgresql, str(each.sqltext)] if isinstance(each, CheckConstraint) else [by_postgresql]


def _key(mapper: Mapper[Any], column: Column[Any]) -> str | None:
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None
