"""Parts of dates, times and datetimes, those that are aware read in a zone; what remains without parts; now.

A zone is the name of IANA's for it, or that of a fixed offset, such as ``UTC+05:30``.
"""

from datetime import timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Interval,
    Time,
    case,
    cast,
    extract,
    func,
    literal_column,
    null,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import (
    DIFFERENCES,
    Difference,
    Differing,
    text_literal,
    type_of,
)
from django_like_repos.errors import InvalidLookupValueError, shortened
from django_like_repos.mapping.types import impl_of

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

PARTS: Final = tuple(_FIELDS)
PARTS_OF_TIMES: Final = ("hour", "minute", "second")
PARTS_OF_SPANS: Final = ("day", *PARTS_OF_TIMES)
KINDS: Final = ("year", "quarter", "month", "week", "day", *PARTS_OF_TIMES)
"""To what dates and times are truncated."""


def date_part(value: Any, part: str, zone: str | None = None) -> ColumnElement[int]:
    """A whole number: ``week`` is ISO's, ``week_day`` counts from Sunday as 1, ``iso_week_day`` from Monday.

    ``zone`` is the name of one for an aware value, None for others. Of a span of time there are days and
    less. Raises ValueError for an unknown part.
    """
    if part not in _FIELDS:
        raise ValueError(f"{part!r} is no part of a date; the parts are {', '.join(_FIELDS)}")
    if is_span(value.type):
        return Differing("span_part", value, part=part)
    return Differing("date_part", value, part=part, zone=zone)


def date_of(value: Any, zone: str | None = None) -> ColumnElement[Any]:
    """The date."""
    return Differing("date_of", value, zone=zone)


def time_of(value: Any, zone: str | None = None) -> ColumnElement[Any]:
    """The time of the day."""
    return Differing("time_of", value, zone=zone)


def local_time(value: Any, zone: str) -> ColumnElement[Any]:
    """The naive datetime of an aware one."""
    return Differing("local_time", value, zone=zone)


def truncated(value: Any, kind: str, zone: str | None = None) -> ColumnElement[Any]:
    """A date, time or datetime, its parts that are less than ``kind`` as they begin.

    An aware one is truncated in a zone, and is aware then too: of two moments that the zone calls the same
    it is the first. Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is nothing to truncate to; there are {', '.join(KINDS)}")
    return Differing("truncated", value, kind=kind, zone=zone)


def now() -> ColumnElement[Any]:
    """The moment at which the statement began."""
    return Differing("now")


def is_aware(type_: TypeEngine[Any]) -> bool:
    """Whether values of a type are moments, which have another date and time in every zone."""
    kind = impl_of(type_)
    return isinstance(kind, DateTime) and bool(kind.timezone)


def is_span(type_: TypeEngine[Any]) -> bool:
    """Whether values of a type are spans of time."""
    if isinstance(type_, Interval):
        return True
    return isinstance(impl_of(type_), (Interval, postgresql.INTERVAL))


def native_span(value: Any) -> Any:
    """A span of time on PostgreSQL, where it may be stored as SQLAlchemy stores it on other databases."""
    kind = value.type if isinstance(value.type, Interval) else getattr(value.type, "impl_instance", None)
    if isinstance(kind, Interval) and not kind.native:
        return value.op("-")(literal_column("TIMESTAMP 'epoch'"))
    return value


def name_of_zone(zone: tzinfo | str) -> str:
    """The name of a zone, which may also be one of a fixed offset. Raises ValueError for what has none."""
    named: Any = zone
    if isinstance(zone, tzinfo) and not isinstance(zone, ZoneInfo):
        offset = zone.utcoffset(None)
        if offset is not None:
            return _name_of_offset(offset)
        named = getattr(zone, "zone", zone)  # Of pytz.
    return zone_name(named)


def _name_of_offset(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    if offset.microseconds:
        raise ValueError(f"no database has a zone that is {offset} away from UTC")
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    name = f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{name}:{seconds:02}" if seconds else name


def _no_zone(name: str) -> InvalidLookupValueError:
    return InvalidLookupValueError(
        f"there is no time zone {shortened(name)}; IANA's names are like 'Europe/Berlin'"
    )


def zone_name(zone: str | ZoneInfo) -> str:
    """The IANA name of a time zone. Raises InvalidLookupValueError, a ValueError, for what is none."""
    name = zone.key if isinstance(zone, ZoneInfo) else zone
    if not isinstance(name, str):
        raise InvalidLookupValueError(f"{zone!r} is no time zone with a name, such as 'Europe/Berlin'")
    if name == "UTC":  # It is known without a time zone database, which not every machine has.
        return name
    if name.startswith(("posix", "right/", "localtime")):  # Files of the system, which databases do not know.
        raise InvalidLookupValueError(
            f"there is no time zone {name!r}; IANA's names are like 'Europe/Berlin'"
        )
    try:
        return str(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidLookupValueError(
            f"there is no time zone {name!r}; IANA's names are like 'Europe/Berlin'"
        ) from None


def in_zone(value: Any, zone: str) -> ColumnElement[Any]:
    """On PostgreSQL the naive datetime that an aware one has in a zone; of a naive one the aware one."""
    if zone[:4] in ("UTC+", "UTC-"):  # As POSIX has it, west of Greenwich is positive.
        zone = zone.translate(_OTHER_SIGN)
    return func.timezone(text_literal(zone), value)


def _first_moment(local: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    """The first moment that a zone calls so; PostgreSQL takes the second, where clocks are put back."""
    moment = in_zone(local, zone)
    if zone.startswith("UTC"):
        return moment
    by_offset_before = in_zone(local.op("-")(_DAY), zone).op("+")(_HOURS)
    return case((in_zone(by_offset_before, zone) == local, by_offset_before), else_=moment)


_DAY: Final[Any] = literal_column("INTERVAL '1 day'")
_HOURS: Final[Any] = literal_column("INTERVAL '24 hours'")
_OTHER_SIGN: Final = str.maketrans("+-", "-+")


def _zone(zone: str | None) -> Any:
    return null() if zone is None else text_literal(zone)


def _local(value: Any, zone: str | None) -> Any:
    return value if zone is None else in_zone(value, zone)


def _part_on_postgresql(value: Any, part: str, zone: str | None) -> Any:
    number: ColumnElement[Any] = extract(_FIELDS[part], _local(value, zone))
    if part == "second":  # It has a fraction, which a cast would round.
        number = func.floor(number)
    elif part in ("year", "iso_year"):  # Those of infinity are infinite.
        for infinite in ("Infinity", "-Infinity"):
            number = func.nullif(number, text_literal(infinite))
    elif part == "week_day":  # PostgreSQL's Sunday is 0.
        number = number + literal_column("1")
    return cast(number, Integer)


def _span_part_on_postgresql(span: Any, part: str) -> Any:
    number: ColumnElement[Any] = extract(part, native_span(span))
    return cast(func.trunc(number) if part == "second" else number, Integer)


def _truncated_on_sqlite(value: Any, kind: str, zone: str | None) -> Any:
    if zone is None:
        return func.dlr_trunc(text_literal(kind), value)
    return func.dlr_trunc_in(text_literal(kind), value, text_literal(zone))


def _truncated_on_postgresql(value: Any, kind: str, zone: str | None) -> Any:
    local, stored = _local(value, zone), impl_of(value.type)
    if isinstance(stored, Date):  # PostgreSQL would take its midnight in the session's zone.
        local = cast(local, DateTime)
    said: ColumnElement[Any] = func.date_trunc(text_literal(kind), local)
    if isinstance(stored, (Date, Time)):
        return cast(said, stored)
    return said if zone is None else _first_moment(said, zone)


def _now_on_sqlite() -> Any:
    written = func.strftime(text_literal("%Y-%m-%d %H:%M:%f"), text_literal("now"))
    return func.printf(text_literal("%s000"), written)


DIFFERENCES.update(
    {
        "date_part": Difference(
            Integer(),
            lambda value, part, zone: func.dlr_date_part(text_literal(part), value, _zone(zone)),
            _part_on_postgresql,
        ),
        "span_part": Difference(
            Integer(),
            lambda span, part: func.dlr_span_part(text_literal(part), span),
            _span_part_on_postgresql,
        ),
        "date_of": Difference(
            Date(),
            lambda value, zone: func.dlr_date(value, _zone(zone)),
            lambda value, zone: cast(_local(value, zone), Date),
        ),
        "time_of": Difference(
            Time(),
            lambda value, zone: func.dlr_time(value, _zone(zone)),
            lambda value, zone: cast(_local(value, zone), Time),
        ),
        "local_time": Difference(
            DateTime(), lambda value, zone: func.dlr_local(value, text_literal(zone)), in_zone
        ),
        "truncated": Difference(type_of, _truncated_on_sqlite, _truncated_on_postgresql),
        "now": Difference(DateTime(timezone=True), _now_on_sqlite, func.statement_timestamp),
    }
)
