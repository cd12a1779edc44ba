"""Arithmetic with spans of time: between dates, times and datetimes, and of spans themselves.

SQLite has no spans; SQLAlchemy stores them as datetimes that are as far from the year 1970. Moments move by
so many seconds, whatever the zone of the session; a naive datetime that meets an aware one is one of UTC.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Date, DateTime, Dialect, Interval, Time, cast, func, literal_column
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.builder.constructs.base import Construct, text_literal
from django_like_repos.builder.constructs.dates import in_zone, is_aware, is_span, native_span


def is_temporal(operator: str, left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    """Whether an operator is one between dates, times, datetimes or spans."""
    if operator not in TEMPORAL:
        return False
    return is_span(left) or is_span(right) or (operator == "-" and _is_moment(left) and _is_moment(right))


def moved(value: Any, span: Any, operator: str) -> ColumnElement[Any]:
    """A date, time or datetime ``+`` or ``-`` a span: a date gives a naive datetime, a time goes round."""
    return _Moved(value, span, operator)


def between(left: Any, right: Any) -> ColumnElement[Any]:
    """The span from ``right`` to ``left``: of dates, times, datetimes."""
    return _Between(left, right)


def added(left: Any, right: Any) -> ColumnElement[Any]:
    """The sum, where one is a span at least."""
    if is_span(left.type):
        return moved(right, left, "+") if _is_moment(right.type) else _SpanSum(left, right, "+")
    return _sum(left, right, "+")


def subtracted(left: Any, right: Any) -> ColumnElement[Any]:
    """The difference of two of a kind, or what is so long before."""
    if _is_moment(left.type) and _is_moment(right.type):
        return between(left, right)
    return _sum(left, right, "-")


def multiplied(left: Any, right: Any) -> ColumnElement[Any]:
    """A span as often as a number says."""
    return _SpanTimes(left, right, "*") if is_span(left.type) else _SpanTimes(right, left, "*")


def divided(left: Any, right: Any) -> ColumnElement[Any]:
    """A part of a span."""
    return _SpanTimes(left, right, "/")


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two that are compared: beside a datetime a date is its midnight, beside an aware one naive is UTC.

    Pairs of one type, and of others, remain as they are.
    """
    types = left.type, right.type
    if all(map(is_span, types)):
        alone = _is_native(types[0]) == _is_native(types[1])
        return (left, right) if alone else (_NativeSpan(left), _NativeSpan(right))
    if any(map(is_aware, types)) and all(map(_is_day, types)):
        return _aware(left), _aware(right)
    if all(map(_is_day, types)) and _is_date(types[0]) != _is_date(types[1]):
        return _midnight(left), _midnight(right)
    return left, right


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
        self.type: TypeEngine[Any] = DateTime() if _is_date(value.type) else value.type

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
        if _is_date(left.type) and _is_date(right.type):  # PostgreSQL counts the days.
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


class _Midnight(Construct[Any]):
    """A date as a datetime."""

    inherit_cache = True
    name = "midnight"
    type = DateTime()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (day,) = self.operands
        return _said(day, "||", text_literal(" 00:00:00.000000"))

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (day,) = self.operands
        return cast(day, DateTime)


class _Aware(Construct[Any]):
    """A naive datetime, taken for one of UTC."""

    inherit_cache = True
    name = "aware"
    type = DateTime(timezone=True)

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        moment: ColumnElement[Any] = value
        return moment

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (value,) = self.operands
        return in_zone(value, "UTC")


class _NativeSpan(Construct[Any]):
    inherit_cache = True
    name = "native_span"
    type = Interval()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        (span,) = self.operands
        stored: ColumnElement[Any] = span
        return stored

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (span,) = self.operands
        native: ColumnElement[Any] = native_span(span)
        return native


def _sum(left: Any, right: Any, operator: str) -> ColumnElement[Any]:
    return moved(left, right, operator) if _is_moment(left.type) else _SpanSum(left, right, operator)


def _said(left: Any, operator: str, right: Any) -> ColumnElement[Any]:
    said: ColumnElement[Any] = left.op(operator)(right)
    return said


def _midnight(value: Any) -> Any:
    return _Midnight(value) if _is_date(value.type) else value


def _aware(value: Any) -> Any:
    return value if is_aware(value.type) else _Aware(_midnight(value))


def _kind(type_: Any) -> TypeEngine[Any]:
    kind: TypeEngine[Any] = getattr(type_, "impl_instance", type_)
    return kind


def _is_moment(type_: TypeEngine[Any]) -> bool:
    return not is_span(type_) and isinstance(_kind(type_), (Date, DateTime, Time))


def _is_day(type_: TypeEngine[Any]) -> bool:
    return not is_span(type_) and isinstance(_kind(type_), (Date, DateTime))


def _is_date(type_: TypeEngine[Any]) -> bool:
    return isinstance(_kind(type_), Date)


def _is_native(type_: TypeEngine[Any]) -> bool:
    kind: Any = type_ if isinstance(type_, Interval) else _kind(type_)
    return bool(getattr(kind, "native", True))
