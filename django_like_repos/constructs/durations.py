"""Arithmetic with spans of time: between dates, times and datetimes, and of spans themselves.

SQLite has no spans; SQLAlchemy stores them as datetimes that are as far from the year 1970. Moments move by
so many seconds, whatever the zone of the session; a naive datetime that meets an aware one is one of UTC.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Interval, func, literal_column
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, type_of
from django_like_repos.constructs.dates import in_zone, is_aware, is_span, native_span
from django_like_repos.constructs.moments import alike_moments, is_date, is_moment


def is_temporal(operator: str, left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    """Whether an operator is one between dates, times, datetimes or spans."""
    if operator not in TEMPORAL:
        return False
    return is_span(left) or is_span(right) or (operator == "-" and is_moment(left) and is_moment(right))


def moved(value: Any, span: Any, operator: str) -> ColumnElement[Any]:
    """A date, time or datetime ``+`` or ``-`` a span: a date gives a naive datetime, a time goes round."""
    return Differing("moved", value, span, operator=operator)


def between(left: Any, right: Any) -> ColumnElement[Any]:
    """The span from ``right`` to ``left``: of dates, times, datetimes."""
    return Differing("between", left, right)


def added(left: Any, right: Any) -> ColumnElement[Any]:
    """The sum, where one is a span at least."""
    if is_span(left.type):
        return moved(right, left, "+") if is_moment(right.type) else _span_sum(left, right, "+")
    return _sum(left, right, "+")


def subtracted(left: Any, right: Any) -> ColumnElement[Any]:
    """The difference of two of a kind, or what is so long before."""
    if is_moment(left.type) and is_moment(right.type):
        return between(left, right)
    return _sum(left, right, "-")


def multiplied(left: Any, right: Any) -> ColumnElement[Any]:
    """A span as often as a number says."""
    return Differing("span_times", *((left, right) if is_span(left.type) else (right, left)))


def divided(left: Any, right: Any) -> ColumnElement[Any]:
    """A part of a span."""
    return Differing("span_over", left, right)


def total(spans: Any) -> ColumnElement[Any]:
    """The sum of the spans of a group."""
    return Differing("total", spans)


def mean(spans: Any) -> ColumnElement[Any]:
    """The mean of the spans of a group."""
    return Differing("mean", spans)


TEMPORAL: Final = {"+": added, "-": subtracted, "*": multiplied, "/": divided}
"""The operators."""


def _sum(left: Any, right: Any, operator: str) -> ColumnElement[Any]:
    return moved(left, right, operator) if is_moment(left.type) else _span_sum(left, right, operator)


def _span_sum(left: Any, right: Any, operator: str) -> ColumnElement[Any]:
    return Differing("span_sum", left, right, operator=operator)


def _sign(operator: str) -> ColumnElement[Any]:
    return literal_column("1" if operator == "+" else "-1")


def _type_of_moved(value: Any) -> TypeEngine[Any]:
    return DateTime() if is_date(value.type) else type_of(value)


def _moved_on_postgresql(value: Any, span: Any, operator: str) -> Any:
    if not is_aware(value.type):
        return value.op(operator)(native_span(span))
    # A day of 24 hours: that of the session's zone may have another number of them.
    return in_zone(in_zone(value, "UTC").op(operator)(native_span(span)), "UTC")


def _between_on_postgresql(left: Any, right: Any) -> Any:
    if is_date(left.type) and is_date(right.type):  # PostgreSQL counts the days.
        return left.op("-")(right).self_group().op("*")(literal_column("INTERVAL '1 day'"))
    left, right = alike_moments(left, right)
    return left.op("-")(right)


_SPAN: Final = Interval()

DIFFERENCES.update(
    {
        "moved": Difference(
            _type_of_moved,
            lambda value, span, operator: func.dlr_moved(value, span, _sign(operator)),
            _moved_on_postgresql,
        ),
        "between": Difference(_SPAN, func.dlr_between, _between_on_postgresql),
        "span_sum": Difference(
            _SPAN,
            lambda left, right, operator: func.dlr_span_sum(left, right, _sign(operator)),
            lambda left, right, operator: native_span(left).op(operator)(native_span(right)),
        ),
        "span_times": Difference(
            _SPAN, func.dlr_span_times, lambda span, number: native_span(span).op("*")(number)
        ),
        "span_over": Difference(
            _SPAN, func.dlr_span_over, lambda span, number: native_span(span).op("/")(number), "span_times"
        ),
        "total": Difference(_SPAN, func.dlr_sum_spans, lambda spans: func.sum(native_span(spans)), "spans"),
        "mean": Difference(_SPAN, func.dlr_avg_spans, lambda spans: func.avg(native_span(spans)), "spans"),
    }
)
