"""``distinct()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS, field_named, refuse_sliced
from django_like_repos.clauses.combining import refuse_combined, refuse_made
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query
from django_like_repos.query.locking import refuse_locked


def made_distinct(query: Query, fields: tuple[str, ...] = ()) -> Query:
    """``distinct()``; with fields, of rows that are alike in them the first one."""
    refuse_sliced(query, "distinct")
    refuse_combined(query, "distinct")
    if query.settings.into is not None and query.settings.into.of_models:
        refuse_made(query, "distinct")
    refuse_locked(query.frame, "distinct()", "one of its rows may be several of them")
    call = (query.last_call, "distinct", fields, NO_KEYWORDS)
    for field in fields:
        field_named(query.names, field, "distinct")
    return query.reframed(call, distinct=not fields, distinct_on=fields)


def refuse_distinct(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where one row of the answer may stand for several."""
    if query.frame.distinct or query.frame.distinct_on:
        raise UnsupportedOperationError(
            f"{name}() cannot follow distinct(), whose rows may each be several of the table: "
            f"filter(pk__in=…) of it says which: {query!r}"
        )
