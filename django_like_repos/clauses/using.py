"""``using()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query
from django_like_repos.query.places import PLACES


def using(query: Query, place: object) -> Query:
    """``using()``. Raises UnsupportedOperationError for a place that does not exist."""
    call = (query.last_call, "using", (place,), NO_KEYWORDS)
    return query.evolve(reads=checked_place(place), last_call=call)


def checked_place(place: object, what: str = "using()") -> str:
    """The place. Raises UnsupportedOperationError for what is none."""
    if not isinstance(place, str) or place not in PLACES:
        known = " or ".join(map(repr, PLACES))
        raise UnsupportedOperationError(
            f"{what} takes {known}, not {place!r}; another database is another session: in_session(session)"
        )
    return place
