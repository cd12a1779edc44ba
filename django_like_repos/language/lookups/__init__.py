"""Lookups: what ``__icontains`` and its kin take on the right side, and their SQL.

One file a family; importing the package registers them all.
"""

from django_like_repos.language.lookups import comparison, dates, documents, membership, text
from django_like_repos.language.lookups.base import (
    CheckedTarget,
    Lookup,
    lookup_of,
    register_lookup,
    target_of,
)

__all__ = [
    "CheckedTarget",
    "Lookup",
    "comparison",
    "dates",
    "documents",
    "lookup_of",
    "membership",
    "register_lookup",
    "target_of",
    "text",
]
