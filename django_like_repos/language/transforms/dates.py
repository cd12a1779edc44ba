"""Parts of dates and times: ``created__year``, ``created__date``, ``opens__hour``.

Those of a column with time zones are read in the query's zone.
"""

from typing import Any

from sqlalchemy import ColumnElement, types

from django_like_repos.constructs.dates import date_of, date_part, is_aware, time_of
from django_like_repos.mapping.transform import Transform, register_transform


class InZone(Transform):
    """A transform of what may be an instant, which has another date and time in every zone."""

    lacks = False

    @property
    def zone_to_read(self) -> str | None:
        """The zone, or None for values that are dates and times of their own."""
        return self.zone if is_aware(self.of) else None


class Part(InZone):
    """A part that is a whole number (``django.db.models.functions.Extract``)."""

    result = types.Integer()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return date_part(value, self.name, self.zone_to_read)


def _of_days(part: type[Part]) -> type[Part]:
    return register_transform(register_transform(part, of=types.Date), of=types.DateTime)


def _of_times(part: type[Part]) -> type[Part]:
    return register_transform(register_transform(part, of=types.Time), of=types.DateTime)


@_of_days
class Year(Part):
    name = "year"


@_of_days
class IsoYear(Part):
    """The year that the ISO week belongs to, which differs from the date's around New Year."""

    name = "iso_year"


@_of_days
class Quarter(Part):
    name = "quarter"


@_of_days
class Month(Part):
    name = "month"


@_of_days
class Week(Part):
    """The ISO week, 1 to 53."""

    name = "week"


@_of_days
class Day(Part):
    """Of the month."""

    name = "day"


@_of_days
class WeekDay(Part):
    """1 is Sunday, 7 Saturday."""

    name = "week_day"


@_of_days
class IsoWeekDay(Part):
    """1 is Monday, 7 Sunday."""

    name = "iso_week_day"


@_of_times
class Hour(Part):
    name = "hour"


@_of_times
class Minute(Part):
    name = "minute"


@_of_times
class Second(Part):
    """Whole seconds."""

    name = "second"


@register_transform(of=types.DateTime)
class DateOf(InZone):
    name = "date"
    result = types.Date()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return date_of(value, self.zone_to_read)


@register_transform(of=types.DateTime)
class TimeOf(InZone):
    name = "time"
    result = types.Time()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return time_of(value, self.zone_to_read)
