"""Tests of what uses this library: databases of their own, transactions that leave nothing, counted queries.

Without pytest plain context managers; with it ``pytest_plugins = ["django_like_repos.testing"]`` in the
topmost ``conftest.py``, and the fixtures of ``plugin.py``.
"""

from django_like_repos.testing.apps import use_database
from django_like_repos.testing.callbacks import CapturedCallbacks, capture_on_commit_callbacks
from django_like_repos.testing.capturing import (
    CapturedQueries,
    CapturedQuery,
    assert_num_queries,
    capture_queries,
)
from django_like_repos.testing.isolation import RolledBackDatabase, rolled_back
from django_like_repos.testing.memory import memory_database

__all__ = [
    "CapturedCallbacks",
    "CapturedQueries",
    "CapturedQuery",
    "RolledBackDatabase",
    "assert_num_queries",
    "capture_on_commit_callbacks",
    "capture_queries",
    "memory_database",
    "rolled_back",
    "use_database",
]
