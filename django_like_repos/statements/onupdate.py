"""What columns get with each UPDATE that does not set them: ``Column(onupdate=…)``."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, bindparam
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.clauses.defaults import NeedsContextError, sql_default, value_of


class OnUpdate(NamedTuple):
    """What is set besides."""

    by_row: list[tuple[Column[Any], list[Any]]]
    """What Python code gave, called for each row."""
    for_all: dict[Column[Any], ColumnElement[Any]]
    said: dict[Column[Any], Any]
    """SQL, which SQLAlchemy adds to an UPDATE by itself."""
    needs_context: bool
    """Whether Python code looks at the statement, so that only SQLAlchemy can call it."""


def on_update(table: Table, set_anyway: Collection[Column[Any]], rows: int) -> OnUpdate:
    """What the columns of a table get that nobody sets, in a number of rows."""
    found = OnUpdate([], {}, {}, False)
    for column in table.columns:
        said: Any = column.onupdate
        if said is None or column in set_anyway:
            continue
        if said.is_clause_element or said.is_sequence:
            found.said[column] = sql_default(said)
            continue
        if not said.is_callable:
            found.for_all[column] = bindparam(None, said.arg, type_=column.type)
            continue
        try:
            found.by_row.append((column, [value_of(said) for _ in range(rows)]))
        except NeedsContextError:
            return OnUpdate([], {}, {}, True)
    return found


@cached(4096)
def is_told(mapper: Mapper[Any]) -> bool:
    """Whether an UPDATE leaves rows as it was told, as far as the mapping knows."""
    columns = [column for table in mapper.tables for column in table.columns]
    return mapper.version_id_col is None and not any(
        column.onupdate is not None or column.server_onupdate is not None or column.computed is not None
        for column in columns
    )
