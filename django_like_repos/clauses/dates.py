"""``dates()`` and ``datetimes()``."""

from typing import Any, Final

from sqlalchemy import types

from django_like_repos.clauses.annotating import annotate
from django_like_repos.clauses.checks import by_ourselves, column_named
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.distinct import made_distinct
from django_like_repos.clauses.filtering import filtered
from django_like_repos.clauses.ordering import ordered
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.types import impl_of
from django_like_repos.query import F, Query
from django_like_repos.query.functions.dates import Trunc


def dated(query: Query, field: Any, kind: Any, order: Any, *, zone: Any, moments: bool) -> Query:
    """``dates()`` and ``datetimes()``: the different values of a field, each cut down to ``kind``."""
    call = "datetimes" if moments else "dates"
    refuse_combined(query, call)
    kinds = _KINDS if moments else _KINDS[:4]
    if kind not in kinds:
        raise UnsupportedOperationError(f"{call}(): 'kind' must be one of {', '.join(kinds)}, not {kind!r}")
    if order not in ("ASC", "DESC"):
        raise UnsupportedOperationError(f"{call}(): 'order' must be either 'ASC' or 'DESC', not {order!r}")
    path = column_named(query.names, field, call)
    type_ = impl_of(path.types[0])
    wanted = types.DateTime if moments else types.Date
    if not isinstance(type_, (types.Date, types.DateTime)) or (moments and not isinstance(type_, wanted)):
        raise UnsupportedOperationError(f"{call}(): {path} is no {'datetime' if moments else 'date'}")
    output = None if moments else types.Date()
    cut = Trunc(field, kind, output_field=output, tzinfo=zone)
    term = "datefield" if order == "ASC" else "-datefield"

    def read(query: Query) -> Query:
        query = annotate(query, call, (), {"datefield": cut, "plain_field": F(field)})
        query = projected(query, call, ("datefield",), "scalar")
        query = made_distinct(query)
        query = filtered(query, (), {"plain_field__isnull": False})
        return ordered(query, (term,))

    return by_ourselves(query, read)


_KINDS: Final = ("year", "month", "week", "day", "hour", "minute", "second")
