"""`python -m benchmarks.calls`: how many Python functions operations call, by hand and here.

Counted, not timed: each asks PostgreSQL in a session of its own, when all is learned that is learned once.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.places import new
from benchmarks.suite import hand, ours
from benchmarks.suite.entrant import Mode
from benchmarks.suite.running import SIZES, entrants
from benchmarks.suite.workloads import workloads
from tests.postgres import postgres_server

OURS: Final = str(Path(__file__).parents[1] / "django_like_repos")
BEFORE: Final = 4
"""Executions after which nothing is new any more."""
ROWS: Final = 3_000
"""Calls beyond which an operation is one of many rows, whose calls are theirs."""


class Count:
    """Calls of Python functions, coroutines that go on too: all of them, and those of this package's."""

    every = ours = 0

    def __call__(self, frame: Any, event: str, _: object) -> None:
        if event == "call":
            self.every += 1
            self.ours += frame.f_code.co_filename.startswith(OURS)


async def _count(way: Callable[[], Awaitable[object]]) -> Count:
    for _ in range(BEFORE):
        await way()
    count = Count()
    sys.setprofile(count)
    try:
        await way()
    finally:
        sys.setprofile(None)
    return count


async def main() -> None:
    modes: tuple[Mode, ...] = ("transaction", "autocommit")
    with postgres_server() as server:
        async with new(server) as url, entrants(url, [hand, ours], SIZES) as entered:
            for each in workloads(SIZES):
                for mode in (each.mode,) if each.mode else modes:
                    by_hand, here = [await _count(each.way(entrant, mode, SIZES)) for entrant in entered]
                    if by_hand.every < ROWS:
                        print(f"| {each.name}, {mode} | {by_hand.every} : {here.every}, {here.ours} |")


if __name__ == "__main__":
    asyncio.run(main())
