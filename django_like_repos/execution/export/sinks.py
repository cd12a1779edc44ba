"""Where exported text goes: a path, an open file, or whatever is awaited to write."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from errno import EISDIR
from inspect import iscoroutinefunction
from os import strerror
from pathlib import Path
from secrets import token_hex
from typing import Any

from django_like_repos.errors import UnsupportedOperationError

Sink = Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def opened(target: Any, call: str) -> AsyncIterator[Sink]:
    """What bytes are written by. A file that its path names is there when all is written, or not at all.

    Raises UnsupportedOperationError for what nothing can be written to.
    """
    if isinstance(target, (str, os.PathLike)):
        async with _whole(Path(target)) as file:
            yield _in_thread(file)
    else:
        yield _sink(target, call)


@asynccontextmanager
async def _whole(path: Path) -> AsyncIterator[Any]:
    if await asyncio.to_thread(path.is_dir):
        raise IsADirectoryError(EISDIR, strerror(EISDIR), str(path))
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    file = await asyncio.to_thread(part.open, "xb")
    try:
        try:
            yield file
        finally:
            # Before it gets its name, so that what a full disk says is heard.
            file.close()
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _sink(target: Any, call: str) -> Sink:
    write = getattr(target, "write", None)
    if isinstance(target, io.TextIOBase) or getattr(target, "encoding", None) is not None:
        raise UnsupportedOperationError(
            f"{call}() writes bytes: open the file by open(…, 'wb'), not for text"
        )
    if write is None and iscoroutinefunction(target):
        return _awaited(target)
    if write is None:
        raise UnsupportedOperationError(
            f"{call}() writes to a path, an open file, or an object or function whose writing is awaited, "
            f"not to {target!r}"
        )
    if iscoroutinefunction(write):
        return _awaited(write)
    if hasattr(target, "drain"):
        return _drained(target)
    if isinstance(target, io.BytesIO):
        return _at_once(target)
    return _in_thread(target)


def _awaited(write: Callable[[bytes], Awaitable[object]]) -> Sink:
    async def sink(data: bytes) -> None:
        await write(data)

    return sink


def _drained(target: Any) -> Sink:
    async def sink(data: bytes) -> None:
        target.write(data)
        await target.drain()

    return sink


def _at_once(target: Any) -> Sink:
    async def sink(data: bytes) -> None:
        target.write(data)

    return sink


def _in_thread(file: Any) -> Sink:
    def write(data: bytes) -> None:
        left = memoryview(data)
        while left:
            # A file without a buffer may take some of it.
            taken = file.write(left)
            left = left[taken:] if isinstance(taken, int) else left[:0]

    async def sink(data: bytes) -> None:
        await asyncio.to_thread(write, data)

    return sink
