"""Rows that lie in several tables, one for each class of a joined inheritance, and whose the parts are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors

from django_like_repos.builder.caching import cached
from django_like_repos.builder.mapping import columns_of
from django_like_repos.errors import UnsupportedOperationError


@cached(4096)
def owners_of(mapper: Mapper[Any]) -> tuple[type[Any], ...]:
    """The classes in whose tables rows of a mapper may lie, one a table, the most derived first.

    Raises UnsupportedOperationError where subclasses have tables apart, whose keys are others.
    """
    apart = [
        each.class_.__name__ for each in mapper.self_and_descendants if each is not mapper and each.concrete
    ]
    if apart:
        raise UnsupportedOperationError(
            f"rows of {mapper.class_.__name__} lie in tables apart, those of {', '.join(apart)} among them: "
            "UPDATE and DELETE go by the class of each"
        )
    classes: dict[FromClause, type[Any]] = {}
    for each in (*reversed(list(mapper.iterate_to_root())), *mapper.self_and_descendants):
        classes.setdefault(each.local_table, each.class_)
        if each.concrete:
            classes = {each.local_table: each.class_}
    return tuple(reversed(classes.values()))


def shares_of(mapper: Mapper[Any], assigned: Mapping[str, Any]) -> dict[type[Any], dict[str, Any]]:
    """What an UPDATE sets, by the class in whose table it is.

    Raises UnsupportedOperationError for an expression of another table's columns, as ``owners_of`` does.
    """
    owners_of(mapper)
    fields = {field.key: field.column for field in columns_of(mapper)}
    shares: dict[type[Any], dict[str, Any]] = {}
    for key, value in assigned.items():
        column = fields[key]
        assert column is not None
        owner = next(each for each in mapper.iterate_to_root() if each.local_table is column.table)
        others = [table for table in mapper.tables if table is not column.table]
        if isinstance(value, ColumnElement) and _reads(value, others):
            raise UnsupportedOperationError(
                f"update({key}=…): {column} can be set to what {column.table.description} has, and to no "
                "column of another table"
            )
        name = owner.get_property_by_column(column).key
        shares.setdefault(owner.class_, {})[name] = value
    return shares


def _reads(value: ColumnElement[Any], tables: list[Any]) -> bool:
    """Whether an expression reads one of the tables."""
    read = {
        getattr(each, "table", None) for each in visitors.iterate(value) if each.__visit_name__ == "column"
    }
    names = {each.description for each in read if isinstance(each, FromClause)}
    return not names.isdisjoint(table.description for table in tables)
