"""A file that gets its name when all of it is written; until then it is a part, which stands beside."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Final

from django_like_repos.errors import UnsupportedOperationError

_PERMISSIONS: Final = 0o777
_OF_GROUP: Final = 0o070
_KEPT: Final = 50
"""Characters of a name that its part has too: with them all it might be too long."""


@asynccontextmanager
async def whole(path: "str | os.PathLike[str]", call: str) -> AsyncIterator[BinaryIO]:
    """A file that is there under its path when all is written, or not at all; what was there stays till then.

    Links are followed, and the file that was there is what says who may read the new one. Raises
    UnsupportedOperationError for a path of what is no file, OSError where it cannot be written.
    """
    part = _Part(path, call)
    try:
        yield await _to_the_end(part.open)
        # Before it gets its name, so that what a full disk says is heard.
        await _to_the_end(part.finish)
    except BaseException:
        await _to_the_end(part.discard)
        raise


async def _to_the_end(work: Callable[[], Any]) -> Any:
    """What a thread does, which nothing stops: a task that is cancelled meanwhile waits for it."""
    running = asyncio.get_running_loop().run_in_executor(None, work)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    failed = running.exception()
    if cancelled is not None:
        # What failed beside was asked for, above, and is not told of as forgotten.
        raise cancelled
    if failed is not None:
        raise failed
    return running.result()


class _Part:
    """All that is done to files, in a thread."""

    def __init__(self, path: "str | os.PathLike[str]", call: str) -> None:
        self._said, self._call = os.fsdecode(path), call
        self._target = self._part = Path()
        self._file: BinaryIO | None = None

    def open(self) -> BinaryIO:
        """The part, open. Raises OSError that names the path that was asked for."""
        with self._named():
            self._target = Path(os.path.realpath(self._said))
            there = self._there()
            self._part = self._target.with_name(f".{self._target.name[:_KEPT]}.{token_hex(4)}.part")
            self._file = self._made(there)
        return self._file

    def finish(self) -> None:
        """Gives it its name."""
        assert self._file is not None
        with self._named():
            self._file.close()
            self._part.replace(self._target)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors name the path that was asked for, and not the part."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._said) from error

    def discard(self) -> None:
        """Leaves nothing of it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._part.unlink()

    def _there(self) -> os.stat_result | None:
        if self._said.endswith(_SEPARATORS):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        try:
            there = self._target.stat()
        except FileNotFoundError:
            return None
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if not stat.S_ISREG(there.st_mode):
            raise UnsupportedOperationError(
                f"{self._call}() puts a whole file in the place of what was there, and {self._said!r} is no "
                "file but a pipe, a device or a socket: open it yourself, by open(…, 'wb'), to write into it"
            )
        return there

    def _made(self, there: os.stat_result | None) -> BinaryIO:
        mode = 0o666 if there is None else stat.S_IMODE(there.st_mode) & _PERMISSIONS
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        # Nobody may read more of what is not yet all there.
        number = os.open(self._part, flags, mode)
        try:
            if there is not None:
                self._part.chmod(_of_owner(number, there, mode))
            return os.fdopen(number, "wb")
        except BaseException:
            os.close(number)
            self._part.unlink()
            raise


def _of_owner(number: int, there: os.stat_result, mode: int) -> int:
    """Makes a file that of the owner and the group that another has; the mode it may have then."""
    own = os.fstat(number)
    if (own.st_uid, own.st_gid) == (there.st_uid, there.st_gid):
        return mode
    try:
        os.chown(number, there.st_uid, there.st_gid)
    except PermissionError:
        # Of another group, which was not meant.
        return mode & ~_OF_GROUP
    return mode


_SEPARATORS: Final = tuple(each for each in (os.sep, os.altsep) if each)
