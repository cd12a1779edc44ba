"""Long conditions and lists, said so that no parser of a database has to go deeper than it can.

SQLite reads ``a OR b OR c`` as a tree that is as deep as there are parts, and PostgreSQL makes one of the
rows in a list of tuples.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Boolean, ColumnElement, and_, or_, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.visitors import InternalTraversal

_LEVEL: Final = 200
"""Parts of one level: far fewer than the 1,000 that SQLite takes."""


def all_of(parts: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """AND."""
    return parts[0] if len(parts) == 1 else and_(*_levelled(and_, parts))


def any_of(parts: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """OR."""
    return parts[0] if len(parts) == 1 else or_(*_levelled(or_, parts))


def sum_of(parts: Sequence[ColumnElement[int]]) -> ColumnElement[int]:
    """The sum."""

    def add(*some: Any) -> Any:
        total = some[0]
        for each in some[1:]:
            total = total + each
        return total

    summed: ColumnElement[int] = add(*_levelled(add, parts))
    return summed


def _levelled(join: Callable[..., Any], parts: Sequence[Any]) -> list[Any]:
    while len(parts) > _LEVEL:
        some = [join(*parts[start : start + _LEVEL]) for start in range(0, len(parts), _LEVEL)]
        # A type_coerce keeps SQLAlchemy from taking them in flat again.
        parts = [type_coerce(Grouping(each), each.type) for each in some]
    return [*parts]


class AmongRows(ColumnElement[bool]):
    """Whether several columns are one of many rows, which are written into the SQL."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's own declaration
        ("left", InternalTraversal.dp_clauseelement),
        ("rows", InternalTraversal.dp_clauseelement),
        ("negated", InternalTraversal.dp_boolean),
    ]

    def __init__(self, left: Any, rows: BindParameter[Any], *, negated: bool) -> None:
        self.left = left
        self.rows = rows
        self.negated = negated


@compiles(AmongRows)
def _among_rows(element: AmongRows, compiler: Any, **options: Any) -> str:
    found = element.left.not_in(element.rows) if element.negated else element.left.in_(element.rows)
    said: str = compiler.process(found, **options)
    return said


@compiles(AmongRows, "postgresql")
def _among_rows_on_postgresql(element: AmongRows, compiler: Any, **options: Any) -> str:
    left, rows = compiler.process(element.left, **options), compiler.process(element.rows, **options)
    types: Any = element.rows.type
    name = compiler.dialect.type_compiler_instance.process
    columns = [f"CAST(column{number} AS {name(each)})" for number, each in enumerate(types.types, 1)]
    # Of a parameter that expands SQLAlchemy gives the parentheses too.
    return (
        f"{left} {'NOT IN' if element.negated else 'IN'} "
        f"(SELECT {', '.join(columns)} FROM (VALUES {rows[1:-1]}) AS dlr_rows)"
    )
