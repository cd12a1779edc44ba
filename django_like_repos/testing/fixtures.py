"""The types of the fixtures that are called, for tests that say what they take."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from django_like_repos.testing.callbacks import CapturedCallbacks
from django_like_repos.testing.capturing import CapturedQueries


class CaptureQueries(Protocol):
    """The fixture ``capture_queries``."""

    def __call__(self) -> AbstractContextManager[CapturedQueries]: ...


class AssertNumQueries(Protocol):
    """The fixture ``assert_num_queries``."""

    def __call__(self, number: int) -> AbstractContextManager[CapturedQueries]: ...


class CaptureOnCommitCallbacks(Protocol):
    """The fixture ``capture_on_commit_callbacks``."""

    def __call__(self, *, execute: bool = False) -> AbstractAsyncContextManager[CapturedCallbacks]: ...
