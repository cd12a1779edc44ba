"""``returning()``, and what ``update()`` is given."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django_like_repos.clauses.checks import check_whole, field_named
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Names, Query, Returning
from django_like_repos.query.shapes import Annotate

_OF_KEYS: Final = Returning((), model=False)


def returned(query: Query, fields: tuple[str | None, ...], *, model: bool) -> Query:
    """``returning()``: what UPDATE and DELETE give back; of None alone the number of rows."""
    asked = read_returning(query.names, fields, model=model)
    kwargs = {"return_model": True} if model else {}
    returning = asked if asked != _OF_KEYS else None
    return query.evolve(returning=returning, last_call=(query.last_call, "returning", fields, kwargs))


def read_returning(names: Names, fields: tuple[str | None, ...], *, model: bool = False) -> Returning:
    """What is given back of rows that are written, fields or the model; of None alone their number."""
    if fields and model:
        raise UnsupportedOperationError("returning() gives fields or the model: say one of them")
    if fields == (None,):
        return Returning((), model=False, counted=True)
    named = tuple([field for field in fields if field is not None])
    if named != fields:
        raise UnsupportedOperationError("returning(None) is of a number alone: fields are named without None")
    _check(names, named)
    return Returning(named, model=model)


def _check(names: Names, fields: Iterable[str]) -> None:
    for field in fields:
        column = field_named(names, field, "returning").shortest
        if len(column.types) != 1:
            raise UnsupportedOperationError(
                f"returning(): {column} has {len(column.types)} columns; name one of them"
            )
        if column.hops or column.transforms or column.annotation is not None:
            raise UnsupportedOperationError(
                f"returning() gives the table's own columns, and {field!r} is not one"
            )


def to_be_updated(query: Query) -> Query:
    """The rows themselves, whatever is read of them. Raises UnsupportedOperationError for groups, say."""
    frame = query.settings.frame
    if frame.projection is not None and frame.combined is None:
        if any(isinstance(step, Annotate) and isinstance(step.grouped_by, tuple) for step in query.steps):
            raise UnsupportedOperationError(f"update() is of rows, and these are groups: {query!r}")
        query = query.evolve(frame=frame._replace(projection=None), row="model")
    check_whole(query, "update")
    return query


def merged(values: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What ``update()`` was given, as a dict, as keywords, or as both."""
    if values is not None and not isinstance(values, Mapping):
        raise UnsupportedOperationError(f"update() takes a dict or keywords, not {values!r}")
    both = sorted(set(values or ()) & set(kwargs))
    if both:
        raise UnsupportedOperationError(f"update() was given {', '.join(both)} twice")
    return {**(values or {}), **kwargs}


def returned_columns(names: Names, fields: Iterable[str]) -> list[Any]:
    """The attributes that ``returning()`` names; of a relation, its foreign key."""
    return [getattr(names.model, field_path(names, name).shortest.fields[0].key) for name in fields]
