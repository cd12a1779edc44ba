"""``select_related()``: to-one relations that the same statement fills."""

from typing import Any, Final

from django_like_repos.caching import cached
from django_like_repos.clauses.checks import (
    NO_KEYWORDS,
    check_models,
    check_traversed,
    is_none,
    relation_named,
)
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fields import steps_of
from django_like_repos.query import Names, Query

_NAME: Final = "select_related"


def related(query: Query, paths: tuple[Any, ...]) -> Query:
    """``select_related()``: added to what was named before; None clears it.

    Raises UnknownFieldError, and UnsupportedOperationError for what is no to-one relation.
    """
    refuse_combined(query, _NAME)
    check_models(query, _NAME)
    call = (query.last_call, _NAME, paths, NO_KEYWORDS)
    if is_none(paths):
        return query.reframed(call, related=())
    if not paths:
        raise UnsupportedOperationError(
            "select_related() takes the paths of the relations to be loaded, as in "
            "select_related('author', 'author__country'); None takes back those that were named"
        )
    for path in paths:
        if not isinstance(path, str):
            relation_named(query.names, path, _NAME)
        _check(query.names, path)
    query = query.reframed(call, related=tuple(dict.fromkeys((*query.frame.related, *paths))))
    check_traversed(query)
    return query


@cached(4096)
def _check(names: Names, name: str) -> None:
    """Raises UnsupportedOperationError for a path that leads to more than one row."""
    path = relation_named(names, name, _NAME)
    for hop in steps_of(path):
        if hop.to_many and hop.narrowed:
            raise UnsupportedOperationError(
                f"select_related({name!r}): {hop.narrowed!r} may be several rows of {hop!r}, where one "
                f"attribute holds one; prefetch_related(Prefetch({hop.key!r}, queryset=…, to_attr=…)) loads "
                "them"
            )
        if hop.to_many:
            raise UnsupportedOperationError(
                f"select_related({name!r}): {hop!r} may be several rows, and select_related() loads one: "
                f"prefetch_related({name!r}) loads them"
            )
