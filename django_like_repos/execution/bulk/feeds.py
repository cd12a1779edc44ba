"""Feed rows: rows of values handed to the database in a few statements, whatever these do with them.

``fed(connection, columns, rows, say, params)``. ``columns`` are ``FedColumn(name, type)``; a row is a tuple
of a value for each, as Core takes it: bound as its type binds it, None too, and ``null()`` is SQL's NULL.
``say(source)`` makes a Core statement with ``source.clause`` in its FROM: ``source.columns[name]`` is what is
fed, ``source.place`` the number of the row, from 0 in each statement. It is asked for each source, which the
number of rows may decide; what else varies are its ``params``, and no lists that expand.

An ``Answer`` comes of each statement, and rows are taken from their iterable statement by statement:
``first``, the number of its first row among all; ``count``, its rows; ``rows``, what RETURNING gave, read as
their types say, in whatever order the database gives them; ``rowcount``.

``way_of(dialect, columns)`` is how: "unnest" or "bound" on PostgreSQL, "values" on SQLite.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Boolean, Connection, CursorResult, Dialect, Executable, Float, Numeric
from sqlalchemy.sql.elements import Null
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.execution.bulk.texts import writer_of
from django_like_repos.execution.direct.routes import MakeRows, rows_by
from django_like_repos.statements.feeds import (
    CELLS,
    Element,
    FedColumn,
    Source,
    bound,
    element_of,
    listed,
    name_of,
    unnested,
)

FeedWay = Literal["unnest", "values", "bound"]
Rows = Sequence[Sequence[Any]]
Say = Callable[[Source], Any]

UNNESTED: Final = 10_000
"""Rows of one statement by ``unnest()``."""
CELLS_AT_MOST: Final = 2_048
"""Places of one statement on SQLite: more make no statement faster, and 250,000 it does not take."""
BOUND_AT_MOST: Final = 1_000
"""Parameters of one statement by SQLAlchemy's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one statement answered."""

    first: int
    count: int
    rows: Sequence[Any]
    rowcount: int


def fed(
    connection: Connection,
    columns: Sequence[FedColumn],
    rows: Iterable[Sequence[Any]],
    say: Say,
    params: Mapping[str, Any] | None = None,
) -> Iterator[Answer]:
    """Executes what ``say`` says of each source of rows, whose other params are ``params``."""
    columns = tuple(columns)
    way = way_of(connection.dialect, columns)
    run = _RUNS[way](connection, columns, say, params or {})
    first, rest = 0, iter(rows)
    while piece := [*islice(rest, _size(way, len(columns)))]:
        found, rowcount = run(piece)
        yield Answer(first, len(piece), found, rowcount)
        first += len(piece)


@cached(4096)
def way_of(dialect: Dialect, columns: tuple[FedColumn, ...]) -> FeedWay:
    """How rows of these columns are fed."""
    if dialect.name == "sqlite":
        return "values"
    if dialect.name == "postgresql" and all(element_of(each.type, dialect) for each in columns):
        return "unnest"
    return "bound"


def _size(way: FeedWay, width: int) -> int:
    if way == "unnest":
        return UNNESTED
    return max(1, (CELLS_AT_MOST if way == "values" else BOUND_AT_MOST) // width)


def sent(type_: TypeEngine[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as the driver takes them; None for ``null()``, which no type binds."""
    process = type_._cached_bind_processor(dialect)
    if (
        process is None
        and isinstance(type_, Numeric)
        and not isinstance(type_, Float)
        and float in {*map(type, values)}
    ):
        # Of an array psycopg takes no floats beside decimals.
        values = [Decimal(repr(each)) if type(each) is float else each for each in values]
    kinds = {*map(type, values)}
    if process is not None and type(type_) is Boolean and kinds == {bool}:
        # What the drivers take for one is a bool, or a number.
        return [*map(type(process(True)), values)]
    if Null in kinds:
        return [
            None if each.__class__ is Null else each if process is None else process(each) for each in values
        ]
    if process is None:
        return values
    column: Callable[[Sequence[Any]], Sequence[Any]] | None = getattr(process, "column", None)
    return [*map(process, values)] if column is None else column(values)


def sent_columns(columns: Sequence[FedColumn], dialect: Dialect, rows: Rows) -> list[Sequence[Any]]:
    """The same of all columns."""
    return [
        sent(each.type, dialect, values)
        for each, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]


_COUNTED: Final = {"preserve_rowcount": True}
"""Of an INSERT, SQLAlchemy asks psycopg for the number when that has forgotten it."""

Run = Callable[[Rows], tuple[Sequence[Any], int]]


def _by_unnest(
    connection: Connection, columns: Sequence[FedColumn], say: Say, params: Mapping[str, Any]
) -> Run:
    source, writers = _source(connection.dialect, tuple(columns))
    statement: Executable = say(source)

    def run(rows: Rows) -> tuple[Sequence[Any], int]:
        arrays = sent_columns(columns, connection.dialect, rows)
        given = {
            name_of(number): write(values)
            for number, (write, values) in enumerate(zip(writers, arrays, strict=True))
        }
        result = connection.execute(statement, {**params, **given}, execution_options=_COUNTED)
        return _answered(result)

    return run


def _by_values(
    connection: Connection, columns: Sequence[FedColumn], say: Say, params: Mapping[str, Any]
) -> Run:
    said: dict[int, _Said] = {}

    def run(rows: Rows) -> tuple[Sequence[Any], int]:
        if len(rows) not in said:
            said[len(rows)] = _said_by(
                connection, say(listed(connection.dialect, columns, len(rows))), params
            )
        text, before, after, made = said[len(rows)]
        arrays = sent_columns(columns, connection.dialect, rows)
        cells = chain.from_iterable(zip(*arrays, strict=True))
        result = connection.exec_driver_sql(text, (*before, *cells, *after))
        rows_found, rowcount = _answered(result)
        return made(rows_found), rowcount

    return run


def _by_bound(
    connection: Connection, columns: Sequence[FedColumn], say: Say, params: Mapping[str, Any]
) -> Run:
    def run(rows: Rows) -> tuple[Sequence[Any], int]:
        result = connection.execute(say(bound(columns, rows)), dict(params), execution_options=_COUNTED)
        return _answered(result)

    return run


def _answered(result: CursorResult[Any]) -> tuple[Sequence[Any], int]:
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    # Of what returns rows, psycopg counts none.
    return rows, max(result.rowcount, len(rows))


_RUNS: Final[Mapping[FeedWay, Callable[..., Run]]] = {
    "unnest": _by_unnest,
    "values": _by_values,
    "bound": _by_bound,
}


@cached(1024)
def _source(dialect: Dialect, columns: tuple[FedColumn, ...]) -> tuple[Source, list[Callable[..., Any]]]:
    """The source of columns, and what makes arrays of their values."""
    types = [element for each in columns if (element := element_of(each.type, dialect))]
    writers = [writer_of(each) for each in types]
    elements = [Element(each, write is not None) for each, write in zip(types, writers, strict=True)]
    return unnested(dialect, columns, elements), [write or list for write in writers]


class _Said(NamedTuple):
    """A statement for the driver: its text, the values around its cells, and what is made of its rows."""

    text: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    made: MakeRows


def _said_by(connection: Connection, statement: Any, params: Mapping[str, Any]) -> _Said:
    dialect: Any = connection.dialect
    translation = connection.get_execution_options().get("schema_translate_map")
    compiled: Any = statement.compile(
        dialect=dialect,
        schema_translate_map=translation,
        render_schema_translate=translation is not None,
    )
    # Of a list, it has a place for each of its values.
    state = compiled.construct_expanded_state({**params, CELLS: None})
    given, places = state.parameters, [*(state.positiontup or ())]
    processors = {**compiled._bind_processors, **state.processors}
    sent = [processors[name](given[name]) if name in processors else given[name] for name in places]
    at = places.index(CELLS)
    columns = [each.type._cached_result_processor(dialect, None) for each in compiled._result_columns]
    return _Said(state.statement, tuple(sent[:at]), tuple(sent[at + 1 :]), rows_by(columns, None, plain=True))
