"""Lookups of arrays, ranges and texts that search, as expressions: ``Overlap(F("tags"), ["a"])``.

Under Django's names. Those of ``django_like_repos.lookups``, such as ``Contains`` and ``StartsWith``, are
the lookups of arrays and ranges where the left side is one.
"""

from django_like_repos.contrib.postgres.arrays import ArrayAny
from django_like_repos.contrib.postgres.arrays import ArrayOverlap as Overlap
from django_like_repos.contrib.postgres.ranges import (
    AdjacentTo,
    FullyGreaterThan,
    FullyLessThan,
    NotGreaterThan,
    NotLessThan,
)
from django_like_repos.contrib.postgres.trigram import (
    TrigramSimilar,
    TrigramStrictWordSimilar,
    TrigramWordSimilar,
)
from django_like_repos.contrib.postgres.vectors import Search as SearchLookup

__all__ = [
    "AdjacentTo",
    "ArrayAny",
    "FullyGreaterThan",
    "FullyLessThan",
    "NotGreaterThan",
    "NotLessThan",
    "Overlap",
    "SearchLookup",
    "TrigramSimilar",
    "TrigramStrictWordSimilar",
    "TrigramWordSimilar",
]
