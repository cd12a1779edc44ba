"""Tests of what uses this library: databases of their own, transactions that leave nothing, counted queries.

Without pytest plain context managers; with it ``pytest_plugins = ["django_like_repos.testing"]`` in the
topmost ``conftest.py``, and the fixtures of ``plugin.py``.

PYTEST_DONT_REWRITE: a ``conftest.py`` may import this before pytest does.
"""

from django_like_repos.testing.apps import use_database
from django_like_repos.testing.callbacks import CapturedCallbacks, capture_on_commit_callbacks
from django_like_repos.testing.capturing import (
    CapturedQueries,
    CapturedQuery,
    assert_num_queries,
    capture_queries,
)
from django_like_repos.testing.factories import use_factories
from django_like_repos.testing.fixtures import AssertNumQueries, CaptureOnCommitCallbacks, CaptureQueries
from django_like_repos.testing.isolation import RolledBackDatabase, rolled_back
from django_like_repos.testing.memory import memory_database
from django_like_repos.testing.servers import new_database

pytest_plugins = ("django_like_repos.testing.plugin",)
"""What pytest loads with this, and nobody else."""

__all__ = [
    "AssertNumQueries",
    "CaptureOnCommitCallbacks",
    "CaptureQueries",
    "CapturedCallbacks",
    "CapturedQueries",
    "CapturedQuery",
    "RolledBackDatabase",
    "assert_num_queries",
    "capture_on_commit_callbacks",
    "capture_queries",
    "memory_database",
    "new_database",
    "rolled_back",
    "use_database",
    "use_factories",
]
