"""New rows written in one of the ways, and what the database says of them, in the order of the rows."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm.exc import FlushError
from sqlalchemy.types import TypeEngine

from django_like_repos.execution.bulk.copying import copy_rows
from django_like_repos.execution.bulk.drafts import Part
from django_like_repos.execution.bulk.feeds import CELLS_AT_MOST, Answer, fed, sent
from django_like_repos.execution.bulk.numbers import last_number
from django_like_repos.execution.bulk.ways import WayName
from django_like_repos.execution.direct.routes import rows_by
from django_like_repos.mapping.layout import Cell, Layout
from django_like_repos.statements.feeds import FedColumn, Source

Wanted = Sequence[Column[Any]]
_FIRST: Final = itemgetter(0)


class Inserted(NamedTuple):
    """What became of rows."""

    rowcount: int
    rows: Sequence[Sequence[Any]]
    """Of each its wanted columns; empty where none are."""


def insert_part(connection: Connection, way: WayName, layout: Layout, part: Part, wanted: Wanted) -> Inserted:
    """Inserts the rows of a part."""
    return _WAYS[way](connection, layout, part, wanted)


def _by_copy(connection: Connection, layout: Layout, part: Part, _: Wanted) -> Inserted:
    columns = [cell.column for cell in part.columns]
    sent_columns = [
        sent(column.type, connection.dialect, values)
        for column, values in zip(columns, part.columns.values(), strict=True)
    ]
    copy_rows(connection, layout.table, [column.name for column in columns], zip(*sent_columns, strict=True))
    return Inserted(part.stop - part.start, ())


def _by_unnest(connection: Connection, layout: Layout, part: Part, wanted: Wanted) -> Inserted:
    cells = [*part.columns]
    columns = [FedColumn(cell.column.name, cell.column.type) for cell in cells]
    told = _told_by(layout, wanted)

    def say(source: Source) -> Any:
        names = [column.name for column in columns]
        # PostgreSQL numbers rows in the order in which they are inserted, and so in this one.
        given = select(*[source.columns[name] for name in names]).order_by(source.place)
        return _returning(insert(layout.table).from_select(names, given, include_defaults=False), told)

    answers = [*fed(connection, columns, zip(*part.columns.values(), strict=True), say)]
    return _in_order(layout, part, wanted, answers)


def _returning(statement: Any, told: Wanted) -> Any:
    return statement.returning(*told) if told else statement


def _told_by(layout: Layout, wanted: Wanted) -> Wanted:
    """What is returned: what is wanted, with the key, which tells whose row it is, at its beginning."""
    if not wanted or _begins_with_key(layout, wanted):
        return wanted
    return [*[cell.column for cell in layout.keys], *wanted]


def _begins_with_key(layout: Layout, wanted: Wanted) -> bool:
    return [*wanted[: len(layout.keys)]] == [cell.column for cell in layout.keys]


def _in_order(layout: Layout, part: Part, wanted: Wanted, answers: Iterable[Answer]) -> Inserted:
    """The rows that came back, in the order of those that went: RETURNING promises none.

    They are known by their keys; numbers were given in the order of the rows.
    """
    count, rows = 0, list[Any]()
    width = len(layout.keys)
    whole = _begins_with_key(layout, wanted)
    given = [part.columns.get(cell) for cell in layout.keys]
    for answer in answers:
        count += answer.rowcount
        if not wanted:
            continue
        if len(answer.rows) != answer.count:
            _refuse_lost(layout, answer.count, len(answer.rows))
        if None in given:
            ordered = sorted(answer.rows, key=_FIRST)
            rows += ordered if whole else [row[width:] for row in ordered]
            continue
        found = {tuple(row[:width]): row if whole else row[width:] for row in answer.rows}
        stop = answer.first + answer.count
        keys = zip(*[(values or ())[answer.first : stop] for values in given], strict=True)
        try:
            rows += [found[key] for key in keys]
        except KeyError:
            _refuse_lost(layout, answer.count, 0)
    return Inserted(count, rows)


def _refuse_lost(layout: Layout, given: int, found: int) -> None:
    """Raises as a flush does, which finds no row of an object."""
    raise FlushError(
        f"of {given} rows of {layout.mapper.class_.__name__} the database has written {found}, or all under "
        "other keys: a trigger, say, has kept or changed them; with returning(None) nobody looks for them"
    )


def _by_values(connection: Connection, layout: Layout, part: Part, wanted: Wanted) -> Inserted:
    number = layout.number
    numbered = bool(wanted) and number is not None and number not in part.columns
    last = last_number(connection, layout) if numbered else 0
    answers = _insert_values(connection, layout, part, () if numbered else _told_by(layout, wanted))
    if not numbered or number is None:
        return _in_order(layout, part, wanted, answers)
    count = sum(answer.rowcount for answer in answers)
    first, stop = last + 1, last + 1 + (part.stop - part.start)
    if connection.scalar(select(func.last_insert_rowid())) != stop - 1 or count != stop - first:
        _refuse_lost(layout, stop - first, count)
    if [*wanted] == [number.column]:
        return Inserted(count, [(each,) for each in range(first, stop)])
    asked = select(*wanted).where(number.column.between(first, stop - 1)).order_by(number.column)
    return Inserted(count, connection.execute(asked).all())


def _insert_values(connection: Connection, layout: Layout, part: Part, told: Wanted) -> list[Answer]:
    dialect: Any = connection.dialect
    cells = [*part.columns]
    given = {cell.column.key: bindparam(None, None, type_=cell.column.type) for cell in cells}
    statement = _returning(insert(layout.table).values(given), told)
    compiled: Any = statement.compile(dialect=dialect)
    said, mark, returned = compiled.string.rpartition(" RETURNING ") if told else (compiled.string, "", "")
    head, _, row = said.rpartition(" VALUES ")
    processes = [each.type._cached_result_processor(dialect, None) for each in compiled._result_columns]
    make = rows_by(processes, None, plain=True)
    columns = [sent(cell.column.type, dialect, values) for cell, values in part.columns.items()]
    rows, answers = [*zip(*columns, strict=True)], []
    size = max(1, CELLS_AT_MOST // len(cells))
    for first in range(0, len(rows), size):
        piece = rows[first : first + size]
        text = f"{head} VALUES {', '.join([row] * len(piece))}{mark}{returned}"
        result = connection.exec_driver_sql(text, tuple(chain.from_iterable(piece)))
        found = make(result.all()) if told else ()
        answers.append(Answer(first, len(piece), found, max(result.rowcount, len(found))))
    return answers


def _by_many(connection: Connection, layout: Layout, part: Part, wanted: Wanted) -> Inserted:
    names = [str(cell.column.key) for cell in part.columns]
    columns = [_in_values(cell.column.type, values) for cell, values in part.columns.items()]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    rows = rows or [{} for _ in range(part.start, part.stop)]
    statement = insert(layout.table)
    if wanted:
        result = connection.execute(statement.returning(*wanted, sort_by_parameter_order=True), rows)
        found = result.all()
        if len(found) != len(rows):
            _refuse_lost(layout, len(rows), len(found))
        return Inserted(len(found), found)
    result = connection.execute(statement, rows)
    return Inserted(result.rowcount if result.rowcount >= 0 else len(rows), ())


def _in_values(type_: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
    """Values for SQLAlchemy's VALUES: it casts some of them elsewhere, so that a driver wants texts there."""
    if not isinstance(type_, (postgresql.INET, postgresql.CIDR)):
        return values
    return [str(each) if isinstance(each, _ADDRESSES) else each for each in values]


_ADDRESSES: Final = (IPv4Interface, IPv6Interface, IPv4Address, IPv6Address, IPv4Network, IPv6Network)

_WAYS: Final[dict[str, Callable[[Connection, Layout, Part, Wanted], Inserted]]] = {
    "copy": _by_copy,
    "unnest": _by_unnest,
    "values": _by_values,
    "many": _by_many,
}


def cells_left(layout: Layout, part: Part) -> list[Cell]:
    """The attributes that the database gives the rows of a part."""
    return [cell for cell in layout.cells if cell.left and cell.key is not None and cell not in part.columns]
