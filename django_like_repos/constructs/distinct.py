"""DISTINCT ON, which SQLAlchemy says as a method before 2.1, and as an extension since."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select
from sqlalchemy.dialects import postgresql

_EXTENSION: Final[Any] = getattr(postgresql, "distinct_on", None)


def first_of_each(statement: Select[Any], columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Of rows that are alike in some columns, only that which the order puts first."""
    if _EXTENSION is None:
        return statement.distinct(*columns)
    extended: Select[Any] = statement.ext(_EXTENSION(*columns))
    return extended
