"""What ``on_commit()`` was given, kept instead of called."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import overload

from sqlalchemy.orm import Session

from django_like_repos.execution.committed import KEEPING, Callback, Keeping, OnCommit, run_callback
from django_like_repos.testing.capturing import Where, engines_of


class CapturedCallbacks(Sequence[OnCommit]):
    """The functions whose transactions were committed so far, in the order in which they are to be called."""

    def __init__(self, kept: list[Callback]) -> None:
        self._kept = kept

    @overload
    def __getitem__(self, index: int) -> OnCommit: ...
    @overload
    def __getitem__(self, index: slice) -> list[OnCommit]: ...
    def __getitem__(self, index: int | slice) -> OnCommit | list[OnCommit]:
        calls = [each.call for each in self._kept]
        return calls[index]

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<{len(self)} captured callbacks>"


@asynccontextmanager
async def capture_on_commit_callbacks(
    where: Where, *, execute: bool = False
) -> AsyncIterator[CapturedCallbacks]:
    """A block in which a commit calls no callbacks, and those it would call (Django:
    ``captureOnCommitCallbacks``).

    What is rolled back is not among them. ``execute=True``: at the end of the block, unless an error leaves
    it, they are awaited one after the other, with those that they bring along, and raise and log as after a
    commit. ``where``: as ``capture_queries()`` takes it.
    """
    engines = engines_of(where, "capture_on_commit_callbacks()")

    def takes(session: Session) -> bool:
        pool = None if session.bind is None else session.bind.engine.pool
        return any(engine.pool is pool for engine in engines)

    keeping = Keeping(takes, [])
    KEEPING.append(keeping)
    try:
        yield CapturedCallbacks(keeping.kept)
        done = 0
        while execute and done < len(keeping.kept):
            done += 1
            await run_callback(keeping.kept[done - 1], committed=True)
    finally:
        KEEPING[:] = [each for each in KEEPING if each is not keeping]
