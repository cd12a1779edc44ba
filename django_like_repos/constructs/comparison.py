"""The largest and the smallest of several values."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, func
from sqlalchemy.sql.visitors import InternalTraversal

from django_like_repos.constructs.base import Construct


def extreme(name: str, *values: Any) -> ColumnElement[Any]:
    """``greatest`` or ``least`` of values."""
    return _Extreme(name, *values)


class _Extreme(Construct[Any]):
    _traverse_internals = [*Construct._traverse_internals, ("which", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "extreme"

    def __init__(self, which: str, *values: Any) -> None:
        super().__init__(*values)
        self.which = which
        self.type = values[0].type

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = (func.max if self.which == "greatest" else func.min)(*self.operands)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.which)(*self.operands)
        return said
