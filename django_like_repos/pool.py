"""The pool of a ``Database``: its connections belong to the event loop that they were made in."""

import asyncio
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.pool.base import _ConnectionRecord

from django_like_repos.errors import UnsupportedOperationError


class PoolOfALoop(AsyncAdaptedQueuePool):
    """A pool that begins anew in another event loop, once the one that it worked in is closed.

    While that one still runs, in another thread, its use is an UnsupportedOperationError: drivers would wait
    for ever, or fail in words that say nothing of it.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _disposed = False

    def dispose(self) -> None:
        """Closes the connections, and those that are in use when they come back."""
        self._disposed = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._disposed:
            # The engine has another pool by now, and nobody would ever close what is put into this one.
            record.close()
        else:
            super()._do_return_conn(record)

    def _do_get(self) -> Any:
        self._disposed = False
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # SQLAlchemy says what is wrong.
            return super()._do_get()
        if self._loop is not loop:
            self._enter(loop)
        return super()._do_get()

    def _create_connection(self) -> _ConnectionRecord:
        record = _ConnectionRecord(self, connect=False)
        try:
            record.get_connection()
        except BaseException:
            # Cancelled while it is made ready: SQLAlchemy before 2.0.56 leaves it to nobody.
            if record.dbapi_connection is not None:
                self._close_connection(record.dbapi_connection, terminate=True)
            raise
        return record

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not None:
            if not self._loop.is_closed():
                raise UnsupportedOperationError(
                    "this Database is at work in another event loop, and its connections cannot leave it: "
                    "a Database for each loop, or await database.close() in the first before the next begins"
                )
            former, self._pool = self._pool, self._queue_class(self.size(), use_lifo=self._pool.use_lifo)
            dialect: Any = self._dialect
            if dialect.driver == "asyncpg":
                # Its connections are beyond reach: nothing runs any more that could close them.
                self._overflow = -self.size()
            else:
                while not former.empty():
                    self._pool.put(former.get(False), False)
        self._loop = loop
