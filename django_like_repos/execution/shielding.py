"""Work that is done whole, though the task that waits for it be cancelled.

``asyncio.shield()`` needs a task for it, which the event loop turns three times for, also where there is
nothing to wait for. Here the work is done in the task that asks, and goes on in one of its own only when that
is cancelled.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from types import coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

_GOING_ON: Final[set[asyncio.Task[Any]]] = set()
"""Work whose task was cancelled."""


@coroutine
def shielded(work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """The result of work. Cancelled while it waits, the caller is told at once, and the work goes on."""
    loop = asyncio.get_running_loop()
    try:
        awaited = work.send(None)
        while True:
            try:
                sent = yield None if awaited is None else _Apart(awaited)
            except GeneratorExit:
                _go_on(loop, work, awaited)
                raise
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError) and not _is_cancelled(awaited):
                    _go_on(loop, work, awaited)
                    raise
                awaited = work.throw(error)
            else:
                awaited = work.send(sent)
    except StopIteration as done:
        result: T = done.value
        return result


def _is_cancelled(awaited: Any) -> bool:
    return awaited is not None and awaited.cancelled()


class _Apart:
    """What work waits for, to the task that waits: its cancellation does not reach it."""

    __slots__ = ("_asyncio_future_blocking", "_awaited", "_wake")

    def __init__(self, awaited: Any) -> None:
        awaited._asyncio_future_blocking = False
        self._asyncio_future_blocking = True
        self._awaited: Any = awaited

    def add_done_callback(
        self, wake: Callable[[asyncio.Future[Any]], object], *, context: Context | None = None
    ) -> None:
        self._wake = wake, context
        self._awaited.add_done_callback(wake, context=context)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self._awaited.get_loop()
        return loop

    def cancel(self, msg: object = None) -> bool:
        wake, context = self._wake
        if not self._awaited.remove_done_callback(wake):
            # It is done, and who waits knows it in a moment.
            return False
        loop = self.get_loop()
        cancelled: asyncio.Future[Any] = loop.create_future()
        cancelled.cancel(msg)
        loop.call_soon(wake, cancelled, context=context)
        return True


def _go_on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], awaited: Any) -> None:
    if loop.is_closed():
        work.close()
        return
    if awaited is not None:
        # As it came.
        awaited._asyncio_future_blocking = True
    task = loop.create_task(_rest(work, awaited))
    _GOING_ON.add(task)
    task.add_done_callback(_over)


async def _rest(work: Coroutine[Any, Any, Any], awaited: Any) -> None:
    await _resumed(work, awaited)


@coroutine
def _resumed(work: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, None]:
    """The rest of work that has begun to wait for something."""
    try:
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 - it is the work's
                awaited = work.throw(error)
            else:
                awaited = work.send(sent)
    except StopIteration:
        return


def _over(task: asyncio.Task[Any]) -> None:
    _GOING_ON.discard(task)
    if not task.cancelled():
        # Nobody else asks for it.
        task.exception()
