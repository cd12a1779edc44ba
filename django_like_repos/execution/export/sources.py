"""The columns of an exported query: their names, and what its SELECT says of their types."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Label, Table, Text, cast, types

from django_like_repos.clauses.exporting import names_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.direct.learning import places_of
from django_like_repos.execution.export.kinds import Source
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.types import impl_of
from django_like_repos.query import Query


def sources_of(query: Query, statement: Any, call: str) -> list[Source]:
    """The columns of a query whose SELECT is known.

    Raises UnsupportedOperationError for a value that is made of several columns.
    """
    names, columns = names_of(query), statement._raw_columns
    for name in names:
        if len(field_path(query.names, name).types) > 1:
            raise UnsupportedOperationError(
                f"{call}(): {name!r} is made of several columns: values(…) names them one by one"
            )
    return [
        Source(name, column.type, _is_stored(column)) for name, column in zip(names, columns, strict=True)
    ]


def places_in(cursor: Any, width: int) -> Sequence[int]:
    """Where the columns of a query, so many of them, are among those that a cursor gives."""
    places = places_of(cursor.context.compiled, len(cursor._metadata._keys))
    return range(width) if places is None else places


def with_text_of_json(statement: Any, sources: list[Source], dialect: Dialect) -> Any:
    """A SELECT whose JSON is read as text, where a driver would make objects of it: NULL is not its null."""
    jsons = [isinstance(impl_of(each.type), types.JSON) for each in sources]
    if dialect.name != "postgresql" or not any(jsons):
        return statement
    if statement._distinct:
        # What is different is not what its text is, and what it is ordered by has to be selected.
        name = next(each.name for each, is_json in zip(sources, jsons, strict=True) if is_json)
        raise UnsupportedOperationError(
            f"distinct() of JSON is exported as text: Cast({name!r}, Text()) in its place is distinct as such"
        )
    columns = [
        cast(column, Text()).label(source.name) if is_json else column
        for column, source, is_json in zip(statement._raw_columns, sources, jsons, strict=True)
    ]
    return statement.with_only_columns(*columns, maintain_column_froms=True)


def _is_stored(column: Any) -> bool:
    """Whether values are those of a table's columns of one type, and nothing was computed."""
    while isinstance(column, Label):
        column = column.element
    bases = column.base_columns
    stored = all(isinstance(each, Column) and isinstance(each.table, Table) for each in bases)
    return stored and len({repr(each.type) for each in bases}) == 1
