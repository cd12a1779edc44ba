"""Windows with any frame that SQL has: SQLAlchemy before 2.1 knows no exclusions, and binds the bounds."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Over
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from django_like_repos.errors import UnsupportedOperationError

_DISTANT: Final = re.compile(r"RANGE .*\d")


def window(
    function: Any, partition: Sequence[Any], order: Sequence[Any], frame: str | None = None
) -> ColumnElement[Any]:
    """A function over the rows around each row; ``frame`` is SQL as ``frame_sql()`` says it."""
    return _Window(function, partition, order, frame)


def frame_sql(unit: str, start: int | None, end: int | None, exclusion: str | None = None) -> str:
    """``ROWS`` or ``RANGE`` between bounds that count from the current row; None is the partition's edge."""
    low = "UNBOUNDED PRECEDING" if start is None else _bound(start)
    high = "UNBOUNDED FOLLOWING" if end is None else _bound(end)
    return f"{unit} BETWEEN {low} AND {high}{f' EXCLUDE {exclusion}' if exclusion else ''}"


def _bound(rows: int) -> str:
    if not rows:
        return "CURRENT ROW"
    return f"{abs(rows)} {'PRECEDING' if rows < 0 else 'FOLLOWING'}"


class _Window(Over[Any]):
    _traverse_internals = [*Over._traverse_internals, ("frame", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True

    def __init__(
        self, function: Any, partition: Sequence[Any], order: Sequence[Any], frame: str | None
    ) -> None:
        super().__init__(function, partition_by=partition or None, order_by=order or None)
        self.frame = frame


@compiles(_Window)
def _say(window: _Window, compiler: SQLCompiler, **options: Any) -> str:
    said: str = compiler.visit_over(window, **options)  # type: ignore[no-untyped-call]
    if window.frame is None:
        return said
    if _DISTANT.match(window.frame) and compiler.dialect.name == "postgresql":
        raise UnsupportedOperationError(
            "on PostgreSQL the bounds of a ValueRange are 0 or None, as in Django"
        )
    said = said.removesuffix(")")
    return f"{said}{'' if said.endswith('(') else ' '}{window.frame})"
