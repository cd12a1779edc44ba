"""``iterator()``, ``async for`` and ``batches()``: which rows can be read some at a time, and how many."""

from collections.abc import Sequence
from typing import Any, Final, NoReturn

from django_like_repos.clauses.checks import check_number, refuse_sliced
from django_like_repos.clauses.ordering import ordered
from django_like_repos.clauses.paging import is_totally_ordered, keyset_ordered, multiplies
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


def refuse_at_once(
    why: str, call: str = "iterator", way: str = "for … in await queryset has all rows at once"
) -> NoReturn:
    """Raises UnsupportedOperationError, which tells why rows come all at once."""
    raise UnsupportedOperationError(f"{call}(): {why}; {way}")


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


def batched_by(query: Query, size: Any, by: Any, after: Any) -> Query:
    """The rows of ``batches()`` in the order that they are gone through.

    Raises UnsupportedOperationError where it is none, or leaves two rows in either order.
    """
    check_number(_BATCHES, "size", size, least=1)
    if after is not None and not isinstance(after, str):
        raise UnsupportedOperationError(f"{_BATCHES}(): after is the token of a batch, not {after!r}")
    refuse_sliced(query, _BATCHES)
    if query.ordered and not query.settings.default_order:
        raise UnsupportedOperationError(
            f"{_BATCHES}() goes through rows in an order of its own, and order_by() would be lost: {_BATCHES}"
            "(by=…) says which"
        )
    terms = (by,) if isinstance(by, str) or not isinstance(by, Sequence) else tuple(by)
    query = ordered(query, terms)
    if not is_totally_ordered(query):
        told = ", ".join(map(str, terms))
        raise UnsupportedOperationError(
            f"{_BATCHES}(by=…): rows may be alike in {told}, so that there is no place between them: end "
            f"with what is unique and never NULL, by=({', '.join(map(repr, terms))}, 'pk')"
        )
    return keyset_ordered(query, _BATCHES)


_BATCHES: Final = "batches"
