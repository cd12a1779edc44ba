"""Streams: the rows of a query given one by one, read some at a time by one cursor of the database.

Each chunk is an operation of the session; between two of them it is free for others. What a chunk needs
besides, such as what is prefetched, belongs to its operation. See ``cursors`` for how a stream ends early.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Final
from weakref import ref

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.clauses.streaming import refuse_at_once, why_at_once
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import locking, peers, reading
from django_like_repos.execution.actions import Work, plans_for
from django_like_repos.execution.chunks import Chunks
from django_like_repos.execution.collections import PARTIAL, filled_anew
from django_like_repos.execution.cursors import OpenCursor
from django_like_repos.execution.results import OF_MODELS, rows_of
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.shards import bind_of, refuse_shards
from django_like_repos.mapping.fetch_modes import FetchMode
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.query.fetch_modes import PEERS

MOST: Final = 2**31 - 1
"""Rows that drivers fetch at a time."""

Step = Callable[[Session], tuple[list[Any], bool]]
"""Gives the next rows, and whether they are the last."""


class Reader:
    """What reads the rows of one stream, chunk by chunk, and the cursor that it reads."""

    def __init__(self) -> None:
        self.cursor: OpenCursor | None = None

    def begin(self, session: Session) -> tuple[list[Any], bool]:
        """Executes the statement; the first rows, and whether they are the last."""
        raise NotImplementedError

    def next(self, session: Session) -> tuple[list[Any], bool]:
        """The next rows, and whether they are the last."""
        raise NotImplementedError

    def go_on(self, session: Session) -> tuple[list[Any], bool]:
        """The same of a cursor that was open meanwhile. Raises UnsupportedOperationError if it is no more."""
        if self.cursor is not None:
            self.cursor.check(session)
        rows, last = self.next(session)
        if last:
            self.close(session)
        return rows, last

    def close(self, _: Session) -> None:
        if self.cursor is not None:
            self.cursor.close()

    @property
    def is_open(self) -> bool:
        return self.cursor is not None and self.cursor.is_open


def stream(
    session: SomeSession | None, query: Query, size: int, *, at_once: bool
) -> AsyncGenerator[Any, None]:
    """The rows of a query, ``size`` of them read at a time.

    ``at_once``: those that cannot be read so are read all at once; else that is an UnsupportedOperationError.
    """
    return read_by(_Selected(query, size, at_once=at_once), session, query)


def read_by(reader: Reader, session: SomeSession | None, query: Query) -> AsyncGenerator[Any, None]:
    """The rows that a reader reads, in the way of a query."""
    end = _End(reader, session)
    rows = _rows(reader, session, query, end)
    # Who leaves a loop drops the generator, and asyncio ends that in a task of its own, some time later: by
    # then the session may be doing something else.
    end.watched = ref(rows, end.leave)
    return rows


class _End:
    """How a stream ends whose rows were not all read."""

    def __init__(self, reader: Reader, session: SomeSession | None) -> None:
        self.watched: Any = None
        self._reader, self._session = reader, session

    def leave(self, _: object = None) -> None:
        """Has the cursor closed by whatever the session does next."""
        self.watched = None
        cursor = self._reader.cursor
        if cursor is not None and self._session is not None:
            cursor.leave(own(self._session).sync_session)


async def _rows(
    reader: Reader, session: SomeSession | None, query: Query, end: _End
) -> AsyncGenerator[Any, None]:
    bare = query.evolve(flush=False, commit=False)
    step: Step = reader.begin
    last = False
    try:
        while not last:
            rows, last = await write(session, bare, step)
            cursor = reader.cursor
            for row in rows:
                # Told at once, however many rows a chunk has: what works with few rows works with many.
                if cursor is not None and cursor.ended:
                    cursor.refuse_ended()
                yield row
            # Not to have two chunks at a time.
            rows, row = [], None
            step = reader.go_on
        if query.settings.flush or query.settings.commit:
            await write(session, query, _nothing)
    except GeneratorExit:
        if end.watched is not None and reader.is_open:
            # Whoever uses the session now will close it.
            with suppress(UnsupportedOperationError):
                await write(session, bare, reader.close)
        raise
    finally:
        end.leave()


def _nothing(_: Session) -> None: ...


class _Selected(Reader):
    """The rows of a query."""

    def __init__(self, query: Query, size: int, *, at_once: bool) -> None:
        super().__init__()
        self._query, self._size, self._at_once = reading.with_needed(query), min(size, MOST), at_once
        self._chunks: Chunks | None = None
        self._work: Work | None = None
        self._plan: plans.Plan | None = None
        self._mark: FetchMode | None = None

    def begin(self, session: Session) -> tuple[list[Any], bool]:
        query = self._query
        if query.never:
            return [], True
        why = why_at_once(query) or why_not_here(session, query)
        if not why:
            locking.prepare(session, query)
            why = self._execute(session)
        if why and not self._at_once:
            refuse_at_once(why)
        return (reading.fetch(session, query), True) if why else self.go_on(session)

    def _execute(self, session: Session) -> str:
        """Opens the cursor; why that was not possible, if it was not."""
        query = self._query
        plan, params = plans_for(session, query).prepare(plans.SELECT, query)
        if query.frame.fetch_mode == PEERS and query.row in OF_MODELS:
            self._mark = FetchMode(PEERS)
            plan = plan.with_options((self._mark,))
        options, of_models = query.execution_options, query.row in OF_MODELS
        self._work = Work(session, query, params, options, reads=True, of_models=of_models)
        self._plan, (run,) = plan, plan.actions
        assert isinstance(run, plans.Run)
        try:
            self._chunks = Chunks(
                session, run, params, options, self._size, of_models=of_models, hurries=_is_whole(query)
            )
        except InvalidRequestError as error:
            if "yield_per" not in str(error):
                raise
            return "an option, or the mapping, loads a collection in a way that needs all rows"
        if self._chunks.cursor is not None:
            self.cursor = OpenCursor(session, self._chunks.cursor)
        return ""

    def next(self, session: Session) -> tuple[list[Any], bool]:
        query = self._query
        if query.frame.locked is None:
            return self._next(session)
        with locking.relations_kept(session):
            return self._next(session)

    def _next(self, session: Session) -> tuple[list[Any], bool]:
        work, plan, chunks = self._work, self._plan, self._chunks
        assert work is not None
        assert plan is not None
        assert chunks is not None
        if not plan.partial and PARTIAL not in session.info:
            work.result, last = chunks.next()
            rows = rows_of(work)
        else:
            every = bool(work.options.get("populate_existing"))
            with filled_anew(session, plan.partial, every=every):
                work.result, last = chunks.next()
                rows = rows_of(work)
        work.result = None
        if self._mark is not None:
            peers.bring_together(rows, self._mark)
        return reading.finished(session, rows, self._query), last


def _is_whole(query: Query) -> bool:
    """Whether rows are whole by one statement, so that one chunk more costs next to nothing."""
    into = query.settings.into
    return not query.settings.prefetches and (into is None or not into.lists)


def why_not_here(session: Session, query: Query) -> str:
    """Why the database of a session cannot give some rows at a time. Raises for several databases."""
    mapper = mapper_of(query.model)
    refuse_shards(session, "iterator() and async for")
    bind = bind_of(session, mapper)
    if bind.dialect.name == "postgresql" and not locking.is_in_transaction(session, query):
        return "a cursor needs a transaction, and the isolation level of this session is AUTOCOMMIT"
    return ""
