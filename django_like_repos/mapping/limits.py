"""How far a path may go: a name may be a stranger's, and each of its words costs."""

from typing import Final

from django_like_repos.errors import UnsupportedOperationError, shortened

MOST_HOPS: Final = 32
"""Relations that a path may follow: each is a join, and SQLite joins 64 tables."""
MOST_TRANSFORMS: Final = 64
"""Transforms in a path: how deep in a document."""
MOST_PARTS: Final = 256
"""Words between double underscores that are looked at."""


def too_long(name: str, most: int, what: str) -> UnsupportedOperationError:
    """The error about a path that goes too far."""
    return UnsupportedOperationError(
        f"{shortened(name)} goes further than a path may: it may have {most} {what}; "
        "what lies beyond is asked for in a query of its own, by in"
    )
