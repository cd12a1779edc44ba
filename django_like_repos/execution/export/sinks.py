"""Where exported text goes: a path, an open file, or whatever is awaited to write."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from errno import EAGAIN
from inspect import isawaitable
from tempfile import _TemporaryFileWrapper
from typing import Any

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.export.parts import whole

Sink = Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def opened(target: Any, call: str) -> AsyncIterator[Sink]:
    """What bytes are written by. A file that its path names is there when all is written, or not at all.

    Raises UnsupportedOperationError for what nothing can be written to.
    """
    if isinstance(target, (str, os.PathLike)):
        async with whole(target, call) as file:
            yield _of_file(file, in_thread=True)
    else:
        yield _sink(target, call)


def _sink(target: Any, call: str) -> Sink:
    if isinstance(target, io.TextIOBase) or getattr(target, "encoding", None) is not None:
        raise UnsupportedOperationError(
            f"{call}() writes bytes: open the file by open(…, 'wb'), not for text"
        )
    if callable(getattr(target, "write", None)):
        return _drained(target) if hasattr(target, "drain") else _of_file(target, in_thread=_waits(target))
    if callable(target):
        return _called(target, call)
    raise _nowhere(target, call)


def _nowhere(target: Any, call: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"{call}() writes to a path, an open file, or an object or function whose writing is awaited, "
        f"not to {target!r}"
    )


def _called(function: Callable[[bytes], Any], call: str) -> Sink:
    async def sink(data: bytes) -> None:
        written = function(data)
        if not isawaitable(written):
            raise _nowhere(function, call)
        await written

    return sink


def _drained(target: Any) -> Sink:
    async def sink(data: bytes) -> None:
        written = target.write(data)
        if isawaitable(written):
            await written
        await target.drain()

    return sink


def _of_file(file: Any, *, in_thread: bool) -> Sink:
    """What writes by a ``write()``; whether that is awaited its first call tells."""

    async def sink(data: bytes) -> None:
        nonlocal in_thread
        while data:
            taken = await asyncio.to_thread(file.write, data) if in_thread else file.write(data)
            if isawaitable(taken):
                taken = await taken
            elif not isinstance(file, io.BytesIO):
                in_thread = True
            data = _left(file, data, taken)

    return sink


def _left(file: Any, data: bytes, taken: object) -> bytes:
    """What a file, which may take some of it where it has no buffer, has not taken."""
    if taken is None and isinstance(_under(file), io.RawIOBase):
        taken = 0
    if not isinstance(taken, int) or isinstance(taken, bool):
        return b""
    if taken <= 0:
        raise BlockingIOError(EAGAIN, f"{file!r} took nothing of what was written")
    return data[taken:]


def _waits(target: Any) -> bool:
    """Whether it is a file whose writing holds up whoever calls it."""
    return isinstance(_under(target), io.IOBase) and not isinstance(target, io.BytesIO)


def _under(target: Any) -> Any:
    """The file of a temporary one, which is wrapped."""
    return target.file if isinstance(target, _TemporaryFileWrapper) else target
