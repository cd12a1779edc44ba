"""``iterator()`` and ``async for``: which rows can be read some at a time, and how many."""

from typing import Any, Final

from django_like_repos.clauses.checks import check_number
from django_like_repos.clauses.paging import multiplies
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.paths import relation_path
from django_like_repos.query import Query
from django_like_repos.query.places import REPLICA

DEFAULT_CHUNK: Final = 2000
"""Rows of a chunk, where nobody says otherwise: as in Django."""


def streamed(query: Query, chunk_size: Any) -> Query:
    """The rows of ``iterator()``. Raises UnsupportedOperationError where they do not come some at a time."""
    check_number("iterator", "chunk_size", chunk_size, least=1)
    why = why_at_once(query)
    if why:
        refuse_at_once(why)
    return query


def refuse_at_once(why: str) -> None:
    """Raises UnsupportedOperationError, which tells why rows come all at once."""
    raise UnsupportedOperationError(f"iterator(): {why}; for … in await queryset has all rows at once")


def why_at_once(query: Query) -> str:
    """Why all rows have to be there before the first is known to be whole; nothing where they have not."""
    names = query.names.bare
    many = next((name for name in query.frame.loads if relation_path(names, name).crosses_to_many), None)
    if many is not None:
        return (
            f"options({many!r}) joins the rows of a to-many relation, of which those of one object may be in "
            f"two chunks: prefetch_related({many!r}) loads them for each chunk"
        )
    projected = query.frame.projection is not None
    if not projected and multiplies(query.names.bare, query.frame, query.steps):
        return "an annotation reads a to-many path, so that objects come several times: values() reads them"
    if query.settings.reads == REPLICA:
        return "a cursor needs a transaction, and replicas are read without: using('primary')"
    return ""
