"""The replicas of a ``Database``: which of them is read from next."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from django_like_repos.replicas.positions import Followed, Positions
from django_like_repos.replicas.replica import Replica, answer, failures_of
from django_like_repos.replicas.sharing import Shared

_OLD: Final = 3
"""So many times the interval of checks after which what they found is not relied on."""
_BUSY_AFTER: Final = 0.5
"""Seconds after which the primary's answer is not waited for."""
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05


class Fleet:
    """Replicas, of which those are read from that are there and have followed closely enough.

    They are checked when something is to be read, and seldom makes anybody wait: no task runs for ever.
    """

    def __init__(
        self,
        primary: AsyncEngine,
        replicas: Sequence[Replica],
        positions: Positions,
        *,
        wait: float,
        max_lag: float | None,
        check_every: float,
    ) -> None:
        self.primary = primary.sync_engine
        self.replicas = tuple(replicas)
        self.wait = wait
        self.max_lag = max_lag
        self.check_every = check_every
        self.positions = positions
        self.asking = self.primary.execution_options(isolation_level="AUTOCOMMIT")
        self.failures = failures_of(primary)
        self.check = Shared(self._check)
        self._asking = AsyncEngine(self.asking)
        self._turn = count()
        self._checked: float | None = None
        self._written: deque[tuple[float, int]] = deque()
        self.clock: Callable[[], float] = time.monotonic

    async def choose(self, position: int | None) -> Replica | None:
        """A replica that has everything up to a position; None where the primary has to be read."""
        await self._be_sure()
        first = next(self._turn)
        turned = [self.replicas[(first + at) % len(self.replicas)] for at in range(len(self.replicas))]
        fit = [replica for replica in turned if replica.is_fit]
        for replica in fit:
            if replica.has(position):
                return replica
        return await self._that_follows(fit, position) if fit else None

    async def close(self) -> None:
        """Closes every connection."""
        for work in (self.check, *(replica.ask for replica in self.replicas)):
            await work.stop()
        for replica in self.replicas:
            await replica.engine.dispose()

    async def _be_sure(self) -> None:
        age = None if self._checked is None else self.clock() - self._checked
        if age is None or age >= self.check_every * _OLD:
            await self.check()
        elif age >= self.check_every:
            self.check.start()

    async def _that_follows(self, fit: list[Replica], position: int | None) -> Replica | None:
        """The first one that gets there in time."""
        pause = _FIRST_PAUSE
        try:
            async with asyncio.timeout(self.wait):
                while any(replica.is_fit for replica in fit):
                    await asyncio.gather(*(replica.ask() for replica in fit))
                    for replica in fit:
                        if replica.is_fit and replica.has(position):
                            return replica
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        except TimeoutError:
            pass
        return None

    async def _check(self) -> None:
        """Asks everybody where he is. What the primary does not answer, is no replica's fault."""
        # Of one that is busy the answer is waited for no longer: who waits here may be who keeps it busy.
        written = await answer(self._asking, self.positions.written, _BUSY_AFTER)
        if isinstance(written, int):
            self._note(written)
        await asyncio.gather(*(self._judge(replica) for replica in self.replicas))
        self._checked = self.clock()

    async def _judge(self, replica: Replica) -> None:
        await replica.ask()
        if not replica.answers:
            return
        if self._lags(replica.followed):
            replica.leave_out(f"it lags behind by more than {self.max_lag:g} s")
        else:
            replica.trouble = None

    def _note(self, written: int) -> None:
        self._written.append((self.clock(), written))
        limit = self.clock() - (self.max_lag or 0)
        while len(self._written) > 1 and self._written[1][0] <= limit:
            self._written.popleft()

    def _lags(self, followed: Followed) -> bool:
        """Whether something was written longer ago than the bound, and is not there."""
        if self.max_lag is None or not self._written:
            return False
        since, written = self._written[0]
        if since <= self.clock() - self.max_lag:
            return followed.position < written
        # Nobody has looked for so long: what the replica says of itself has to do.
        return followed.position < written and followed.age > self.max_lag
