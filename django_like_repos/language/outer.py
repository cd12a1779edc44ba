"""What a subquery wants of the rows around it: every ``OuterRef`` in its shape."""

from collections.abc import Hashable

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.kinds import traits_of
from django_like_repos.query import Names, Query
from django_like_repos.query.shapes import Nested, Outer, Reference, Shape, Subquery

Wanted = frozenset[tuple[str, int]]


def check_outer(names: Names, shape: Shape) -> None:
    """Raises UnknownFieldError where a subquery speaks of a name that the row around it has not."""
    for path, levels in outer_of(shape):
        if levels == 1:
            traits_of(names, Reference(path))


def check_whole(query: Query) -> None:
    """Raises UnsupportedOperationError where a query speaks of rows around it, and there are none."""
    if outer_of(query.shape):
        raise UnsupportedOperationError(
            f"this queryset has an OuterRef() in it and is only of use in Subquery() or Exists(): {query!r}"
        )


@cached(4096)
def outer_of(shape: Hashable) -> Wanted:
    """The paths that a shape wants of the rows around it, each with the number of levels up."""
    if isinstance(shape, Outer):
        return frozenset([(shape.path, shape.levels)])
    if isinstance(shape, (Nested, Subquery)):
        return frozenset((path, levels - 1) for path, levels in outer_of(shape.shape) if levels > 1)
    if isinstance(shape, tuple):
        return frozenset[tuple[str, int]]().union(
            *[outer_of(part) for part in shape if isinstance(part, tuple)]
        )
    return frozenset()
