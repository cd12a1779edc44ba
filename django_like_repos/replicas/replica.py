"""One replica: its engine, and what is known of it."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from django_like_repos.execution.places import mark_of_replica
from django_like_repos.execution.states import state_of
from django_like_repos.postgresql import refusals_of
from django_like_repos.replicas.positions import Followed, Positions
from django_like_repos.replicas.sharing import Shared

ANSWERS_WITHIN: Final = 2.0
"""Seconds that a server has to say where it is."""

_ONLY_HERE: Final = ("25006", "40001", "40P01")
"""States of errors that the primary would not have: there one may write, and nothing is replayed."""


class Replica:
    """A server that follows the primary.

    ``trouble`` says why nothing is read from it, and is None where it is fit.
    """

    def __init__(self, engine: AsyncEngine, positions: Positions) -> None:
        self.engine = engine
        # Each statement sees its own moment, and no transaction has to be begun or ended.
        self.reads = engine.sync_engine.execution_options(isolation_level="AUTOCOMMIT")
        self.trouble: str | None = "it was not asked yet"
        self.answers = False
        self.followed = Followed(-1, 0.0)
        self.ask = Shared(self._ask)
        self._positions = positions
        self._reads = AsyncEngine(self.reads)
        event.listen(engine.sync_engine, "handle_error", self._hear)

    @property
    def is_fit(self) -> bool:
        """Whether it is read from."""
        return self.trouble is None

    def leave_out(self, why: str) -> None:
        """Reads nothing more from it, until a check finds it fit."""
        self.answers, self.trouble = False, why

    def has(self, position: int | None) -> bool:
        """Whether everything up to a position is known to be there."""
        return position is None or self.followed.position >= position

    async def _ask(self) -> None:
        """Asks how far it is, and leaves it out where it does not answer, or follows nobody."""
        found = await answer(self._reads, self._positions.followed)
        if isinstance(found, PoolTimeoutError):
            # All its connections are at work, which says nothing against it.
            return
        if isinstance(found, Exception):
            self.leave_out(f"it does not answer: {told(found)}")
        elif found is None:
            self.leave_out("it follows nobody: it was promoted, or is no standby")
        else:
            self.answers, self.followed = True, found

    def _hear(self, context: ExceptionContext) -> None:
        error, state = context.original_exception, state_of(context.original_exception)
        if context.is_disconnect:
            self.leave_out(f"it was lost: {told(error)}")
        if context.sqlalchemy_exception is not None and (context.is_disconnect or state in _ONLY_HERE):
            mark_of_replica(context.sqlalchemy_exception)

    def __repr__(self) -> str:
        return f"<Replica {self.engine.url!r}: {self.trouble or 'fit'}>"


def told(error: BaseException) -> str:
    """An error in a line."""
    first, *_ = f"{type(error).__name__}: {error}".splitlines()
    return first


def failures_of(engine: AsyncEngine) -> tuple[type[Exception], ...]:
    """What a server that cannot be asked raises."""
    return (SQLAlchemyError, OSError, *refusals_of(engine.sync_engine.dialect))


async def answer(engine: AsyncEngine, question: Callable[[Any], Any], within: float = ANSWERS_WITHIN) -> Any:
    """What a server answers, or the error of one that does not, in so many seconds."""
    try:
        async with asyncio.timeout(within), engine.connect() as connection:
            return await connection.run_sync(question)
    except failures_of(engine) as error:
        return error
