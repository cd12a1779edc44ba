"""Datetimes with a time zone, for which SQLite has no type."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect


class Aware(DateTime):
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
