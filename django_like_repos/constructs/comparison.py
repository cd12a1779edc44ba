"""The largest and the smallest of several values."""

from typing import Any

from sqlalchemy import ColumnElement, func

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, type_of


def extreme(name: str, *values: Any) -> ColumnElement[Any]:
    """``greatest`` or ``least`` of values."""
    return Differing(name, *values)


DIFFERENCES.update(
    {
        "greatest": Difference(type_of, func.max, func.greatest, "extreme"),
        "least": Difference(type_of, func.min, func.least, "extreme"),
    }
)
