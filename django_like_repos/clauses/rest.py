"""What a new row gets for the columns that it was given no value for."""

from typing import Any, NamedTuple

from sqlalchemy import Column
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.clauses.defaults import Make, python_default
from django_like_repos.mapping.layout import layout_of


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
    layout = layout_of(mapper)
    assert layout is not None
    for cell in layout.cells:
        if cell.key is None or cell.key in given:
            continue
        make = _of_mapping(mapper, cell.column) or python_default(cell.default)
        if make is not None:
            made[cell.key] = make
        elif cell.default is not None:
            said[cell.key] = cell.default
        elif cell.required:
            lacking.append(cell.key)
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
