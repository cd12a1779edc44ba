"""Python's collector of garbage, paused while many objects are made, none of which can be garbage yet.

It looks through all objects of the process each time so many new ones have come: most of the time that a
large result takes. The pause is of the whole process, so nothing may be awaited in it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

MANY: Final = 200
"""From so many rows on a pause is worth it."""


class _Pause:
    """How many pauses there are at a time, in whatever threads, and whether their end lets it go on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pauses = 0
        self._ran = False

    def begin(self) -> None:
        with self._lock:
            if not self._pauses:
                # Who has disabled it himself finds it disabled afterwards.
                self._ran = gc.isenabled()
                gc.disable()
            self._pauses += 1

    def end(self) -> None:
        with self._lock:
            self._pauses -= 1
            if not self._pauses and self._ran:
                gc.enable()


_PAUSE: Final = _Pause()


@contextmanager
def paused() -> Iterator[None]:
    """Work without the collector: such as makes many objects, and awaits nothing."""
    _PAUSE.begin()
    try:
        yield
    finally:
        _PAUSE.end()
