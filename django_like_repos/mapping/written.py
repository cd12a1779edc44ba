"""Names as a caller wrote them, a stranger perhaps: the one place that asks whether they may be written.

What was read already is found by ``paths``, which asks nobody.
"""

from collections.abc import Callable
from typing import TypeVar

from django_like_repos.caching import cached
from django_like_repos.errors import NameNotAllowedError, UnknownFieldError, UnknownLookupError
from django_like_repos.mapping.paths import Path, field_path, relation_path
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.query import Names
from django_like_repos.query.untrusted import Untrusted

Found = TypeVar("Found")


def as_written(names: Names, name: str, find: Callable[[], Found]) -> Found:
    """What is found for a name that a caller wrote, a stranger perhaps.

    Raises NameNotAllowedError for one that may not be written; of one from outside, also where it means
    nothing: that error lists no others.
    """
    if names.guard is not None and not names.guard(name):
        raise NameNotAllowedError(name)
    try:
        return find()
    except (UnknownFieldError, UnknownLookupError):
        if names.guard is None and not isinstance(name, Untrusted):
            raise
    raise NameNotAllowedError(name)


@cached(16384)
def written_path(names: Names, name: str) -> Path:
    """``field_path()`` of a name that a caller wrote. Raises NameNotAllowedError too."""
    return as_written(names, name, lambda: field_path(names.bare, name))


@cached(4096)
def written_relation(names: Names, name: str) -> Path:
    """``relation_path()`` of a name that a caller wrote. Raises NameNotAllowedError too."""
    return as_written(names, name, lambda: relation_path(names.bare, name))


forget_on_change(written_path.cache_clear)
forget_on_change(written_relation.cache_clear)
