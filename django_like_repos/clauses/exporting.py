"""``to_arrow()``, ``copy_to()`` and their kin: which columns are exported, and under which names."""

from collections.abc import Mapping
from typing import Any, Final

from django_like_repos.clauses.checks import check_number
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fields import kept_of
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.query import Query
from django_like_repos.query.places import REPLICA

DEFAULT_BATCH: Final = 65_536
"""Rows of a batch, where nobody says otherwise."""


def exported(query: Query, call: str) -> Query:
    """The query that reads the columns of an export: those of ``values()``, or all that a model loads.

    Raises UnsupportedOperationError for rows that have no columns, or two of one name.
    """
    if query.settings.into is not None:
        raise UnsupportedOperationError(
            f"{call}() has columns and no objects, and cannot follow into(): values(…) names the columns"
        )
    if query.settings.reads == REPLICA:
        raise UnsupportedOperationError(
            f"{call}() reads in a transaction, and replicas are read without: using('primary')"
        )
    if query.frame.projection is None:
        query = projected(query, call, _loaded(query), "tuple")
    names = names_of(query)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnsupportedOperationError(
            f"{call}(): there are several columns {', '.join(map(repr, twice))}: values_list() names each once"
        )
    return query.evolve(row="tuple", prefetches=())


def names_of(query: Query) -> tuple[str, ...]:
    """The names of the columns of an exported query, in order."""
    return outputs_of(query.shape)


def _loaded(query: Query) -> tuple[str, ...]:
    """The columns that the models of a query are loaded with, where that is not all."""
    fields, mapper = query.frame.fields, mapper_of(query.model)
    keys = [field.key for field in columns_of(mapper)]
    kept = None if fields is None else kept_of(fields, (), mapper)
    if kept is None or kept.deferred:
        left_out = {key for key in keys if mapper.column_attrs[key].deferred}
        loaded = [key for key in keys if key not in left_out.union(kept.keys if kept else ())]
    else:
        loaded = [key for key in keys if key in kept.keys]
    # Those of all are the shape of values().
    return () if loaded == keys else (*loaded, *outputs_of(query.shape))


def checked_size(size: Any, call: str) -> int:
    """The rows of a batch. Raises UnsupportedOperationError for what is no number of them."""
    check_number(call, "size", size, least=1)
    return int(size)


def checked_types(query: Query, types: Any, call: str) -> Mapping[str, Any]:
    """The types that a caller has for columns. Raises UnsupportedOperationError for a name that is none."""
    if types is None:
        return {}
    if not isinstance(types, Mapping):
        raise UnsupportedOperationError(f"{call}(): types is a dict of names and Arrow types, not {types!r}")
    names = names_of(query)
    for name in types:
        if name not in names:
            raise UnsupportedOperationError(
                f"{call}(): types={{{name!r}: …}} is of no column; there are {', '.join(names)}"
            )
    return types
