"""The statements that a database is sent, with the chain and the line that asked for each."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, overload

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session

from django_like_repos.atomic import session_of
from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.asked import LISTENING, asked
from django_like_repos.execution.direct.clearance import called_directly
from django_like_repos.repository import BaseRepository
from django_like_repos.testing.places import calling_line

Where = Database | AsyncEngine | AsyncSession | BaseRepository[Any, Any]

_BOOKKEEPING: Final = re.compile(
    r"\s*(BEGIN|COMMIT|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT|SET\s+CONSTRAINTS)\b", re.IGNORECASE
)
_EVENTS: Final = ("do_execute", "do_executemany", "do_execute_no_params")


class CapturedQuery(NamedTuple):
    """One statement that was sent."""

    sql: str
    """Its text, as the driver was given it."""
    params: Any
    """Its values; of a statement for many rows a list of them."""
    chain: str | None
    """The queryset that it was sent for, with its values; None of what SQLAlchemy was asked itself."""
    line: str | None
    """``file:line`` of the code that asked for it."""

    def __str__(self) -> str:
        said = [" ".join(self.sql.split())]
        if self.params:
            said.append(f"with {self.params!r}")
        if self.chain is not None:
            said.append(f"for {self.chain}")
        if self.line is not None:
            said.append(f"at {self.line}")
        return "\n    ".join(said)


class CapturedQueries(Sequence[CapturedQuery]):
    """The statements that were sent so far, the first one first; as text one under the other."""

    def __init__(self) -> None:
        self._queries: list[CapturedQuery] = []

    @overload
    def __getitem__(self, index: int) -> CapturedQuery: ...
    @overload
    def __getitem__(self, index: slice) -> list[CapturedQuery]: ...
    def __getitem__(self, index: int | slice) -> CapturedQuery | list[CapturedQuery]:
        return self._queries[index]

    def __len__(self) -> int:
        return len(self._queries)

    def __str__(self) -> str:
        return "\n".join(f"{number}. {query}" for number, query in enumerate(self, 1))

    def __repr__(self) -> str:
        return f"<{len(self)} captured queries>"

    def clear(self) -> None:
        """Forgets them."""
        self._queries.clear()


@contextmanager
def capture_queries(where: Where) -> Iterator[CapturedQueries]:
    """A block, and what a database is sent in it (Django: ``CaptureQueriesContext``).

    ``where``: a Database, with its replicas; or an engine, a session or a repository, for all of their
    database's. Also on connections that are open already, and what goes straight to the driver. What begins
    and ends transactions and savepoints is left out. Raises UnsupportedOperationError for what has no
    database.
    """
    engines = engines_of(where, "capture_queries()")
    queries = CapturedQueries()
    hear = _listener(engines, queries)
    dialects = {id(engine.dialect): engine for engine in engines}.values()
    LISTENING.append(queries)
    for engine in dialects:
        for name in _EVENTS:
            event.listen(engine, name, hear)
    try:
        yield queries
    finally:
        for engine in dialects:
            for name in _EVENTS:
                event.remove(engine, name, hear)
        LISTENING.remove(queries)


@contextmanager
def assert_num_queries(where: Where, number: int) -> Iterator[CapturedQueries]:
    """A block that sends so many statements (Django: ``assertNumQueries``), as ``capture_queries()`` counts.

    Raises AssertionError at its end, with the list of them, where it sends others than ``number``.
    """
    __tracebackhide__ = True
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise UnsupportedOperationError(
            f"assert_num_queries() takes how many there are to be, not {number!r}"
        )
    engines_of(where, "assert_num_queries()")
    with capture_queries(where) as queries:
        yield queries
    if len(queries) != number:
        told = f":\n{queries}" if queries else ""
        raise AssertionError(f"{len(queries)} queries were sent, and {number} were expected{told}")


def engines_of(where: Any, asker: str) -> list[Engine]:
    """The engines of a database, for a function. Raises UnsupportedOperationError for what has none."""
    if isinstance(where, Database):
        return [where.engine.sync_engine, *(each.engine.sync_engine for each in where.replicas)]
    if isinstance(where, AsyncEngine):
        return [where.sync_engine]
    if not isinstance(where, (AsyncSession, async_scoped_session, BaseRepository)):
        raise UnsupportedOperationError(
            f"{asker} takes the Database whose statements are meant, or an engine, a session or a repository "
            f"of it, not {where!r}"
        )
    bind = session_of(where).sync_session.bind
    if bind is None:
        raise UnsupportedOperationError(
            "this session has no database of its own, but one for each model: name the Database, or an engine"
        )
    return [bind.engine]


def _listener(engines: list[Engine], queries: CapturedQueries) -> Callable[..., None]:
    # Heard by their dialects, which every execution asks anew: connections ask their engines once.
    @called_directly
    def hear(_cursor: Any, statement: str, *arguments: Any) -> None:
        context: Any = arguments[-1]
        connection = context.root_connection
        if _BOOKKEEPING.match(statement) or not any(each.pool is connection.engine.pool for each in engines):
            return
        if not connection._allow_autobegin:
            # SQLAlchemy asks the first connection of an engine what server that is.
            return
        query = asked()
        chain = None if query is None else repr(query.evolve(shown=True))
        params = arguments[0] if len(arguments) > 1 else None
        queries._queries.append(CapturedQuery(statement, params, chain, calling_line()))

    return hear
