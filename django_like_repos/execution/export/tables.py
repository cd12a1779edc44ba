"""Rows read as columns of Arrow, some at a time, over the cursor that streams use."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import await_only

from django_like_repos import plans
from django_like_repos.clauses.streaming import refuse_at_once
from django_like_repos.execution import locking
from django_like_repos.execution.actions import plans_for
from django_like_repos.execution.chunks import Chunks
from django_like_repos.execution.cursors import OpenCursor
from django_like_repos.execution.export.arrays import Maker
from django_like_repos.execution.export.blocks import Blocks, Parsing, parsing_of, writes_usually
from django_like_repos.execution.export.copying import copies, copy_rows_out
from django_like_repos.execution.export.kinds import kind_given, kind_of
from django_like_repos.execution.export.packages import arrow
from django_like_repos.execution.export.sources import places_in, sources_of, with_text_of_json
from django_like_repos.execution.fetching import fetched, taken
from django_like_repos.execution.shards import bind_of, refuse_shards
from django_like_repos.execution.streams import MOST, Reader, why_not_here
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query

CHUNK: Final = 2_048
"""Rows that are made into columns at a time: few enough for the caches of a processor."""
TOGETHER: Final = 32
"""Batches of so many rows that are joined into one."""


class Plan:
    """How the rows of a query become columns."""

    def __init__(self, session: Session, query: Query, types: Mapping[str, Any], call: str) -> None:
        """Raises UnsupportedOperationError for a column that Arrow has no type for."""
        self.pa, self.call = arrow(call), call
        refuse_shards(session, f"{call}()")
        self.dialect = bind_of(session, mapper_of(query.model)).dialect
        plan, self.params = plans_for(session, query).prepare(plans.SELECT, query)
        (run,) = plan.actions
        assert isinstance(run, plans.Run)
        self.sources = sources_of(query, run.statement, call)
        statement = with_text_of_json(run.statement, self.sources, self.dialect)
        self.run = run if statement is run.statement else plans.Run(statement)
        self.kinds = [
            kind_given(each, types[each.name], self.pa, call)
            if each.name in types
            else kind_of(each, self.dialect, self.pa, call)
            for each in self.sources
        ]
        self.schema = self.pa.schema(
            [(each.name, kind.type) for each, kind in zip(self.sources, self.kinds, strict=True)]
        )

    def empty(self) -> Any:
        """A batch without rows."""
        return self.pa.RecordBatch.from_arrays(
            [self.pa.array([], type=field.type) for field in self.schema], schema=self.schema
        )

    def makers(self, processes: Sequence[Any]) -> list[Maker]:
        """What makes the columns, of values to which SQLAlchemy does this."""
        return [
            Maker(source, kind, process, self.call)
            for source, kind, process in zip(self.sources, self.kinds, processes, strict=True)
        ]


class Columns(Reader):
    """The rows of a query, each chunk as one batch of Arrow."""

    def __init__(self, query: Query, size: int, types: Mapping[str, Any], call: str) -> None:
        super().__init__()
        self._query, self._size, self._types, self._call = query, min(size, MOST), types, call
        self._chunks: Chunks | None = None
        self._made: Batches | None = None
        self._is_first = True

    def begin(self, session: Session) -> tuple[list[Any], bool]:
        plan = Plan(session, self._query, self._types, self._call)
        if self._query.never:
            return [plan.empty()], True
        why = why_not_here(session, self._query)
        if why:
            refuse_at_once(why, self._call, "to_arrow() has all rows at once")
        locking.prepare(session, self._query)
        chunks = Chunks(
            session, plan.run, plan.params, self._query.execution_options, self._size, of_models=False
        )
        assert chunks.cursor is not None
        self.cursor = OpenCursor(session, chunks.cursor)
        self._chunks, self._made = chunks, Batches(plan, chunks.cursor)
        return self.go_on(session)

    def next(self, session: Session) -> tuple[list[Any], bool]:
        assert self._made is not None
        assert self._chunks is not None
        rows = fetched(self._chunks.cursor, self._size)
        was_first, self._is_first = self._is_first, False
        # One without rows says what columns there are.
        batches = [self._made(rows)] if rows or was_first else []
        return batches, len(rows) < self._size


class Batches:
    """What makes batches of the driver's rows."""

    def __init__(self, plan: Plan, cursor: Any) -> None:
        metadata = cursor._metadata
        self._plan = plan
        self._places = places_in(cursor, len(plan.sources))
        self._makers = plan.makers([metadata._processors[place] for place in self._places])

    def __call__(self, rows: Sequence[Any]) -> Any:
        columns = [*zip(*rows, strict=True)] if rows else [()] * (max(self._places, default=-1) + 1)
        arrays = [make(columns[place]) for make, place in zip(self._makers, self._places, strict=True)]
        return self._plan.pa.RecordBatch.from_arrays(arrays, schema=self._plan.schema)


def table(session: Session, query: Query, types: Mapping[str, Any], call: str) -> Any:
    """All rows of a query as one table. Raises UnsupportedOperationError for what Arrow has no place for."""
    plan = Plan(session, query, types, call)
    if query.never:
        return plan.schema.empty_table()
    locking.prepare(session, query)
    parsing = (
        None if types or query.frame.locked is not None else parsing_of(plan.pa, plan.schema, plan.kinds)
    )
    if parsing is not None:
        found = copied_table(session, query, plan, parsing)
        if found is not None:
            return found
    batches = _batches(session, query, plan)
    joined = [
        plan.pa.Table.from_batches(batches[start : start + TOGETHER], schema=plan.schema).combine_chunks()
        for start in range(0, len(batches), TOGETHER)
    ]
    return plan.pa.concat_tables(joined)


def copied_table(session: Session, query: Query, plan: Plan, parsing: Parsing) -> Any:
    """The same of what COPY writes; None where that is not to be had, or not to be read."""
    session._autoflush()
    arguments = {"mapper": mapper_of(query.model), "clause": plan.run.statement}
    connection = session.connection(bind_arguments=arguments)
    if connection.dialect.driver != "asyncpg" or copies(session, query.execution_options, connection):
        return None
    if not writes_usually(connection):
        return None
    blocks = Blocks(parsing)
    copy_rows_out(connection, plan.run, plan.params, blocks.take, {"format": "csv"})
    return await_only(blocks.table())


def _batches(session: Session, query: Query, plan: Plan) -> list[Any]:
    options = query.execution_options
    streams = not why_not_here(session, query)
    chunks = Chunks(session, plan.run, plan.params, options, CHUNK, of_models=False, streams=streams)
    assert chunks.cursor is not None
    opened = OpenCursor(session, chunks.cursor)
    try:
        return taken(chunks.cursor, CHUNK, Batches(plan, chunks.cursor))
    finally:
        opened.close()
        opened.forget()
