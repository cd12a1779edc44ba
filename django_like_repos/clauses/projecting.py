"""``values()`` and ``values_list()``."""

from collections.abc import Mapping
from itertools import count
from keyword import iskeyword
from typing import Any, Final

from sqlalchemy.orm import QueryableAttribute

from django_like_repos.clauses.annotating import annotate
from django_like_repos.clauses.checks import NO_KEYWORDS, field_named, refuse_grown
from django_like_repos.clauses.combining import refuse_combined, refuse_made
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.kinds import is_computed
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.projection import outputs, outputs_of, reprojected
from django_like_repos.query import Projection, Query

_KEYWORDS_OF_ROW: Final[dict[str, Mapping[str, Any]]] = {"scalar": {"flat": True}, "named": {"named": True}}
_TEXTS: Final = frozenset({str})


def projected(
    query: Query,
    name: str,
    fields: tuple[Any, ...],
    row: str,
    expressions: Mapping[str, Any] = NO_KEYWORDS,
    *,
    told: bool = False,
) -> Query:
    """``values()`` and ``values_list()``: what a row becomes is ``row``. A slice may be read so too.

    ``told``, if a caller has said so, for whom nothing is left out in silence.
    """
    if query.settings.into is not None or (told and query.settings.tree is not None):
        refuse_made(query, name)
        refuse_grown(query, name, bounded=True)
    if query.names.guard is not None and not fields and not expressions:
        raise UnsupportedOperationError(f"{name}() under strict names says which fields: nothing means all")
    call = (query.last_call, name, fields, {**_KEYWORDS_OF_ROW.get(row, NO_KEYWORDS), **expressions})
    if not _TEXTS.issuperset(map(type, fields)):
        fields = tuple([_name_of(query, field) for field in fields])
    if expressions or not _TEXTS.issuperset(map(type, fields)):
        query, fields = _with_expressions(query, name, fields, expressions)
    for field in fields:
        path = field_named(query.names, field, name)
        if path.annotation is not None and not path.annotation.selected:
            raise UnsupportedOperationError(
                f"{path.name!r} is an alias() and no value to read: annotate() makes it one"
            )
    if row in ("named", "dict") and len(set(fields)) != len(fields):
        raise UnsupportedOperationError(f"{name}() was given a field twice: {', '.join(fields)}")
    frame = query.settings.frame.unfilled
    if frame.combined is not None:
        return _of_combined(query.evolve(frame=frame), fields, row, call)
    projection = Projection(fields, len(query.steps))
    if row == "named":
        _check_named(outputs(query.names, projection, query.steps), name)
    return query.evolve(frame=frame.evolve(projection=projection), row=row, last_call=call)


def _check_named(fields: tuple[str, ...], name: str) -> None:
    for field in fields:
        if not field.isidentifier() or field.startswith("_") or iskeyword(field):
            raise UnsupportedOperationError(
                f"{name}(named=True): {field!r} is no name for a field of a tuple"
            )


def _with_expressions(
    query: Query, name: str, fields: tuple[Any, ...], expressions: Mapping[str, Any]
) -> tuple[Query, tuple[str, ...]]:
    """The query with expressions among the fields annotated, and all their names."""
    refuse_combined(query, f"{name}() of expressions")
    named = {field for field in fields if isinstance(field, str)}
    found: list[str] = []
    numbers = count(1)
    annotations: dict[str, Any] = {}
    for field in fields:
        if is_computed(field):
            prefix = _prefix(field)
            alias = next(each for each in (f"{prefix}{number}" for number in numbers) if each not in named)
            annotations[alias] = field
            found.append(alias)
        else:
            found.append(field)
    annotations.update(expressions)
    # One that is named among the fields stands where it is named.
    return annotate(query, name, (), annotations), tuple(dict.fromkeys((*found, *expressions)))


def _name_of(query: Query, field: Any) -> Any:
    """The name of what is an attribute of the model; anything else as it is."""
    if isinstance(field, QueryableAttribute) and field.key in mapper_of(query.model).attrs:
        owner: Any = field.class_
        return field.key if issubclass(query.model, owner) else field
    return field


def _prefix(field: Any) -> str:
    try:
        return str(field.default_alias)
    except (AttributeError, TypeError):
        return type(field).__name__.lower()


def _of_combined(query: Query, fields: tuple[str, ...], row: str, call: Any) -> Query:
    combination = query.frame.combined
    assert combination is not None
    if query.frame.projection is None:
        fields = fields or tuple([field.key for field in columns_of(mapper_of(query.model))])
        shape = reprojected(query.shape, fields)
        return _reading(query, call, row, combined=shape.frame.combined, projection=Projection(fields, 0))
    known = outputs_of(query.shape)
    fields = fields or known
    unknown = [field for field in fields if field not in known]
    if unknown:
        raise UnsupportedOperationError(
            f"values({unknown[0]!r}) after {combination.operator}(): what is read is {', '.join(known)}"
        )
    return _reading(query, call, row, projection=Projection(fields, 0))


def _reading(query: Query, call: Any, row: str, **changes: Any) -> Query:
    return query.evolve(frame=query.frame.evolve(**changes), row=row, last_call=call)
