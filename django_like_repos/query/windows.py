"""Windows: functions of the rows around a row."""

from enum import Enum
from typing import Any

from django_like_repos.query.aggregates import Aggregate
from django_like_repos.query.expressions import Expression


class WindowFrameExclusion(Enum):
    """Which rows near the current one a frame leaves out."""

    CURRENT_ROW = "CURRENT ROW"
    GROUP = "GROUP"
    TIES = "TIES"
    NO_OTHERS = "NO OTHERS"


class WindowFrame:
    """Which rows of its partition a row's window has.

    ``start`` and ``end`` count from the current row, negative ones before it; None is the edge of the
    partition. Raises TypeError, ValueError.
    """

    unit: str

    def __init__(
        self, start: int | None = None, end: int | None = None, exclusion: WindowFrameExclusion | None = None
    ) -> None:
        for name, bound in (("start", start), ("end", end)):
            if bound is not None and type(bound) is not int:
                raise ValueError(f"{name} argument must be an integer, zero, or None, but got {bound!r}.")
        if exclusion is not None and not isinstance(exclusion, WindowFrameExclusion):
            raise TypeError(f"{type(self).__name__}.exclusion must be a WindowFrameExclusion instance.")
        if start is not None and end is not None and start > end:
            raise ValueError("start cannot be greater than end.")
        self.start = start
        self.end = end
        self.exclusion = exclusion

    def __repr__(self) -> str:
        exclusion = f", {self.exclusion}" if self.exclusion else ""
        return f"{type(self).__name__}({self.start!r}, {self.end!r}{exclusion})"


class RowRange(WindowFrame):
    """A frame counted in rows."""

    unit = "ROWS"


class ValueRange(WindowFrame):
    """A frame counted in what the rows are ordered by: 0 are those of equal order.

    Other bounds than 0 and None are for SQLite, and for one term of ordering, a number. ``start`` is never
    positive, ``end`` never negative.
    """

    unit = "RANGE"

    def __init__(
        self, start: int | None = None, end: int | None = None, exclusion: WindowFrameExclusion | None = None
    ) -> None:
        super().__init__(start, end, exclusion)
        if start is not None and start > 0:
            raise ValueError(f"start argument must be a negative integer, zero, or None, but got {start!r}.")
        if end is not None and end < 0:
            raise ValueError(f"end argument must be a positive integer, zero, or None, but got {end!r}.")


class Window(Expression):
    """A window function, or an aggregate, over the rows around each row (``django.db.models.Window``).

    ``partition_by`` is an expression or several, ``order_by`` as in ``order_by()``, one term or several;
    ``frame`` a ``RowRange`` or ``ValueRange``. A function of one's own says ``window_compatible = True``.
    Raises ValueError.
    """

    __slots__ = ("expression", "frame", "order_by", "output_field", "partition_by")

    def __init__(
        self,
        expression: Any,
        partition_by: Any = None,
        order_by: Any = None,
        frame: WindowFrame | None = None,
        output_field: Any = None,
    ) -> None:
        if not getattr(expression, "window_compatible", isinstance(expression, Aggregate)):
            name = type(expression).__name__
            raise ValueError(f"Expression {name!r} isn't compatible with OVER clauses.")
        if not all(isinstance(term, (str, Expression)) for term in _several(order_by)):
            raise ValueError(
                "Window.order_by must be either a string reference to a field, an expression, or a list or "
                "tuple of them."
            )
        if frame is not None and not isinstance(frame, WindowFrame):
            raise ValueError(f"frame must be a RowRange or a ValueRange, not {frame!r}")
        self.expression = expression
        self.partition_by = _several(partition_by)
        self.order_by = _several(order_by)
        self.frame = frame
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"Window({self.expression!r}, {self.partition_by!r}, {self.order_by!r}, {self.frame!r})"


def _several(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)
