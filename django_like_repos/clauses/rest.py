"""What a new row gets for the columns that it was given no value for."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Column, Sequence
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.mapping.models import columns_of

Make = Callable[["Given"], Any]


class Given:
    """What SQLAlchemy tells a default that asks for the row it is of."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.current_parameters = values

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """The values of the row, by the keys of its columns."""
        return dict(self.current_parameters)


class Rest(NamedTuple):
    """Of the attributes that have no value: what makes one."""

    made: tuple[tuple[str, Make], ...]
    """Python."""
    said: tuple[tuple[str, Any], ...]
    """SQL: defaults as the columns have them."""
    lacking: tuple[str, ...]
    """Nothing."""


@cached(4096)
def rest_of(mapper: Mapper[Any], given: frozenset[str]) -> Rest:
    """What is left to defaults where some attributes are given; what the database fills is not in it."""
    made: dict[str, Make] = {}
    said: dict[str, Any] = {}
    lacking: list[str] = []
    for field in columns_of(mapper):
        column = field.column
        if column is None or field.key in given:
            continue
        make = _of_mapping(mapper, column) or python_default(column.default)
        if make is not None:
            made[field.key] = make
        elif column.default is not None:
            said[field.key] = column.default
        elif not _is_filled(column):
            lacking.append(field.key)
    return Rest(tuple(made.items()), tuple(said.items()), tuple(lacking))


def _of_mapping(mapper: Mapper[Any], column: Column[Any]) -> Make | None:
    """What SQLAlchemy's flush puts into a column: what the row is one of, its first version."""
    if column is mapper.polymorphic_on and mapper.polymorphic_identity is not None:
        identity = mapper.polymorphic_identity
        return lambda _: identity
    if column is mapper.version_id_col and callable(mapper.version_id_generator):
        generator = mapper.version_id_generator
        return lambda _: generator(None)
    return None


def python_default(default: Any) -> Make | None:
    """What makes the value of a default, or of an ``onupdate``, that is Python's."""
    if default is None:
        return None
    if default.is_scalar:
        value = default.arg
        return lambda _: value
    made: Make | None = default.arg if default.is_callable else None
    return made


def sql_default(default: Any) -> Any:
    """What SQL says for one that is computed by the database."""
    return default.next_value() if isinstance(default, Sequence) else default.arg


def _is_filled(column: Column[Any]) -> bool:
    """Whether the database has something for a column that is left out."""
    return bool(
        column.nullable
        or column.server_default is not None
        or column.identity is not None
        or column.computed is not None
        or column is column.table._autoincrement_column
    )
