"""The session of a ``Database``: SQLAlchemy's, where nothing is lost when tasks use it carelessly.

Whose turn it is, and when it is spent, says ``execution/turns.py``.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final, TypeVar

from sqlalchemy import CompoundSelect
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction
from sqlalchemy.orm import Session as SyncSession

from django_like_repos import sqlite
from django_like_repos.execution.blocks import (
    NESTED,
    OpenBlock,
    check_commits_whole,
    check_undoes_whole,
    close_block,
    first_of,
    forget_blocks,
    leave_context,
    open_block,
)
from django_like_repos.execution.committed import HeardSession, calling_due, finished
from django_like_repos.execution.places import READS, reads_from
from django_like_repos.execution.shielding import shielded
from django_like_repos.execution.turns import (
    close_for_good,
    commit_known,
    end_of_block,
    free_turn,
    is_at_work,
    is_commit_unknown,
    last_turn,
    refuse_spent,
    take_turn,
    turn_within,
)
from django_like_repos.query.places import PRIMARY


class Session(AsyncSession):
    """A session that serves one task at a time, and whose end waits for a query of another task.

    Closed under the query, SQLAlchemy would lose the connection; ended under it, spoil it for the next. After
    ``patience`` seconds the query is cancelled. A closed session is not used again, and a commit whose end is
    not known is followed by nothing but a rollback.
    """

    sync_session_class = HeardSession

    def __init__(self, *args: Any, patience: float, reads: str | None = None, **options: Any) -> None:
        super().__init__(*args, close_resets_only=False, **options)
        self.patience = patience
        if reads is not None:
            self.sync_session.info[READS] = reads

    run_within_turn = AsyncSession.run_sync
    """``run_sync()`` of who has the turn already."""

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if is_at_work(self.sync_session):
            # What it waits for in time is cancelled in one task.
            await super().__aexit__(kind, error, traceback)
        else:
            await shielded(self.close())

    async def close(self) -> None:
        turn = free_turn(self)
        if turn is None:
            async with last_turn(self, self.patience):
                close_for_good(self)
                await super().close()
            return
        # As nearly always: on the way of every session.
        try:
            close_for_good(self)
            await super().close()
        finally:
            turn.end()

    async def reset(self) -> None:
        """Undoes the transaction and forgets the objects: the session is as a new one."""
        async with last_turn(self, self.patience):
            await super().reset()
            forget_blocks(self.sync_session)

    async def commit(self) -> None:
        """Commits the whole transaction, then calls what ``on_commit()`` was given.

        Refused within a block of ``begin_nested()`` or ``atomic()``, which ends itself.
        """
        async with calling_due(self.sync_session), last_turn(self, self.patience):
            refuse_spent(self)
            check_commits_whole(self.sync_session)
            with commit_known(self.sync_session):
                await super().commit()

    async def rollback(self) -> None:
        """Undoes the transaction; after a cancelled commit, on SQLite, waits until that is decided.

        Refused within a block of ``atomic()``, which an error undoes.
        """
        async with last_turn(self, self.patience):
            check_undoes_whole(self.sync_session)
            undecided = is_commit_unknown(self.sync_session)
            await super().rollback()
            if undecided:
                await sqlite.all_ended(self.patience)

    def begin(self) -> AsyncSessionTransaction:
        return _Transaction(self)

    def begin_nested(self) -> AsyncSessionTransaction:
        return _Transaction(self, nested=True)


T = TypeVar("T")
Method = Callable[..., Coroutine[Any, Any, Any]]


def _in_turn(method: Method) -> Method:
    @wraps(method)
    async def operation(self: AsyncSession, *args: Any, **options: Any) -> Any:
        turn = turn_within(self)
        if args and isinstance(args[0], CompoundSelect):
            # SQLAlchemy asks which database a union goes to, and does not show it.
            options["bind_arguments"] = {"clause": args[0], **(options.get("bind_arguments") or {})}
        if turn is None:
            return await method(self, *args, **options)
        work = method(self, *args, **options)
        if place is not None:
            work = _read_from(self.sync_session, place, work)
        return await finished(turn, self.sync_session, work)

    place = PRIMARY if method.__name__ in _ON_THE_PRIMARY else None
    return operation


async def _read_from(session: SyncSession, place: str, work: Awaitable[T]) -> T:
    with reads_from(session, place):
        return await work


_ON_THE_PRIMARY: Final = ("delete", "delete_all", "merge", "merge_all", "stream", "stream_scalars")
"""What reads in order to write, and what needs a transaction to read in."""

_OPERATIONS: Final = (
    "connection",
    "delete",
    "delete_all",
    "execute",
    "flush",
    "get",
    "get_one",
    "merge",
    "merge_all",
    "refresh",
    "run_sync",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
)
"""What of a session sends statements. Some of them are only in newer versions."""

for _name in _OPERATIONS:
    if hasattr(AsyncSession, _name):
        setattr(Session, _name, _in_turn(getattr(AsyncSession, _name)))


class _Transaction(AsyncSessionTransaction):
    """A transaction or a savepoint whose end waits like that of its session."""

    def __init__(self, session: Session, nested: bool = False) -> None:
        super().__init__(session, nested)
        self._patience = session.patience
        self._open: OpenBlock | None = None

    async def start(self, is_ctxmanager: bool = False) -> AsyncSessionTransaction:
        turn = take_turn(self.session)
        try:
            await super().start(is_ctxmanager)
        finally:
            turn.end()
        if self.nested and is_ctxmanager:
            self._open = open_block(self.session.sync_session, NESTED)
        return self

    async def commit(self) -> None:
        async with calling_due(self.session.sync_session), last_turn(self.session, self._patience):
            refuse_spent(self.session)
            with commit_known(self.session.sync_session):
                await super().commit()

    async def rollback(self) -> None:
        async with last_turn(self.session, self._patience):
            await super().rollback()

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        sync, transaction = self.session.sync_session, self._sync_transaction()
        torn = None if self._open is None else close_block(sync, self._open)
        left = leave_context(sync, transaction)
        try:
            async with calling_due(sync), end_of_block(self.session) as cancelled:
                failed = first_of(error, cancelled, torn)
                await super().__aexit__(type(failed) if failed else None, failed, traceback)
        finally:
            left()
        if error is None and torn is not None:
            raise torn
