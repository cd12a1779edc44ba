"""Datetimes with a time zone, for which SQLite has no type."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import DateTime, Dialect
from sqlalchemy.dialects.sqlite import DATETIME

_USUAL: Final = DATETIME._storage_format
_LENGTH: Final = len("2026-01-01 00:00:00.000000")
_ZONE: Final = attrgetter("tzinfo")

Process = Callable[[Any], Any]


def _quickly(store: Process) -> Process:
    """What stores datetimes as SQLAlchemy does by its usual format, in a third of the time."""

    def process(value: Any) -> Any:
        if value.__class__ is datetime:
            return value.isoformat(" ", "microseconds")[:_LENGTH]
        return store(value)

    return process


def _by_column(process: Process, zone: Any) -> Process:
    """The same with ``process.column``, of many values: most often all are as their column has them."""

    def column(values: Sequence[Any]) -> list[Any]:
        if {*map(type, values)} == {datetime} and {*map(_ZONE, values)} == {zone}:
            return [value.isoformat(" ", "microseconds")[:_LENGTH] for value in values]
        return [*map(process, values)]

    vars(process)["column"] = column
    return process


def _in_utc(store: Process | None) -> Process:
    def process(value: Any) -> Any:
        if value is not None:
            if not isinstance(value, datetime) or value.utcoffset() is None:
                raise ValueError(f"{value!r} has no time zone, and the column stores moments in time")
            if value.tzinfo is not UTC:
                value = value.astimezone(UTC)
            # SQLAlchemy stores what the clock says.
            value = value if value.__class__ is datetime else value.replace(tzinfo=None)
        return store(value) if store else value

    return process


class Aware(DateTime):
    """A datetime that, with ``timezone=True``, is stored as UTC and comes back aware, in UTC."""

    def bind_processor(self, dialect: Dialect) -> Any:
        store: Process | None = super().bind_processor(dialect)
        usual = store is not None and getattr(self, "_storage_format", None) == _USUAL
        store = _quickly(store) if usual and store is not None else store
        process = _in_utc(store) if self.timezone else store
        return _by_column(process, UTC if self.timezone else None) if usual and process else process

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
