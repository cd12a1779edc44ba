"""One connection that several sessions share, whose transactions are savepoints of one: one within the other.

A session whose transaction begins while another task has one open waits for its end; within one of its own
task it stands in that. What would be lost, or kept, with a transaction that it is no part of, is refused.
"""

import asyncio
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, NestedTransaction, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_only

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.committed import HeardSession
from django_like_repos.execution.direct.clearance import called_directly
from django_like_repos.execution.outcomes import connections_of
from django_like_repos.execution.transactions import wants_transaction
from django_like_repos.execution.turns import works_here
from django_like_repos.testing.deferred import check_deferred

SHARED: Final = "django_like_repos.shared"
"""Where a session's ``info`` has the ``SharedConnection`` that it is bound to."""

_WRITING: Final = ("do_execute", "do_executemany", "do_execute_no_params")

_ALONE: Final = (
    "in rolled_back() all sessions share one transaction; where they are to be independent, give the test a "
    "database of its own, by memory_database() or new_database()"
)


_LOST: Final = (
    "the transaction of rolled_back() was lost with its connection, in a query that was cancelled or cut "
    "off, and so was all that the test had written: where that is to be survived, give it a database of its "
    "own, by memory_database() or new_database()"
)
_OVER: Final = (
    "the block of rolled_back() is over, and its transaction rolled back: ask within it, or give the test a "
    "database of its own, by memory_database() or new_database()"
)


class SharingSession(HeardSession):
    """SQLAlchemy's session on a connection that others share."""

    def get_bind(self, mapper: Any = None, **options: Any) -> Engine | Connection:
        """The connection, while it is there to be used."""
        self.info[SHARED].check_there()
        return super().get_bind(mapper, **options)


class _Part(NamedTuple):
    """A savepoint, whose it is and in which task it began."""

    savepoint: NestedTransaction
    session: Session
    task: asyncio.Task[Any] | None


_AROUND: Final[ContextVar[tuple[_Part, ...]]] = ContextVar("django_like_repos.savepoints", default=())
"""The savepoints that this task, or the one that began it, has begun."""


class SharedConnection:
    """The connection, and whose savepoints are open on it."""

    def __init__(self, connection: Connection, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._parts: tuple[_Part, ...] = ()
        self._beginning: asyncio.Task[Any] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        event.listen(connection, "savepoint", self._before_savepoint)
        event.listen(connection, "rollback_savepoint", self._before_rollback)
        for name in _WRITING:
            event.listen(connection.engine, name, self._before_statement)

    def close(self) -> None:
        """Hears no more."""
        for name in _WRITING:
            event.remove(self._connection.engine, name, self._before_statement)

    def check_there(self) -> None:
        """Raises UnsupportedOperationError where the transaction is rolled back already, or was lost."""
        if self._connection.closed:
            raise UnsupportedOperationError(_OVER)
        if self._connection.invalidated:
            raise UnsupportedOperationError(_LOST)

    def begun(self, session: Session) -> None:
        """A session has begun its transaction, or a savepoint of its own."""
        self._beginning = None
        savepoint = self._connection.get_nested_transaction()
        open_ = _open(self._parts)
        if savepoint is not None and all(part.savepoint is not savepoint for part in open_):
            part = _Part(savepoint, session, asyncio.current_task())
            self._parts = (*open_, part)
            _AROUND.set((*_open(_AROUND.get()), part))

    def ended(self) -> None:
        """A session has ended its transaction, or a savepoint of its own: who waits looks again."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    def refuse_inner(self, session: Session, does: str) -> None:
        """Raises UnsupportedOperationError where another session's transaction is open within this one's."""
        open_ = _open(self._parts)
        if open_ and open_[-1].session is not session and any(part.session is session for part in open_):
            raise UnsupportedOperationError(
                f"this session {does} while the transaction of another one is open within its own, with "
                f"which it would end: end that first; {_ALONE}"
            )

    def check(self, session: Session) -> None:
        """Flushes a session that commits, and looks at what is deferred to that. Raises IntegrityError."""
        session.flush()
        if any(part.session is session for part in _open(self._parts)):
            check_deferred(self._connection)

    def _before_savepoint(self, _connection: Connection, _name: str | None) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise UnsupportedOperationError(
                "the connection of rolled_back() belongs to the event loop of the test, and this is another "
                "one, as that of a TestClient: ask the app by httpx.AsyncClient(transport=ASGITransport(app))"
            )
        if not self._may_begin():
            await_only(self._turn())
        self._beginning = asyncio.current_task()

    def _may_begin(self) -> bool:
        task, beginning = asyncio.current_task(), self._beginning
        if beginning is not None and beginning is not task and not beginning.done():
            return False
        open_ = _open(self._parts)
        if not open_:
            return True
        last = open_[-1]
        return last.task in (None, task) or last.task.done() or any(last is each for each in _AROUND.get())

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while not self._may_begin():
                    mine = self._loop.create_future()
                    self._waiting.append(mine)
                    await mine
        except TimeoutError:
            raise UnsupportedOperationError(
                f"the transaction of another task's session has not ended for {self._patience:g} s: {_ALONE}"
            ) from None

    @called_directly
    def _before_statement(self, _cursor: Any, statement: str, *arguments: Any) -> None:
        context = arguments[-1]
        if context.root_connection is not self._connection or not wants_transaction(statement):
            return
        open_ = _open(self._parts)
        if open_ and not works_here(open_[-1].session):
            for part in open_:
                if works_here(part.session):
                    self.refuse_inner(part.session, "writes")

    def _before_rollback(self, connection: Connection, name: str, _context: object) -> None:
        """What stands in a savepoint that is undone ends with it, and so do the sessions of that notice."""
        own = next((part for part in _open(self._parts) if part.savepoint._savepoint == name), None)
        if own is not None:
            for part in self._parts[self._parts.index(own) + 1 :]:
                part.savepoint.is_active = False
            connection._nested_transaction = own.savepoint


def _open(parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    return tuple(part for part in parts if part.savepoint.is_active)


def _of(session: Session) -> SharedConnection | None:
    shared: SharedConnection | None = session.info.get(SHARED)
    return shared


def _begun(session: Session, _transaction: SessionTransaction, _connection: Connection) -> None:
    shared = _of(session)
    if shared is not None:
        shared.begun(session)


def _before_flush(session: Session, _context: object, _objects: object) -> None:
    # An error within the flush would undo all that the session has written.
    shared = _of(session)
    if shared is not None:
        shared.refuse_inner(session, "writes")


def _before_commit(session: Session) -> None:
    shared = _of(session)
    if shared is not None:
        shared.refuse_inner(session, "commits")
        if not session.in_nested_transaction():
            shared.check(session)


def _check_there(session: Session) -> None:
    shared = _of(session)
    if shared is not None and connections_of(session):
        shared.check_there()


def _ended(session: Session, _transaction: SessionTransaction) -> None:
    shared = _of(session)
    if shared is not None:
        shared.ended()


event.listen(SharingSession, "after_begin", _begun)
event.listen(SharingSession, "before_flush", _before_flush)
event.listen(SharingSession, "before_commit", _before_commit)
# Before what every session refuses.
event.listen(SharingSession, "before_commit", _check_there, insert=True)
event.listen(SharingSession, "after_transaction_end", _ended)
