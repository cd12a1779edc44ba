"""Dates, times, datetimes and spans beside those of another type: where they are compared, and are kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Date, DateTime, Interval, Time, cast
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import (
    DIFFERENCES,
    Difference,
    Differing,
    itself,
    text_literal,
)
from django_like_repos.constructs.dates import (
    date_of,
    in_zone,
    is_aware,
    is_span,
    local_time,
    native_span,
    time_of,
)
from django_like_repos.mapping.types import impl_of


def alike_moments(left: Any, right: Any) -> tuple[Any, Any]:
    """Two that are compared: beside a datetime a date is its midnight, beside an aware one naive is UTC.

    Pairs of one type, and of others, remain as they are.
    """
    types = left.type, right.type
    if types[0] is types[1]:
        return left, right
    if all(map(is_span, types)):
        alone = _is_native(types[0]) == _is_native(types[1])
        return (left, right) if alone else (_native(left), _native(right))
    if any(map(is_aware, types)) and all(map(_is_day, types)):
        return _aware(left), _aware(right)
    if all(map(_is_day, types)) and is_date(types[0]) != is_date(types[1]):
        return _midnight(left), _midnight(right)
    return left, right


def all_aware(values: Sequence[Any]) -> Sequence[Any]:
    """Dates and datetimes, as moments in time where some of them are: a naive one is of UTC."""
    if not any(is_aware(each.type) for each in values):
        return values
    return [_aware(each) if _is_day(each.type) else each for each in values]


def kept_as(value: Any, type_: TypeEngine[Any], zone: str) -> Any:
    """What a column of ``type_`` keeps of a date or datetime.

    The date of an aware one is that in a zone; a naive one in a column of aware ones is of UTC.
    """
    given = value.type
    if not (_is_day(given) and is_moment(type_)):
        return value
    kind, aware = impl_of(type_), zone if is_aware(given) else None
    if isinstance(kind, Date):
        return value if is_date(given) else date_of(value, aware)
    if isinstance(kind, Time):
        return value if is_date(given) else time_of(value, aware)
    if is_aware(type_):
        return _aware(value)
    return _midnight(value) if aware is None else local_time(value, aware)


def _midnight(value: Any) -> Any:
    return Differing("midnight", value) if is_date(value.type) else value


def _aware(value: Any) -> Any:
    return value if is_aware(value.type) else Differing("aware", _midnight(value))


def _native(span: Any) -> Any:
    return Differing("native_span", span)


def is_moment(type_: TypeEngine[Any]) -> bool:
    """Whether values of a type are dates, times or datetimes."""
    return not is_span(type_) and isinstance(impl_of(type_), (Date, DateTime, Time))


def _is_day(type_: TypeEngine[Any]) -> bool:
    return not is_span(type_) and isinstance(impl_of(type_), (Date, DateTime))


def is_date(type_: TypeEngine[Any]) -> bool:
    """Whether values of a type are dates, and no datetimes."""
    return isinstance(impl_of(type_), Date)


def _is_native(type_: TypeEngine[Any]) -> bool:
    kind = type_ if isinstance(type_, Interval) else impl_of(type_)
    return bool(getattr(kind, "native", True))


def _midnight_on_sqlite(day: Any) -> Any:
    return day.op("||")(text_literal(" 00:00:00.000000"))


DIFFERENCES.update(
    {
        # A date as a datetime.
        "midnight": Difference(DateTime(), _midnight_on_sqlite, lambda day: cast(day, DateTime)),
        # A naive datetime, taken for one of UTC.
        "aware": Difference(DateTime(timezone=True), itself, lambda value: in_zone(value, "UTC")),
        # A span as PostgreSQL has them.
        "native_span": Difference(Interval(), itself, native_span),
    }
)
