"""``copy_to()``: rows written into a file, by COPY where the database has it, else row by row."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import await_only

from django_like_repos import plans
from django_like_repos.clauses.exporting import CopyOptions, names_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import locking
from django_like_repos.execution.actions import plans_for
from django_like_repos.execution.chunks import Chunks
from django_like_repos.execution.cursors import OpenCursor
from django_like_repos.execution.export.copying import copies, copy_rows_out
from django_like_repos.execution.export.sinks import Sink
from django_like_repos.execution.export.sources import places_in, sources_of
from django_like_repos.execution.export.texts import Csv, text_of
from django_like_repos.execution.fetching import fetched
from django_like_repos.execution.shards import refuse_shards
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.types import impl_of
from django_like_repos.query import Query

_CALL: Final = "copy_to"
_CHUNK: Final = 2048
_BLOCK: Final = 1 << 20
"""Bytes that are written at a time."""


def copied(session: Session, query: Query, sink: Sink, options: CopyOptions) -> int:
    """Writes the rows of a query; how many there were."""
    refuse_shards(session, f"{_CALL}()")
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    (run,) = plan.actions
    assert isinstance(run, plans.Run)
    sources = sources_of(query, run.statement, _CALL)
    block = _Block(sink)
    if options.header:
        await_only(block.write(_header(query, options)))
    counted = 0
    if not query.never:
        locking.prepare(session, query)
        session._autoflush()
        arguments = {"mapper": mapper_of(query.model), "clause": run.statement}
        connection = session.connection(bind_arguments=arguments)
        if connection.dialect.name == "postgresql":
            why = copies(session, query.execution_options, connection)
            if why:
                raise UnsupportedOperationError(
                    f"{_CALL}() writes what COPY gives, and cannot here: {why}; iterator() has the rows"
                )
            counted = copy_rows_out(connection, run, params, block.write, options.said)
        else:
            counted = _written(session, query, run, params, block, options, [each.type for each in sources])
    await_only(block.flush())
    return counted


class _Block:
    """What is to be written, until it is much."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parts: list[bytes] = []
        self._size = 0

    async def write(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size >= _BLOCK:
            await self.flush()

    async def flush(self) -> None:
        parts, self._parts, self._size = self._parts, [], 0
        if parts:
            await self._sink(b"".join(parts))


def _header(query: Query, options: CopyOptions) -> bytes:
    names = names_of(query)
    if options.format == "csv":
        return Csv(options.delimiter, options.null).line(names).encode()
    escaped = [
        name.replace("\\", "\\\\").replace(options.delimiter, f"\\{options.delimiter}") for name in names
    ]
    return (options.delimiter.join(escaped) + "\n").encode()


def _written(
    session: Session,
    query: Query,
    run: plans.Run,
    params: Any,
    block: _Block,
    options: CopyOptions,
    kinds: Sequence[Any],
) -> int:
    """The same by Python, of rows that a cursor gives."""
    if options.format != "csv":
        raise UnsupportedOperationError(
            f"{_CALL}(format={options.format!r}) is what PostgreSQL alone writes: format='csv'"
        )
    chunks = Chunks(session, run, params, query.execution_options, _CHUNK, of_models=False)
    cursor: Any = chunks.cursor
    opened = OpenCursor(session, cursor)
    try:
        return _lines(cursor, kinds, block, Csv(options.delimiter, options.null))
    finally:
        opened.close()
        opened.forget()


def _lines(cursor: Any, kinds: Sequence[Any], block: _Block, csv: Csv) -> int:
    places = places_in(cursor, len(kinds))
    columns = [
        (place, _reader(kind, cursor.context.dialect)) for place, kind in zip(places, kinds, strict=True)
    ]
    counted = 0
    while True:
        rows = fetched(cursor, _CHUNK)
        lines = [csv.line([text_of(read(row[place])) for place, read in columns]) for row in rows]
        await_only(block.write("".join(lines).encode()))
        counted += len(rows)
        if len(rows) < _CHUNK:
            return counted


def _reader(kind: Any, dialect: Any) -> Callable[[Any], Any]:
    """What the database means by a value, whatever Python code of a type makes of that."""
    stored = kind if isinstance(kind, types.Interval) else impl_of(kind)
    if isinstance(stored, (types.JSON, types.Enum)):
        return _as_it_is
    if isinstance(stored, types.Float):
        return _as_it_is
    if isinstance(stored, types.Numeric):
        if stored.scale is None:
            return _shortest
        # The places that the database has, however many Python is to see.
        stored = types.Numeric(stored.precision, stored.scale)
    process = stored._cached_result_processor(dialect, None)
    return _as_it_is if process is None else process


def _shortest(value: Any) -> Any:
    """A decimal of which nobody said the places, and of which SQLite has none that are 0 at the end."""
    return Decimal(repr(value).removesuffix(".0")) if isinstance(value, float) else value


def _as_it_is(value: Any) -> Any:
    return value
