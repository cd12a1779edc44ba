"""``fetch_mode()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS
from django_like_repos.mapping.fetch_modes import checked_mode
from django_like_repos.query import Query


def in_fetch_mode(query: Query, mode: object) -> Query:
    """``fetch_mode()``. Raises UnsupportedOperationError for a mode that does not exist."""
    return query.reframed(
        (query.last_call, "fetch_mode", (mode,), NO_KEYWORDS), fetch_mode=checked_mode(mode)
    )
