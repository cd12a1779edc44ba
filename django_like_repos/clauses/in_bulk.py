"""``in_bulk()``."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.orm import Mapper

from django_like_repos.clauses.checks import by_ourselves, check_models, refuse_sliced
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.filtering import filtered
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.paths import Path, field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Query


def bulk_field(query: Query, name: str) -> Path:
    """The field that ``in_bulk()`` tells models apart by. Raises UnsupportedOperationError if it does not."""
    refuse_sliced(query, "in_bulk")
    refuse_combined(query, "in_bulk")
    if query.settings.into is None or not query.settings.into.of_models:
        check_models(query, "in_bulk")
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"in_bulk() takes the name of a field, not {name!r}")
    path = (
        field_path(query.names.bare, _asked(query, name)) if name == "pk" else written_path(query.names, name)
    )
    unique = name in query.frame.distinct_on and len(query.frame.distinct_on) == 1
    unique = unique or _is_unique(mapper_of(query.model), path)
    if path.hops or path.transforms or not path.fields or not unique:
        raise UnsupportedOperationError(f"in_bulk() needs a unique field of the model, and {path} is not one")
    return path


def in_bulk(query: Query, name: str, values: Iterable[Any]) -> Query:
    """The rows with these values of a field that ``bulk_field()`` has taken."""
    return by_ourselves(query, lambda free: filtered(free, (), {f"{_asked(query, name)}__in": values}))


def _asked(query: Query, name: str) -> str:
    return key_name(mapper_of(query.model)) if name == "pk" else name


def _is_unique(mapper: Mapper[Any], path: Path) -> bool:
    if path.fields == key_of(mapper):
        return True
    columns = {field.column for field in path.fields}
    table = mapper.local_table
    unique = [{column} for column in table.columns if column.unique]
    if isinstance(table, Table):
        unique += [set(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
        unique += [set(index.columns) for index in table.indexes if index.unique]
    return columns in unique
