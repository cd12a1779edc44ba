"""One statement for the values of many rows, given to the driver as it takes them."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.orm import Mapper, Session

from django_like_repos.query import Query

SLOT: Final = "dlr_slot_"
"""What the names of parameters begin with whose values are those of a row."""

Columns = Sequence[Sequence[Any]]
"""Values, column by column."""


def execute_many(
    session: Session, mapper: Mapper[Any], query: Query, statement: Any, columns: Columns
) -> int:
    """Executes a statement for each row of values; how many rows it has written, -1 where nobody says.

    ``columns`` are what stands in the parameters ``SLOT`` with their numbers.
    """
    connection = session.connection(bind_arguments={"mapper": mapper}, execution_options=None)
    ready = None if _is_told_otherwise(connection, query) else _ready(connection, statement, columns)
    if ready is None:
        names = [f"{SLOT}{number}" for number in range(len(columns))]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        result: Any = session.execute(
            statement, rows, execution_options=query.execution_options, bind_arguments={"mapper": mapper}
        )
        return int(result.rowcount)
    text, values = ready
    return connection.exec_driver_sql(text, values).rowcount


def _is_told_otherwise(connection: Connection, query: Query) -> bool:
    """Whether options say more of how a statement is executed than that it is."""
    return bool(query.execution_options) or "schema_translate_map" in connection.get_execution_options()


def _ready(
    connection: Connection, statement: Any, columns: Columns
) -> tuple[str, list[tuple[Any, ...]]] | None:
    """A text and its rows of values for the driver; None where SQLAlchemy has more to do for a row."""
    compiled = statement.compile(dialect=connection.dialect)
    if (
        not compiled.positional
        or compiled.update_prefetch
        or compiled.post_compile_params
        or compiled.literal_execute_params
    ):
        return None
    slots = {f"{SLOT}{number}": column for number, column in enumerate(columns)}
    constants = compiled.params
    processes = compiled._bind_processors
    placed: list[Iterable[Any]] = []
    for name in compiled.positiontup:
        process = processes.get(name)
        if name in slots:
            placed.append(slots[name] if process is None else map(process, slots[name]))
        else:
            value = constants[name]
            placed.append(repeat(value if process is None else process(value), len(columns[0])))
    return compiled.string, [*zip(*placed, strict=False)]
