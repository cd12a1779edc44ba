"""Two values compared, the largest and the smallest of several."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, type_of
from django_like_repos.constructs.enums import alike_texts
from django_like_repos.constructs.moments import alike_moments, all_aware


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two that are compared, made to be of one type.

    Pairs of one type, and of others, remain as they are, and so does what is no SQL.
    """
    if not (hasattr(left, "type") and hasattr(right, "type")):
        return left, right
    if left.type is right.type:
        return left, right
    left, right = alike_texts(alike_moments(left, right))
    return left, right


def extreme(name: str, *values: Any) -> ColumnElement[Any]:
    """``greatest`` or ``least`` of values."""
    return Differing(name, *values)


def alike_values(values: Sequence[Any], wanted: TypeEngine[Any] | None = None) -> list[Any]:
    """Values of which one is chosen, made to be of one type: in enums that of ``wanted``, or of the first."""
    return alike_texts(all_aware(values), wanted)


DIFFERENCES.update(
    {
        "greatest": Difference(type_of, func.max, func.greatest, "extreme"),
        "least": Difference(type_of, func.min, func.least, "extreme"),
    }
)
