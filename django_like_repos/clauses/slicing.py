"""``[a:b]`` and ``[n]``."""

from typing import NoReturn

from django_like_repos.clauses.checks import NO_KEYWORDS
from django_like_repos.clauses.filtering import emptied
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query
from django_like_repos.values import LARGEST_INTEGER


def sliced(query: Query, start: int | None, stop: int | None) -> Query:
    """Rows ``start`` to ``stop`` of the rows that the query has now."""
    first = 0 if start is None else start
    if first.__class__ is not int or first < 0:
        _refuse_bound(start)
    if stop is not None and (stop.__class__ is not int or stop < 0):
        _refuse_bound(stop)
    wanted = None if stop is None else stop - first
    if query.limit is not None:
        left = query.limit - first
        wanted = left if wanted is None or left < wanted else wanted
    call = (query.last_call, "[]", (start, stop), NO_KEYWORDS)
    offset = (query.offset or 0) + first
    if (wanted is not None and wanted <= 0) or offset > LARGEST_INTEGER:
        return emptied(query).windowed(0, 0, call)
    if wanted is not None and wanted > LARGEST_INTEGER:
        wanted = None
    return query.windowed(wanted, offset, call)


def indexed(query: Query, index: int) -> Query:
    """The one row at an index."""
    if index.__class__ is not int:
        raise UnsupportedOperationError(f"a queryset is indexed by whole numbers and slices, not {index!r}")
    return sliced(query, index, max(index, 0) + 1)


def _refuse_bound(bound: object) -> NoReturn:
    if bound.__class__ is int:
        raise UnsupportedOperationError("negative indexes are not supported: reverse() the order instead")
    raise UnsupportedOperationError(f"a slice takes whole numbers, not {bound!r}")
