"""Arithmetic with spans of time: between dates, times and datetimes, and of spans themselves.

SQLite has no spans; SQLAlchemy stores them as datetimes that are as far from the year 1970. Moments move by
so many seconds, whatever the zone of the session; a naive datetime that meets an aware one is one of UTC.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Dialect, Interval, func, literal_column
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct
from django_like_repos.constructs.dates import in_zone, is_aware, is_span, native_span
from django_like_repos.constructs.moments import alike, is_date, is_moment


def is_temporal(operator: str, left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    """Whether an operator is one between dates, times, datetimes or spans."""
    if operator not in TEMPORAL:
        return False
    return is_span(left) or is_span(right) or (operator == "-" and is_moment(left) and is_moment(right))


def moved(value: Any, span: Any, operator: str) -> ColumnElement[Any]:
    """A date, time or datetime ``+`` or ``-`` a span: a date gives a naive datetime, a time goes round."""
    return _Moved(value, span, operator)


def between(left: Any, right: Any) -> ColumnElement[Any]:
    """The span from ``right`` to ``left``: of dates, times, datetimes."""
    return _Between(left, right)


def added(left: Any, right: Any) -> ColumnElement[Any]:
    """The sum, where one is a span at least."""
    if is_span(left.type):
        return moved(right, left, "+") if is_moment(right.type) else _SpanSum(left, right, "+")
    return _sum(left, right, "+")


def subtracted(left: Any, right: Any) -> ColumnElement[Any]:
    """The difference of two of a kind, or what is so long before."""
    if is_moment(left.type) and is_moment(right.type):
        return between(left, right)
    return _sum(left, right, "-")


def multiplied(left: Any, right: Any) -> ColumnElement[Any]:
    """A span as often as a number says."""
    return _SpanTimes(left, right, "*") if is_span(left.type) else _SpanTimes(right, left, "*")


def divided(left: Any, right: Any) -> ColumnElement[Any]:
    """A part of a span."""
    return _SpanTimes(left, right, "/")


def total(spans: Any) -> ColumnElement[Any]:
    """The sum of the spans of a group."""
    return _OfGroup(spans, "sum")


def mean(spans: Any) -> ColumnElement[Any]:
    """The mean of the spans of a group."""
    return _OfGroup(spans, "avg")


TEMPORAL: Final = {"+": added, "-": subtracted, "*": multiplied, "/": divided}
"""The operators."""


class _Operation(Construct[Any]):
    """An operator between two operands."""

    _traverse_internals = [*Construct._traverse_internals, ("operator", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    type: TypeEngine[Any] = Interval()

    def __init__(self, left: Any, right: Any, operator: str) -> None:
        super().__init__(left, right)
        self.operator = operator

    @property
    def _sign(self) -> ColumnElement[Any]:
        return literal_column("1" if self.operator == "+" else "-1")


class _Moved(_Operation):
    inherit_cache = True
    name = "moved"

    def __init__(self, value: Any, span: Any, operator: str) -> None:
        super().__init__(value, span, operator)
        self.type: TypeEngine[Any] = DateTime() if is_date(value.type) else value.type

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_moved(*self.operands, self._sign)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        value, span = self.operands
        if not is_aware(value.type):
            return _said(value, self.operator, native_span(span))
        # A day of 24 hours: that of the session's zone may have another number of them.
        return in_zone(_said(in_zone(value, "UTC"), self.operator, native_span(span)), "UTC")


class _Between(Construct[Any]):
    inherit_cache = True
    name = "between"
    type = Interval()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_between(*self.operands)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        left, right = self.operands
        if is_date(left.type) and is_date(right.type):  # PostgreSQL counts the days.
            return _said(_said(left, "-", right).self_group(), "*", literal_column("INTERVAL '1 day'"))
        left, right = alike(left, right)
        return _said(left, "-", right)


class _SpanSum(_Operation):
    inherit_cache = True
    name = "span_sum"

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.dlr_span_sum(*self.operands, self._sign)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        left, right = self.operands
        return _said(native_span(left), self.operator, native_span(right))


class _SpanTimes(_Operation):
    inherit_cache = True
    name = "span_times"

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        function = func.dlr_span_times if self.operator == "*" else func.dlr_span_over
        return function(*self.operands)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        span, number = self.operands
        return _said(native_span(span), self.operator, number)


class _OfGroup(Construct[Any]):
    _traverse_internals = [*Construct._traverse_internals, ("function", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "spans"
    type = Interval()

    def __init__(self, spans: Any, function: str) -> None:
        super().__init__(spans)
        self.function = function

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        function: Any = getattr(func, f"dlr_{self.function}_spans")
        return function(*self.operands)  # type: ignore[no-any-return]

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (spans,) = self.operands
        function: Any = getattr(func, self.function)
        return function(native_span(spans))  # type: ignore[no-any-return]


def _sum(left: Any, right: Any, operator: str) -> ColumnElement[Any]:
    return moved(left, right, operator) if is_moment(left.type) else _SpanSum(left, right, operator)


def _said(left: Any, operator: str, right: Any) -> ColumnElement[Any]:
    said: ColumnElement[Any] = left.op(operator)(right)
    return said
