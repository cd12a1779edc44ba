"""``distinct()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS, field_named, refuse_sliced
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.query import Query


def made_distinct(query: Query, fields: tuple[str, ...] = ()) -> Query:
    """``distinct()``; with fields, of rows that are alike in them the first one."""
    refuse_sliced(query, "distinct")
    refuse_combined(query, "distinct")
    call = (query.last_call, "distinct", fields, NO_KEYWORDS)
    for field in fields:
        field_named(query.names, field, "distinct")
    return query.reframed(call, distinct=not fields, distinct_on=fields)
