"""Which constraint was violated, as the driver says it: its kind never by the text of an error.

What it is about, SQLite says in its text alone.
"""

import re
import sqlite3
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy.exc import IntegrityError

from django_like_repos.execution.states import state_of

Kind = Literal["unique", "exclusion", "foreign_key", "not_null", "check"]

_SQLSTATES: Final[dict[str, Kind]] = {
    "23505": "unique",
    "23P01": "exclusion",
    "23503": "foreign_key",
    "23001": "foreign_key",
    "23502": "not_null",
    "23514": "check",
}
_SQLITE: Final[dict[int, Kind]] = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "unique",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "unique",
    sqlite3.SQLITE_CONSTRAINT_ROWID: "unique",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "foreign_key",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "not_null",
    sqlite3.SQLITE_CONSTRAINT_CHECK: "check",
}
_SAID: Final = re.compile(r"\A[A-Z ]+ constraint failed: (.+)\Z", re.DOTALL)
_INDEX: Final = re.compile(r"\Aindex '(.+)'\Z", re.DOTALL)


class Violation(NamedTuple):
    """What a database refused; what it does not say is None, or empty."""

    kind: Kind | None
    table: str | None = None
    constraint: str | None = None
    columns: tuple[str, ...] = ()
    detail: str | None = None
    """What PostgreSQL says of the values."""


def is_taken(error: IntegrityError) -> bool:
    """Whether another row has what a new one was to have; True where a driver does not say."""
    driver: Any = error.orig
    if state_of(driver) is None and getattr(driver, "sqlite_errorcode", None) is None:
        return True
    return _kind_of(driver) in ("unique", "exclusion")


def violation_of(error: IntegrityError) -> Violation:
    """What an error says of the constraint that was violated."""
    driver: Any = error.orig
    kind = _kind_of(driver)
    if isinstance(driver, sqlite3.Error):
        return _said_by_sqlite(kind, str(driver))
    # Of psycopg the error has a part that says it; of asyncpg, SQLAlchemy has wrapped the error.
    said: Any = getattr(driver, "diag", None) or getattr(error, "driver_exception", None)
    if said is None or said is driver:
        said = driver.__cause__ or driver
    column = getattr(said, "column_name", None)
    return Violation(
        kind,
        getattr(said, "table_name", None),
        getattr(said, "constraint_name", None),
        () if column is None else (column,),
        getattr(said, "detail", None) or getattr(said, "message_detail", None),
    )


def _kind_of(driver: Any) -> Kind | None:
    state = state_of(driver)
    if state is not None:
        return _SQLSTATES.get(state)
    return _SQLITE.get(getattr(driver, "sqlite_errorcode", 0))


def _said_by_sqlite(kind: Kind | None, text: str) -> Violation:
    found = _SAID.match(text)
    if found is None or kind is None:
        return Violation(kind)
    (about,) = found.groups()
    index = _INDEX.match(about)
    if kind == "check" or index is not None:
        return Violation(kind, constraint=about if index is None else index[1])
    table = about.partition(".")[0]
    return Violation(kind, table, None, tuple([each.rpartition(".")[2] for each in about.split(", ")]))
