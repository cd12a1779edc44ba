"""Work that one task does for all who want it done at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


class Shared:
    """Work of which there is never more than one at a time."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """The work that runs, begun if there is none."""
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.ensure_future(self._whole())
        return task

    async def __call__(self) -> None:
        """Waits for the work, which goes on if one of those who wait is cancelled."""
        task = self.start()
        await asyncio.wait([task])
        task.result()

    async def stop(self) -> None:
        """Ends what runs."""
        task = self._task
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _whole(self) -> None:
        await self._work()
