"""``RoutedSession``: which server a statement of a session goes to.

What writes, locks or is not known goes to the primary, and the rest of its transaction with it. What reads
goes where the query, the repository or the session says. Objects of all places live in one identity map.
"""

from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, TextualSelect, event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.sql import visitors
from sqlalchemy.util.concurrency import await_only, in_greenlet

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.committed import HeardSession
from django_like_repos.execution.places import READS, STAYS
from django_like_repos.query.places import REPLICA
from django_like_repos.replicas.fleet import Fleet
from django_like_repos.replicas.replica import told

_JOINS: Final = ("conditional_savepoint", "rollback_only")
"""The ways of joining a connection's transaction that leave its end to whoever began it."""


class RoutedSession(HeardSession):
    """A session of a ``Database`` that has replicas."""

    def __init__(self, *args: Any, fleet: Fleet, after: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._fleet = fleet
        self._after = after
        self._wrote = False
        self._writes = False
        self._reading: Connection | None = None

    def bind_for_plans(self, mapper: Any) -> Engine | Connection:
        """What ``get_bind()`` says of a model, when nothing is to be sent."""
        return super().get_bind(mapper)

    def get_bind(
        self,
        mapper: Any = None,
        *,
        clause: Any = None,
        bind: Any = None,
        reads: str | None = None,
        **options: Any,
    ) -> Engine | Connection:
        """The server for a statement; ``bind_arguments={"reads": …}`` says where one is read."""
        found = super().get_bind(mapper, clause=clause, bind=bind, **options)
        if bind is not None or found is not self._fleet.primary:
            return found
        if clause is None or not is_read(clause):
            self._stay()
            return found
        if (reads or self.info.get(READS)) != REPLICA or self.info.get(STAYS):
            return found
        return self._connection_to_read() or found

    def begin_nested(self) -> SessionTransaction:
        self._stay()
        return super().begin_nested()

    def position(self) -> int | None:
        """The position behind all that the session committed, and behind that it was told to wait for.

        Raises UnsupportedOperationError for what is not committed.
        """
        if self._writes and self.in_transaction():
            raise UnsupportedOperationError("a position is of what is committed: commit, then ask for it")
        if self._wrote:
            self._after = max(self._after or 0, self._written())
            self._wrote = False
        return self._after

    def _stay(self) -> None:
        self.info[STAYS] = self._wrote = self._writes = True

    def _connection_to_read(self) -> Connection | None:
        """The connection to a replica of this transaction; None where the primary has to be read."""
        if self._reading is not None and not self._reading.invalidated:
            return self._reading
        if self._reading is not None or self.twophase or self.join_transaction_mode not in _JOINS:
            # What was lost is replaced in the next transaction.
            return None
        if not in_greenlet():
            # Nobody is about to send anything.
            return None
        try:
            position = self.position()
        except self._fleet.failures:
            return None
        while (replica := await_only(self._fleet.choose(position))) is not None:
            try:
                connection = replica.reads.connect()
            except PoolTimeoutError:
                return None
            except self._fleet.failures as error:
                replica.leave_out(f"it cannot be reached: {told(error)}")
                continue
            return self._join(connection)
        return None

    def _join(self, connection: Connection) -> Connection:
        """Makes a connection one of the session's, whose commit does not depend on it."""
        try:
            # What had begun before is not committed by the session.
            connection.begin()
            self._reading = self.connection(bind_arguments={"bind": connection})
        except BaseException:
            connection.close()
            raise
        return connection

    def _written(self) -> int:
        transaction: Any = self._transaction
        if transaction is not None and self._fleet.primary in transaction._connections:
            # Another connection may not come before this one is given back.
            held = self.connection(bind_arguments={"bind": self._fleet.primary})
            return self._fleet.positions.written(held)
        with self._fleet.asking.connect() as connection:
            return self._fleet.positions.written(connection)

    def _end(self) -> None:
        self.info.pop(STAYS, None)
        self._writes = False
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()


@event.listens_for(RoutedSession, "before_flush")
def _note_flush(session: RoutedSession, _context: object, _instances: object) -> None:
    session._stay()


@event.listens_for(RoutedSession, "after_transaction_end")
def _note_end(session: RoutedSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session._end()


_KNOWN: Final[WeakKeyDictionary[Any, bool]] = WeakKeyDictionary()


def is_read(clause: Any) -> bool:
    """Whether a statement is known to read only: a SELECT that locks nothing, with no writing CTE."""
    if not getattr(clause, "is_select", False):
        return getattr(clause, "reads_only", False)
    known = _KNOWN.get(clause)
    if known is None:
        known = _KNOWN[clause] = not any(map(_may_write, visitors.iterate(clause)))
    return known


def _may_write(part: Any) -> bool:
    return (
        getattr(part, "_for_update_arg", None) is not None
        or getattr(part, "is_dml", False)
        or isinstance(part, TextualSelect)
    )
