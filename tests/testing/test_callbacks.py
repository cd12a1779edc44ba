"""`capture_on_commit_callbacks()`: what a commit would call, kept, and called at the end where wanted."""

import logging
from collections.abc import Callable

import pytest

from django_like_repos import Database, OnCommitError, atomic, on_commit
from django_like_repos.testing import capture_on_commit_callbacks, rolled_back


async def test_as_django(help_center_database: Database) -> None:
    called: list[str] = []
    async with rolled_back(help_center_database) as database:
        async with capture_on_commit_callbacks(database) as callbacks:
            async with atomic(database) as session:
                await on_commit(lambda: called.append("first"), session)
                async with session.begin_nested() as savepoint:
                    await on_commit(lambda: called.append("undone"), session)
                    await savepoint.rollback()
                assert len(callbacks) == 0
            async with database.session() as session:
                # Outside of a transaction: it would be called at once.
                await on_commit(lambda: called.append("second"), session)
            assert len(callbacks) == 2
        assert called == []
        for callback in callbacks:
            callback()
        assert called == ["first", "second"]
        async with atomic(database) as session:
            await on_commit(lambda: called.append("after"), session)
    assert called == ["first", "second", "after"]


async def test_executed_at_the_end(help_center_database: Database) -> None:
    called: list[str] = []
    async with rolled_back(help_center_database) as database:

        async def again() -> None:
            called.append("outer")
            async with atomic(database) as session:
                await on_commit(lambda: called.append("inner"), session)

        async with capture_on_commit_callbacks(database, execute=True) as callbacks:
            async with atomic(database) as session:
                await on_commit(again, session)
            assert called == []
        assert called == ["outer", "inner"]
        assert len(callbacks) == 2


async def fail_after(database: Database, callback: Callable[[], None]) -> None:
    async with capture_on_commit_callbacks(database, execute=True):
        async with atomic(database) as session:
            await on_commit(callback, session)
        raise ZeroDivisionError


async def test_errors(help_center_database: Database, caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def fail() -> None:
        called.append("fail")
        raise ValueError("no")

    async with rolled_back(help_center_database) as database:
        with pytest.raises(ZeroDivisionError):
            await fail_after(database, fail)
        assert called == []
        with caplog.at_level(logging.ERROR):
            async with capture_on_commit_callbacks(database, execute=True), atomic(database) as session:
                await on_commit(fail, session)
        assert (called, len(caplog.records)) == (["fail"], 1)
        with pytest.raises(OnCommitError, match="ValueError: no"):
            async with capture_on_commit_callbacks(database, execute=True), atomic(database) as session:
                await on_commit(fail, session, robust=False)


async def test_the_innermost_block_has_them(help_center_database: Database, fresh_database: Database) -> None:
    called: list[str] = []
    async with (
        capture_on_commit_callbacks(help_center_database) as outer,
        capture_on_commit_callbacks(help_center_database) as inner,
        rolled_back(help_center_database) as database,
    ):
        async with atomic(database) as session:
            await on_commit(lambda: called.append("kept"), session)
        async with atomic(fresh_database) as session:
            await on_commit(lambda: called.append("elsewhere"), session)
    assert (len(outer), len(inner), called) == (0, 1, ["elsewhere"])
