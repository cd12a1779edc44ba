"""Rows of an open cursor, asked of the driver in one call.

SQLAlchemy's adapters read through two buffers of their own, row by row; of asyncpg's in two round trips.
"""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, Final, TypeVar

from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_ss_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_ss_cursor
from sqlalchemy.engine.cursor import BufferedRowCursorFetchStrategy
from sqlalchemy.util.concurrency import await_only

T = TypeVar("T")


def fetched(result: Any, size: int) -> Sequence[Any]:
    """The next rows of a cursor's result as the driver gives them, ``size`` of them if there are so many."""
    cursor, strategy = result.cursor, result.cursor_strategy
    fetch = _FETCH.get(type(cursor))
    if fetch is None or type(strategy) is not BufferedRowCursorFetchStrategy:
        rows: Sequence[Any] = result._fetchmany_impl(size)
        return rows
    before = _buffered(cursor, strategy, size)
    if len(before) == size:
        return before
    try:
        rows = fetch(cursor, size - len(before))
    except BaseException as error:  # noqa: BLE001 - cancellation too, as SQLAlchemy does
        strategy.handle_exception(result, cursor, error)
    return [*before, *rows] if before else rows


def taken(result: Any, size: int, take: Callable[[Sequence[Any]], T]) -> list[T]:
    """What is made of all rows of a cursor's result, ``size`` at a time; in the driver's thread, if any."""
    cursor, strategy = result.cursor, result.cursor_strategy
    if (type(cursor), type(strategy)) == (AsyncAdapt_aiosqlite_ss_cursor, BufferedRowCursorFetchStrategy):
        try:
            return _taken_in_thread(cursor, [*strategy._rowbuffer], size, take)
        except BaseException as error:  # noqa: BLE001 - cancellation too, as SQLAlchemy does
            strategy.handle_exception(result, cursor, error)
    made: list[T] = []
    rows = fetched(result, size)
    while True:
        made.append(take(rows))
        if len(rows) < size:
            return made
        rows = fetched(result, size)


def _taken_in_thread(
    cursor: Any, before: list[Any], size: int, take: Callable[[Sequence[Any]], T]
) -> list[T]:
    held, left = cursor._cursor, Event()

    def work() -> list[T]:
        made: list[T] = []
        fetch = held._cursor.fetchmany
        rows = [*before, *fetch(size)]
        while not left.is_set():
            made.append(take(rows))
            if len(rows) < size:
                break
            rows = fetch(size)
        return made

    try:
        found: list[T] = await_only(held._execute(work))
    except BaseException:
        # Whoever waited is gone.
        left.set()
        raise
    return found


def _buffered(cursor: Any, strategy: Any, size: int) -> list[Any]:
    """What was read when the cursor was opened."""
    rows: list[Any] = []
    for buffer in (strategy._rowbuffer, getattr(cursor, "_rowbuffer", ())):
        while buffer and len(rows) < size:
            rows.append(buffer.popleft())
    return rows


def _of_portal(cursor: Any, size: int) -> Sequence[Any]:
    rows: Sequence[Any] = await_only(cursor._cursor.fetch(size))
    return rows


def _of_thread(cursor: Any, size: int) -> Sequence[Any]:
    held = cursor._cursor
    rows: Sequence[Any] = await_only(held._execute(held._cursor.fetchmany, size))
    return rows


_FETCH: Final[dict[type[Any], Callable[[Any, int], Sequence[Any]]]] = {
    AsyncAdapt_asyncpg_ss_cursor: _of_portal,
    AsyncAdapt_aiosqlite_ss_cursor: _of_thread,
}
