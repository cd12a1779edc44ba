"""Lookups: what ``__icontains`` and its kin take on the right side, and their SQL.

One file a family; importing the package registers them all.
"""

from django_like_repos.builder.lookups import comparison, membership, text
from django_like_repos.builder.lookups.base import Lookup, lookup_named, register_lookup, target_of

__all__ = ["Lookup", "comparison", "lookup_named", "membership", "register_lookup", "target_of", "text"]
