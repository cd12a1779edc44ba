"""SQLite made to answer as PostgreSQL does: what ``Database`` sets up on an engine and its connections.

Settings, transactions that hold savepoints, aware datetimes, and the functions that the constructs of the
builder call. The functions take what SQLAlchemy stores and give NULL for NULL.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache, wraps
from inspect import signature
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import TIMESTAMP, DateTime, Dialect, Engine, event

from django_like_repos.builder.constructs import jsonb

T = TypeVar("T")

_SET_UP: Final = "django_like_repos.set_up"


def set_up(engine: Engine) -> None:
    """Sets up an engine, and each of its connections when it is used next. Twice does no harm."""
    if event.contains(engine, "checkout", _set_up_connection):
        return
    event.listen(engine, "checkout", _set_up_connection)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _end)
    dialect = engine.dialect
    types = dict(dialect.colspecs)
    for generic in (DateTime, TIMESTAMP):
        stored = types.get(generic, types[DateTime])
        types[generic] = type(stored.__name__, (_Aware, stored), {})
    # The dialect's own: that of its class is everybody's.
    dialect.colspecs = types
    # A user's engine may have worked with the types that it had.
    dialect._type_memos.clear()
    engine.clear_compiled_cache()


def _set_up_connection(connection: Any, record: Any, _proxy: object) -> None:
    # At the first checkout, and not when it is made: an engine of the user's may have connections already.
    if _SET_UP in record.info:
        return
    record.info[_SET_UP] = True
    # The driver's own transactions begin late and let savepoints escape a rollback; see _begin.
    connection.isolation_level = None
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, len(signature(function).parameters), function, deterministic=True)
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _end(connection: Any, _record: object) -> None:
    # A COMMIT that fails, for a deferred foreign key say, leaves SQLite in the transaction.
    if connection is not None and connection.driver_connection.in_transaction:
        connection.rollback()


class _Aware(DateTime):
    """A datetime that, with ``timezone=True``, is stored as UTC and comes back aware, in UTC."""

    def bind_processor(self, dialect: Dialect) -> Any:
        store = super().bind_processor(dialect)
        if not self.timezone:
            return store

        def process(value: Any) -> Any:
            if value is not None:
                if not isinstance(value, datetime) or value.utcoffset() is None:
                    raise ValueError(f"{value!r} has no time zone, and the column stores moments in time")
                value = value.astimezone(UTC).replace(tzinfo=None)
            return store(value) if store else value

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        load = super().result_processor(dialect, coltype)
        if not self.timezone:
            return load

        def process(value: Any) -> Any:
            value = load(value) if load else value
            if isinstance(value, datetime):
                return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return value

        return process


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _regexp(pattern: str | None, value: Any) -> bool | None:
    if pattern is None or value is None:
        return None
    return _pattern(pattern).search(_text(value)) is not None


def _iregexp(pattern: str | None, value: Any) -> bool | None:
    if pattern is None or value is None:
        return None
    return _pattern(pattern, re.IGNORECASE).search(_text(value)) is not None


@lru_cache(maxsize=256)
def _pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _date_part(part: str, value: str | None, zone: str | None) -> int | None:
    if value is None:
        return None
    if value[2] == ":":
        return int(getattr(time.fromisoformat(value), part))
    moment = datetime.fromisoformat(value)
    if zone is None:
        return _PARTS[part](moment)
    local, years = _local(moment, zone)
    number = _PARTS[part](local)
    if not years or part not in ("year", "iso_year"):
        return number
    # The year before 1 is -1.
    return number + years if number + years > 0 else number + years - 1


def _date(value: str | None, zone: str | None) -> str | None:
    if value is None:
        return None
    if zone is None:
        return value[:10]
    local, years = _local(datetime.fromisoformat(value), zone)
    if years:  # The day is beyond the calendar; the calendar's last, or first, sorts like it.
        return str(date.max if years > 0 else date.min)
    return str(local.date())


def _time(value: str | None, zone: str | None) -> str | None:
    if value is None:
        return None
    if value[2] == ":":
        moment = time.fromisoformat(value)
    else:
        whole = datetime.fromisoformat(value)
        moment = whole.time() if zone is None else _local(whole, zone)[0].time()
    return moment.replace(tzinfo=None).isoformat("microseconds")


def _local(moment: datetime, zone: str) -> tuple[datetime, int]:
    """A stored moment in a zone, and how many years to add to it.

    In the first hours of the calendar, and in its last, which stand for "always" and "never" in many a
    table, other zones are beyond it. Every 400 years its days are the same.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(_zone(zone)), 0
    except OverflowError:
        years = 400 if moment.year > 1 else -400
        return moment.replace(year=moment.year - years).astimezone(_zone(zone)), years


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "year": lambda moment: moment.year,
    "iso_year": lambda moment: moment.isocalendar().year,
    "quarter": lambda moment: (moment.month + 2) // 3,
    "month": lambda moment: moment.month,
    "week": lambda moment: moment.isocalendar().week,
    "day": lambda moment: moment.day,
    "week_day": lambda moment: moment.isoweekday() % 7 + 1,
    "iso_week_day": lambda moment: moment.isoweekday(),
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
}


def _of_document(function: Callable[..., T]) -> Callable[..., T | None]:
    """NULL for NULL; and for a text that is no document, so that one such row spoils no query."""

    @wraps(function)
    def read(*arguments: Any) -> T | None:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (ValueError, ArithmeticError, RecursionError):
            return None

    return read


@_of_document
def _json_path(document: Any, path: str) -> str | None:
    found = jsonb.at(jsonb.parsed(document), _keys(path))
    return None if found is jsonb.MISSING else jsonb.canonical(found)


@_of_document
def _json_text(document: Any, path: str) -> str | None:
    found = jsonb.at(jsonb.parsed(document), _keys(path))
    return None if found is jsonb.MISSING else jsonb.text_of(found)


@_of_document
def _json_shown(document: Any) -> str:
    return jsonb.shown(jsonb.parsed(document))


@_of_document
def _json_contains(document: Any, part: Any) -> bool:
    return jsonb.contains(jsonb.parsed(document), jsonb.parsed(part))


@_of_document
def _json_has_key(document: Any, key: str) -> bool:
    return jsonb.has_key(jsonb.parsed(document), key)


@_of_document
def _json_has_keys(document: Any, keys: str) -> bool:
    whole = jsonb.parsed(document)
    return all(jsonb.has_key(whole, key) for key in _keys(keys))


@_of_document
def _json_has_any_keys(document: Any, keys: str) -> bool:
    whole = jsonb.parsed(document)
    return any(jsonb.has_key(whole, key) for key in _keys(keys))


@_of_document
def _json_order(document: Any) -> bytes:
    return jsonb.order(jsonb.parsed(document))


@lru_cache(maxsize=512)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(json.loads(path))


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "lower": _lower,
    "upper": _upper,
    "regexp": _regexp,
    "dlr_iregexp": _iregexp,
    "dlr_date_part": _date_part,
    "dlr_date": _date,
    "dlr_time": _time,
    "dlr_json_path": _json_path,
    "dlr_json_text": _json_text,
    "dlr_json_shown": _json_shown,
    "dlr_json_contains": _json_contains,
    "dlr_json_has_key": _json_has_key,
    "dlr_json_has_keys": _json_has_keys,
    "dlr_json_has_any_keys": _json_has_any_keys,
    "dlr_json_order": _json_order,
}
