"""Functions of the rows around a row, for ``Window``."""

from typing import Any

from django_like_repos.query.expressions import Func


class WindowFunction(Func):
    """A function that only a ``Window`` can hold."""

    window_compatible = True


class RowNumber(WindowFunction):
    """The number of the row in its partition, from 1."""

    function = "ROW_NUMBER"
    arity = 0


class Rank(WindowFunction):
    """The same, alike for rows of equal order, with gaps after them."""

    function = "RANK"
    arity = 0


class DenseRank(WindowFunction):
    """The same without gaps."""

    function = "DENSE_RANK"
    arity = 0


class PercentRank(WindowFunction):
    """The rank as a part of the whole, from 0 to 1."""

    function = "PERCENT_RANK"
    arity = 0


class CumeDist(WindowFunction):
    """The part of the rows that are not behind this one."""

    function = "CUME_DIST"
    arity = 0


class Ntile(WindowFunction):
    """In which of so many buckets of equal size the row is, from 1. Raises ValueError."""

    function = "NTILE"

    def __init__(self, num_buckets: int = 1, **extra: Any) -> None:
        if num_buckets <= 0:
            raise ValueError("num_buckets must be greater than 0.")
        super().__init__(num_buckets, **extra)


class _Beside(WindowFunction):
    def __init__(self, expression: Any, offset: int = 1, default: Any = None, **extra: Any) -> None:
        if expression is None:
            raise ValueError(f"{type(self).__name__} requires a non-null source expression.")
        if offset is None or offset <= 0:
            raise ValueError(f"{type(self).__name__} requires a positive integer for the offset.")
        given = (expression, offset) if default is None else (expression, offset, default)
        super().__init__(*given, **extra)


class Lag(_Beside):
    """The value of the row so many before, or ``default``. Raises ValueError."""

    function = "LAG"


class Lead(_Beside):
    """The value of the row so many after, or ``default``. Raises ValueError."""

    function = "LEAD"


class FirstValue(WindowFunction):
    """The value of the first row of the window."""

    function = "FIRST_VALUE"
    arity = 1


class LastValue(WindowFunction):
    """The value of the last row of the window."""

    function = "LAST_VALUE"
    arity = 1


class NthValue(WindowFunction):
    """The value of the row of that number in the window, from 1. Raises ValueError."""

    function = "NTH_VALUE"

    def __init__(self, expression: Any, nth: int = 1, **extra: Any) -> None:
        if expression is None:
            raise ValueError("NthValue requires a non-null source expression.")
        if nth is None or nth <= 0:
            raise ValueError("NthValue requires a positive integer as for nth.")
        super().__init__(expression, nth, **extra)
