"""Whose turn a session is: one task's at a time, and nobody's once it is being committed or closed.

SQLAlchemy itself notices only sometimes that two tasks use one session; closed under a running query it loses
the connection.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.errors import UnsupportedOperationError

_TURN: Final = "django_like_repos.turn"


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

    Raises UnsupportedOperationError while another operation has it.
    """
    if _TURN in session.sync_session.info:
        raise UnsupportedOperationError(
            "this session is running another query: a session serves one task at a time, "
            "so give each task a session of its own"
        )
    return Turn(session)


@asynccontextmanager
async def last_turn(session: AsyncSession, patience: float) -> AsyncIterator[None]:
    """The session for its end: when what another task runs in it is over, or cancelled after ``patience``."""
    info: dict[Any, Any] = session.sync_session.info
    clock = asyncio.get_running_loop().time
    until = clock() + patience
    while (running := info.get(_TURN)) is not None and running.task is not asyncio.current_task():
        await running.over(max(until - clock(), 0))
    mine = Turn(session)
    try:
        yield
    finally:
        mine.end()
