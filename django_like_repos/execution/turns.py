"""Whose turn a session is: one task's at a time, and nobody's at its end and after it.

SQLAlchemy itself notices only sometimes that two tasks use one session; closed under a running query it loses
the connection. What runs in a closed session opens a transaction that nobody ends; and after a commit that
was cancelled, a second one may keep nothing and not say so.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.blocks import SPOILED, refuse_spoiled

_TURN: Final = "django_like_repos.turn"
_CLOSED: Final = "django_like_repos.closed"
_UNKNOWN: Final = "django_like_repos.unknown"


PATIENCE: Final = 5.0
"""Seconds for which the end of a block waits for a query of another task, where the session says nothing."""


def patience_of(session: AsyncSession) -> float:
    """Seconds for which the end of a session's block waits for a query of another task."""
    patience: float = getattr(session, "patience", PATIENCE)
    return patience


class Turn:
    """One operation in a session."""

    __slots__ = ("_info", "_over", "task")

    def __init__(self, session: AsyncSession) -> None:
        self._info = session.sync_session.info
        self._info[_TURN] = self
        self._over: asyncio.Event | None = None
        self.task = asyncio.current_task()

    def end(self) -> None:
        if self._info.get(_TURN) is self:
            del self._info[_TURN]
        if self._over is not None:
            self._over.set()

    async def over(self, patience: float) -> None:
        """Waits for the end; after so many seconds cancels the task, and waits for what that takes."""
        if self._over is None:
            self._over = asyncio.Event()
        try:
            async with asyncio.timeout(patience):
                await self._over.wait()
        except TimeoutError:
            if self.task is not None:
                self.task.cancel()
            # However long: a connection that is closed under its query is lost.
            await self._over.wait()


def take_turn(session: AsyncSession) -> Turn:
    """The session for one operation, until its ``end()``.

    Raises UnsupportedOperationError while another operation has it, and where it is spent; RolledBackError
    where nothing would be kept of the operation.
    """
    info = session.sync_session.info
    if _TURN in info:
        raise UnsupportedOperationError(
            "this session is running another query: a session serves one task at a time, "
            "so give each task a session of its own"
        )
    if _CLOSED in info or _UNKNOWN in info:
        refuse_spent(session)
    if SPOILED in info:
        refuse_spoiled(session.sync_session)
    return Turn(session)


def turn_within(session: AsyncSession) -> Turn | None:
    """The same for what may be part of an operation of this task; None where it is."""
    running = session.sync_session.info.get(_TURN)
    if running is not None and running.task is asyncio.current_task():
        return None
    return take_turn(session)


def free_turn(session: AsyncSession) -> Turn | None:
    """The session for its end, where nobody has to be waited for; None where a task runs something in it."""
    return None if _TURN in session.sync_session.info else Turn(session)


@asynccontextmanager
async def last_turn(session: AsyncSession, patience: float) -> AsyncIterator[None]:
    """The session for its end: when what another task runs in it is over, or cancelled after ``patience``."""
    clock = asyncio.get_running_loop().time
    until = clock() + patience
    while (running := _running_beside(session)) is not None:
        await running.over(max(until - clock(), 0))
    mine = Turn(session)
    try:
        yield
    finally:
        mine.end()


@asynccontextmanager
async def end_of_block(session: AsyncSession) -> AsyncIterator[asyncio.CancelledError | None]:
    """The same for a block, which ends though its task be cancelled while it waits, and is told so.

    The query of the other task is cancelled then, too. The error is raised after the end.
    """
    cancelled: asyncio.CancelledError | None = None
    clock = asyncio.get_running_loop().time
    until = clock() + patience_of(session)
    while (running := _running_beside(session)) is not None:
        try:
            await running.over(max(until - clock(), 0))
        except asyncio.CancelledError as error:
            cancelled, until = error, clock()
    mine = Turn(session)
    try:
        yield cancelled
    finally:
        mine.end()
        if cancelled is not None:
            raise cancelled


def _running_beside(session: AsyncSession) -> Turn | None:
    """What another task runs in a session."""
    running: Turn | None = session.sync_session.info.get(_TURN)
    return None if running is None or running.task is asyncio.current_task() else running


def close_for_good(session: AsyncSession) -> None:
    """From here on the session takes no operation."""
    session.sync_session.info[_CLOSED] = True


@contextmanager
def commit_known(session: Session) -> Iterator[None]:
    """A block that commits: cancelled within, the session takes no operation before it is rolled back."""
    try:
        yield
    except asyncio.CancelledError:
        transaction = session.get_transaction()
        if transaction is not None and not session.is_active:
            session.info[_UNKNOWN] = transaction
        raise


def mark_commit_unknown(session: Session) -> None:
    """Says that whether the session's transaction was committed is not known: it is to be rolled back."""
    session.info[_UNKNOWN] = session.get_transaction()


def is_commit_unknown(session: Session) -> bool:
    """Whether the commit of the session's transaction was cancelled."""
    unknown = session.info.get(_UNKNOWN)
    return unknown is not None and unknown is session.get_transaction()


def refuse_spent(session: AsyncSession) -> None:
    """Raises UnsupportedOperationError for a session that is closed, or whose commit was cancelled."""
    sync = session.sync_session
    if _CLOSED in sync.info:
        raise UnsupportedOperationError(
            "this session is closed: its block, or the endpoint that it was injected into, is over. "
            "Background tasks, streaming bodies and endpoints that yield take one of their own: "
            "async with database.session() as session"
        )
    if is_commit_unknown(sync):
        raise UnsupportedOperationError(
            "the commit of this session was cancelled, and whether the database kept it is not known: "
            "await session.rollback(), and read what is there"
        )


def is_at_work(session: Session) -> bool:
    """Whether an operation has the session."""
    return _TURN in session.info


def works_here(session: Session) -> bool:
    """Whether an operation of this task has the session."""
    turn = session.info.get(_TURN)
    return turn is not None and turn.task is asyncio.current_task()
