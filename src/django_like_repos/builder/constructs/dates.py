"""Parts of dates, times and datetimes, those that are aware read in a zone."""

from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Date, Dialect, Integer, Time, cast, extract, func, literal_column, null
from sqlalchemy.sql.visitors import InternalTraversal

from django_like_repos.builder.constructs.base import Construct, T, text_literal

_FIELDS: Final = {
    "year": "year",
    "iso_year": "isoyear",
    "quarter": "quarter",
    "month": "month",
    "week": "week",
    "day": "day",
    "week_day": "dow",
    "iso_week_day": "isodow",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
}
"""The parts, and what PostgreSQL calls them."""


def date_part(value: Any, part: str, zone: str | None = None) -> ColumnElement[int]:
    """A whole number: ``week`` is ISO's, ``week_day`` counts from Sunday as 1, ``iso_week_day`` from Monday.

    ``zone`` is an IANA name for an aware value, None for others. Raises ValueError for an unknown part.
    """
    if part not in _FIELDS:
        raise ValueError(f"{part!r} is no part of a date; the parts are {', '.join(_FIELDS)}")
    return _DatePart(value, zone, part)


def date_of(value: Any, zone: str | None = None) -> ColumnElement[Any]:
    """The date."""
    return _DateOf(value, zone)


def time_of(value: Any, zone: str | None = None) -> ColumnElement[Any]:
    """The time of the day."""
    return _TimeOf(value, zone)


def zone_name(zone: str | ZoneInfo) -> str:
    """The IANA name of a time zone. Raises ValueError for what is none."""
    name = zone.key if isinstance(zone, ZoneInfo) else zone
    if not isinstance(name, str):
        raise ValueError(f"{zone!r} is no time zone with a name, such as 'Europe/Berlin'")
    if name == "UTC":  # It is known without a time zone database, which not every machine has.
        return name
    if name.startswith(("posix", "right/", "localtime")):  # Files of the system, which databases do not know.
        raise ValueError(f"there is no time zone {name!r}; IANA's names are like 'Europe/Berlin'")
    try:
        return str(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; IANA's names are like 'Europe/Berlin'") from None


class _Moment(Construct[T]):
    """Something of one value, read in a zone."""

    _traverse_internals = [*Construct._traverse_internals, ("zone", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True

    def __init__(self, value: Any, zone: str | None) -> None:
        super().__init__(value)
        self.zone = zone

    def _on_sqlite(self, function: Any, *arguments: Any) -> ColumnElement[Any]:
        (value,) = self.operands
        zone = null() if self.zone is None else text_literal(self.zone)
        said: ColumnElement[Any] = function(*arguments, value, zone)
        return said

    def _local(self) -> ColumnElement[Any]:
        (value,) = self.operands
        return value if self.zone is None else func.timezone(text_literal(self.zone), value)


class _DatePart(_Moment[int]):
    _traverse_internals = [*_Moment._traverse_internals, ("part", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "date_part"
    type = Integer()

    def __init__(self, value: Any, zone: str | None, part: str) -> None:
        super().__init__(value, zone)
        self.part = part

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return self._on_sqlite(func.dlr_date_part, text_literal(self.part))

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        number: ColumnElement[Any] = extract(_FIELDS[self.part], self._local())
        if self.part == "second":  # It has a fraction, which a cast would round.
            number = func.floor(number)
        elif self.part in ("year", "iso_year"):  # Those of infinity are infinite.
            for infinite in ("Infinity", "-Infinity"):
                number = func.nullif(number, text_literal(infinite))
        elif self.part == "week_day":  # PostgreSQL's Sunday is 0.
            number = number + literal_column("1")
        return cast(number, Integer)


class _DateOf(_Moment[Any]):
    inherit_cache = True
    name = "date_of"
    type = Date()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return self._on_sqlite(func.dlr_date)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        return cast(self._local(), Date)


class _TimeOf(_Moment[Any]):
    inherit_cache = True
    name = "time_of"
    type = Time()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        return self._on_sqlite(func.dlr_time)

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        return cast(self._local(), Time)
