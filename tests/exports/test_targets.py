"""Where ``copy_to()`` writes: paths and what stands there already, and all that is awaited in some way."""

import asyncio
import functools
import io
import os
import stat
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet, RawSQL, UnsupportedOperationError
from django_like_repos.execution.export import parts
from tests.exports.samples import Sample

SAID = "id\n1\n2\n3\n"


def ids(session: AsyncSession) -> QuerySet[Sample, Any]:
    return QuerySet(Sample, session).order_by("id").values("id")


@contextmanager
def umask(mode: int) -> Iterator[None]:
    before = os.umask(mode)
    try:
        yield
    finally:
        os.umask(before)


async def test_the_mode_of_a_file_is_kept(
    session: AsyncSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    seen: list[int] = []

    class Seen(parts._Part):
        def finish(self) -> None:
            seen.append(stat.S_IMODE(self._part.stat().st_mode))
            super().finish()

    monkeypatch.setattr(parts, "_Part", Seen)
    with umask(0o022):
        for mode in (0o600, 0o666, 0o640, None):
            path = tmp_path / f"{mode}.csv"
            if mode is not None:
                path.touch()
                path.chmod(mode)
            await ids(session).copy_to(path)
            assert path.read_text() == SAID
            assert stat.S_IMODE(path.stat().st_mode) == seen.pop() == (0o644 if mode is None else mode)


async def test_links_are_followed(session: AsyncSession, tmp_path: Path, backend: str) -> None:
    far = tmp_path / "far"
    far.mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(Path("far") / "rows.csv")
    for _ in range(2):
        # Of a file that is not there yet, and of one that is.
        await ids(session).copy_to(link)
        assert link.is_symlink()
        assert [each.name for each in far.iterdir()] == ["rows.csv"]
        assert (far / "rows.csv").read_text() == SAID
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(OSError, match="circle"):
        await ids(session).copy_to(circle)
    assert circle.is_symlink()


async def test_what_is_no_file_stays_what_it_is(session: AsyncSession, tmp_path: Path, backend: str) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(UnsupportedOperationError, match=r"is no file but a pipe, .*open\(…, 'wb'\)"):
            await ids(session).copy_to(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert link.is_symlink()
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with pipe.open("wb") as file:
        await ids(session).copy_to(file)
    reader.join()
    assert read == [SAID.encode()]


async def test_names(session: AsyncSession, tmp_path: Path, backend: str) -> None:
    """As long as the system has them; and errors have the one that was asked for."""
    for name in ("x" * 245, "x" * 255, "é" * 127):
        path = tmp_path / name
        await ids(session).copy_to(path)
        assert path.read_text() == SAID
        path.unlink()
    wrong: dict[str, type[OSError]] = {
        f"{tmp_path}/nowhere/rows.csv": FileNotFoundError,
        f"{tmp_path}/{'x' * 256}": OSError,
        f"{tmp_path}/rows/": IsADirectoryError,
        f"{tmp_path}": IsADirectoryError,
    }
    for said, kind in wrong.items():
        with pytest.raises(kind) as refused:
            await ids(session).copy_to(said)
        assert refused.value.filename == said
    assert os.listdir(tmp_path) == []


async def test_cancelled_while_it_opens_or_closes(
    session: AsyncSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    loop, path = asyncio.get_running_loop(), tmp_path / "rows.csv"
    path.write_text("what was there")
    inside, go_on = asyncio.Event(), threading.Event()
    made = parts._Part._made

    def waits(part: Any, there: Any) -> Any:
        loop.call_soon_threadsafe(inside.set)
        go_on.wait()
        return made(part, there)

    monkeypatch.setattr(parts._Part, "_made", waits)
    task = asyncio.create_task(ids(session).copy_to(path))
    await inside.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert os.listdir(tmp_path) == ["rows.csv"]
    assert path.read_text() == "what was there"


async def test_no_file_is_touched_on_the_event_loop(
    session: AsyncSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    threads: set[int] = set()
    for name in ("open", "finish", "discard"):
        monkeypatch.setattr(parts._Part, name, _noting(getattr(parts._Part, name), threads))
    assert await ids(session).copy_to(tmp_path / "rows.csv") == 3
    with pytest.raises(IsADirectoryError):
        await ids(session).copy_to(tmp_path)
    assert len(threads) > 0
    assert threading.get_ident() not in threads


def _noting(method: Any, threads: set[int]) -> Any:
    def noted(part: Any) -> Any:
        threads.add(threading.get_ident())
        return method(part)

    return noted


class Told:
    """Writers whose writing is awaited, and which no ``iscoroutinefunction()`` knows."""

    def __init__(self) -> None:
        self.held = b""

    async def take(self, data: bytes) -> None:
        await asyncio.sleep(0)
        self.held += data


def _decorated(function: Callable[[bytes], Awaitable[None]]) -> Callable[[bytes], Awaitable[None]]:
    @functools.wraps(function)
    def wrapper(data: bytes) -> Awaitable[None]:
        return function(data)

    return wrapper


def _as_future(function: Callable[[bytes], Any]) -> Callable[[bytes], Awaitable[None]]:
    return lambda data: asyncio.ensure_future(function(data))


class Writer:
    def __init__(self, write: Any) -> None:
        self.write = write


class Drained(Writer):
    async def drain(self) -> None: ...


class Callee:
    def __init__(self, take: Any) -> None:
        self._take = take

    async def __call__(self, data: bytes) -> None:
        await self._take(data)


MADE: dict[str, Callable[[Any], Any]] = {
    "decorated": lambda take: Writer(_decorated(take)),
    "a future": lambda take: Writer(_as_future(take)),
    "with a drain": lambda take: Drained(_as_future(take)),
    "a function": _decorated,
    "a function of futures": _as_future,
    "partial": lambda take: functools.partial(_decorated(take)),
    "called": Callee,
}


@pytest.mark.parametrize("made", MADE)
async def test_what_is_awaited_is_awaited(session: AsyncSession, made: str, backend: str) -> None:
    told = Told()
    assert await ids(session).copy_to(MADE[made](told.take)) == 3
    assert told.held.decode() == SAID


async def test_functions_that_nobody_could_await(session: AsyncSession, backend: str) -> None:
    functions: list[Any] = [lambda data: None, bytes]
    for function in functions:
        with pytest.raises(UnsupportedOperationError, match=r"copy_to\(\) writes to a path"):
            await ids(session).copy_to(function)
    with pytest.raises(UnsupportedOperationError, match=r"copy_to\(\) writes to a path"):
        await ids(session).copy_to(Writer(None))


async def test_what_takes_a_part(session: AsyncSession, backend: str) -> None:
    """A number that ``write()`` returns is how much it took, as in all of Python."""

    class Slow(io.RawIOBase):
        held = b""
        took: Any = 4

        def write(self, data: Any) -> Any:
            self.held += bytes(data[: self.took])
            return self.took

    slow = Slow()
    await ids(session).copy_to(slow)
    assert slow.held[: len(SAID)] == SAID.encode()
    for took in (0, None):
        slow.took = took
        with pytest.raises(BlockingIOError, match="took nothing"):
            await ids(session).copy_to(slow)
        await session.rollback()


@pytest.mark.parametrize("when", ["at the end", "at the last row", "long before"])
async def test_errors_of_whoever_writes_are_their_own(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, when: str, backend: str
) -> None:
    """Also while the database is giving rows."""
    rows, until = ids(session), b""
    if when != "at the end":
        monkeypatch.setattr("django_like_repos.execution.export.files._BLOCK", 1)
        until = b"3\n" if when == "at the last row" else b"1"
    if when == "long before":
        much = "repeat('0', 1000000)" if backend == "postgresql" else "hex(zeroblob(500000))"
        rows = rows.annotate(much=RawSQL(much, (), String()))

    class OwnError(Exception):
        pass

    cause, error = KeyError("cause"), OwnError("of the writer")

    async def fail(data: bytes) -> None:
        if until in data:
            raise error from cause

    with pytest.raises(OwnError) as raised:
        await rows.copy_to(fail)
    assert raised.value is error
    assert error.__cause__ is cause
    await session.rollback()
    assert await ids(session).count() == 3


async def test_cancelled_before_the_driver_is_free(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    if backend == "sqlite":
        pytest.skip("of asyncpg")
    await ids(session).count()
    connection: Any = (await session.connection()).sync_connection
    waiting = asyncio.Event()

    class Mutex(asyncio.Lock):
        async def acquire(self) -> Any:
            if self.locked():
                waiting.set()
            return await super().acquire()

    mutex = Mutex()
    monkeypatch.setattr(connection.connection.dbapi_connection, "_execute_mutex", mutex)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with mutex:
            task = asyncio.create_task(ids(session).copy_to(io.BytesIO()))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    await session.rollback()
