"""The row that an INSERT proposes, beside the row that is there: what stands for it until it is known.

A statement says of it what it has: ``placed()``.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement
from sqlalchemy.sql import visitors

from django_like_repos.caching import cached_by_class
from django_like_repos.mapping.models import columns_of, mapper_of

NAME = "excluded"
"""What SQL calls it."""


@cached_by_class(4096)
def proposed_row(model: type[Any]) -> Mapping[str, ColumnElement[Any]]:
    """Its columns, by their attributes."""
    mapper: Any = mapper_of(model)
    row = mapper.local_table.alias(NAME)
    found = [
        (field.key, row.corresponding_column(field.column))
        for field in columns_of(mapper)
        if field.column is not None
    ]
    return {key: column for key, column in found if column is not None}


def named_in(model: type[Any], *said: Any) -> tuple[str, ...]:
    """The attributes of the proposed row that SQL speaks of."""
    keys = {column: key for key, column in proposed_row(model).items()}
    parts = [part for each in said for part in visitors.iterate(each)]
    return tuple(
        dict.fromkeys([keys[part] for part in parts if isinstance(part, ColumnClause) and part in keys])
    )


def placed(model: type[Any], said: Any, row: Mapping[str, Any]) -> Any:
    """SQL that speaks of the proposed row, of what a statement has of it."""
    keys = {column: key for key, column in proposed_row(model).items()}

    def replaced(element: Any, **_: Any) -> Any:
        return row[keys[element]] if isinstance(element, ColumnClause) and element in keys else None

    return visitors.replacement_traverse(said, {}, replaced)
