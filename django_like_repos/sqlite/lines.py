"""Who writes next: the transactions of a process that write to one file, one at a time, as they come.

They wait in the event loop, each loop by itself. Other loops and other processes meet at SQLite's own lock,
for which its driver waits by the busy timeout.
"""

import asyncio
import os.path
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from weakref import ReferenceType, WeakKeyDictionary, WeakSet, WeakValueDictionary, ref

_LINES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, "Line"]]] = (
    WeakKeyDictionary()
)
_WRITERS: Final[WeakKeyDictionary[Any, "Writer"]] = WeakKeyDictionary()


class WaitedInVain(sqlite3.OperationalError):
    """Nobody left the line for as long as one waits."""

    def __init__(self, patience: float, by_itself: bool) -> None:
        super().__init__(patience, by_itself)
        self.patience = patience
        self.by_itself = by_itself

    def __str__(self) -> str:
        return "database is locked"


class Writer:
    """A connection of the driver as those in line know it. It dies with the connection."""

    __slots__ = ("__weakref__", "_driver", "_file", "_line", "begun", "cursors", "task")

    def __init__(self, driver: Any, file: str) -> None:
        self._driver = ref(driver)
        self._file = file
        self._line: Line | None = None
        self.cursors: WeakSet[Any] = WeakSet()
        """Those of the driver that may have rows to come."""
        self.begun = False
        self.task: ReferenceType[asyncio.Task[Any]] | None = None

    def line(self) -> "Line":
        """The line to stand in, that of the running loop."""
        loop = asyncio.get_running_loop()
        if self._line is None or self._line.loop is not loop:
            self.leave()
            self._line = _line(loop, self._file)
        return self._line

    def leave(self) -> None:
        """Lets the next one write, if this one could. It may be called in any thread, and twice."""
        if self._line is not None:
            self._line.leave(self)

    def is_over(self) -> bool:
        """Whether what had begun was ended by what leaves no line: by a COMMIT as text."""
        driver = self._driver()
        connection = None if driver is None else driver._connection
        try:
            return self.begun and connection is not None and not connection.in_transaction
        except sqlite3.ProgrammingError:
            # It was closed meanwhile.
            return True


class Line:
    """Those who write to one file, and the one who may."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._first: ReferenceType[Writer] | None = None
        self._waiting: deque[tuple[asyncio.Future[None], Writer]] = deque()
        self._moves = 0

    def take(self, writer: Writer) -> bool:
        """Takes the lock if nobody has it; whether it is this one's."""
        if self._first is None:
            self._note_task(writer)
            self._let(writer)
            return True
        return self._first() is writer

    async def wait(self, writer: Writer, ask_patience: Callable[[], Awaitable[float]]) -> None:
        """Takes the lock when all who came before have had it.

        Raises WaitedInVain when nobody has left for as many seconds as ``ask_patience`` says.
        """
        mine = self.loop.create_future()
        self._note_task(writer)
        self._waiting.append((mine, writer))
        try:
            patience = await ask_patience()
            while not mine.done():
                moves = self._moves
                self._pass_over()
                await asyncio.wait([mine], timeout=patience)
                if moves == self._moves:
                    raise WaitedInVain(patience, self._is_of_this_task())
        except BaseException:
            if mine.done():
                self._leave(writer)
            else:
                self._waiting.remove((mine, writer))
            raise

    def leave(self, writer: Writer) -> None:
        if asyncio._get_running_loop() is self.loop:
            self._leave(writer)
        else:
            self._soon(writer)

    def _leave(self, writer: Writer) -> None:
        if self._first is not None and self._first() is writer:
            self._next()

    def _let(self, writer: Writer) -> None:
        writer.begun = False
        self._first = ref(writer, self._lose)

    def _note_task(self, writer: Writer) -> None:
        task = asyncio.current_task(self.loop)
        writer.task = None if task is None else ref(task)

    def _next(self) -> None:
        self._first = None
        self._moves += 1
        if self._waiting:
            theirs, writer = self._waiting.popleft()
            self._let(writer)
            theirs.set_result(None)

    def _pass_over(self) -> None:
        first = None if self._first is None else self._first()
        if first is None or first.is_over():
            self._next()

    def _lose(self, lost: ReferenceType[Writer]) -> None:
        # Whoever collects garbage may be in the midst of a change here, or another thread.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._forget, lost)

    def _forget(self, lost: ReferenceType[Writer]) -> None:
        if self._first is lost:
            self._next()

    def _soon(self, writer: Writer) -> None:
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._leave, writer)

    def _is_of_this_task(self) -> bool:
        first = None if self._first is None else self._first()
        return first is not None and first.task is not None and first.task() is asyncio.current_task()


def writer_of(driver: Any) -> Writer | None:
    """The writer that a connection is, once it was set up."""
    return _WRITERS.get(driver)


def file_of(connection: sqlite3.Connection) -> str:
    """The file of a connection; nothing where it is in memory."""
    file = next((row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main"), None)
    return os.path.realpath(file) if file else ""


def introduce(driver: Any, file: str) -> None:
    """Makes a connection a writer to a file, or with no name to what it has for itself."""
    _WRITERS[driver] = Writer(driver, file)


def leave(driver: Any) -> None:
    """Lets the next one write, where this connection could."""
    writer = _WRITERS.get(driver)
    if writer is not None:
        writer.leave()


def _line(loop: asyncio.AbstractEventLoop, file: str) -> Line:
    if not file:
        return Line(loop)
    lines = _LINES.setdefault(loop, WeakValueDictionary())
    line = lines.get(file)
    if line is None:
        line = lines[file] = Line(loop)
    return line
