"""Functions of dates, times and datetimes.

Those of aware datetimes are read in the zone of the query, or in that of ``tzinfo``.
"""

from datetime import tzinfo as TzInfo  # noqa: N812
from typing import Any, ClassVar

from django_like_repos.query.expressions import Func, Transform


class Extract(Transform):
    """A part of a date, time, datetime or span of time, a whole number: ``year``, ``week_day``, ``hour``, …

    Raises ValueError where nothing says which part.
    """

    def __init__(
        self,
        expression: Any,
        lookup_name: str | None = None,
        tzinfo: TzInfo | None = None,
        **extra: Any,
    ) -> None:
        part = self.lookup_name or lookup_name
        if part is None:
            raise ValueError("lookup_name must be provided")
        self.part: str = part
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def __repr__(self) -> str:
        return _shown(self, *([] if self.lookup_name else [self.part]))


class ExtractYear(Extract):
    """The year."""

    lookup_name = "year"


class ExtractIsoYear(Extract):
    """The year that the ISO week belongs to."""

    lookup_name = "iso_year"


class ExtractMonth(Extract):
    """The month, 1 to 12."""

    lookup_name = "month"


class ExtractDay(Extract):
    """The day of the month; of a span of time the number of whole days."""

    lookup_name = "day"


class ExtractWeek(Extract):
    """The ISO week, 1 to 53."""

    lookup_name = "week"


class ExtractWeekDay(Extract):
    """The day of the week, 1 for Sunday to 7 for Saturday."""

    lookup_name = "week_day"


class ExtractIsoWeekDay(Extract):
    """The day of the week, 1 for Monday to 7 for Sunday."""

    lookup_name = "iso_week_day"


class ExtractQuarter(Extract):
    """The quarter of the year, 1 to 4."""

    lookup_name = "quarter"


class ExtractHour(Extract):
    """The hour, 0 to 23."""

    lookup_name = "hour"


class ExtractMinute(Extract):
    """The minute, 0 to 59."""

    lookup_name = "minute"


class ExtractSecond(Extract):
    """The whole second, 0 to 59."""

    lookup_name = "second"


class Now(Func):
    """The moment at which the statement began: an aware datetime, or of ``output_field``'s type."""

    arity = 0


class TruncBase(Transform):
    """A date, time or datetime, its parts below ``kind`` as they begin; a subclass says ``kind``.

    It has the type of the expression, or ``output_field``: a date or time of a datetime, a naive datetime of
    an aware one.
    """

    kind: str = ""

    def __init__(
        self,
        expression: Any,
        output_field: Any = None,
        tzinfo: TzInfo | None = None,
        **extra: Any,
    ) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, output_field=output_field, **extra)

    def __repr__(self) -> str:
        return _shown(self)


class Trunc(TruncBase):
    """The same to a ``kind`` that is given: ``year``, ``quarter``, ``month``, ``week``, ``day``, ``hour``…"""

    def __init__(
        self,
        expression: Any,
        kind: str,
        output_field: Any = None,
        tzinfo: TzInfo | None = None,
        **extra: Any,
    ) -> None:
        self.kind = kind
        super().__init__(expression, output_field=output_field, tzinfo=tzinfo, **extra)

    def __repr__(self) -> str:
        return _shown(self, self.kind)


class TruncYear(TruncBase):
    """The first moment of the year."""

    kind = "year"


class TruncQuarter(TruncBase):
    """The first moment of the quarter."""

    kind = "quarter"


class TruncMonth(TruncBase):
    """The first moment of the month."""

    kind = "month"


class TruncWeek(TruncBase):
    """The first moment of the Monday of the week."""

    kind = "week"


class TruncDay(TruncBase):
    """The first moment of the day."""

    kind = "day"


class TruncDate(TruncBase):
    """The date."""

    kind = "date"
    lookup_name: ClassVar[str | None] = "date"


class TruncTime(TruncBase):
    """The time of the day."""

    kind = "time"
    lookup_name: ClassVar[str | None] = "time"


class TruncHour(TruncBase):
    """The whole hour."""

    kind = "hour"


class TruncMinute(TruncBase):
    """The whole minute."""

    kind = "minute"


class TruncSecond(TruncBase):
    """The whole second."""

    kind = "second"


def _shown(function: Extract | TruncBase, *more: str) -> str:
    zone = [] if function.tzinfo is None else [f"tzinfo={function.tzinfo!r}"]
    given = [*map(repr, function.expressions), *map(repr, more), *zone]
    return f"{type(function).__name__}({', '.join(given)})"
