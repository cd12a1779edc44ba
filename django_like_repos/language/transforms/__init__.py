"""Transforms: functions of one value that a path names.

One file a family; importing the package registers them all.
"""

from django_like_repos.language.transforms import dates, documents
from django_like_repos.mapping.transform import Transform, register_transform

__all__ = ["Transform", "dates", "documents", "register_transform"]
