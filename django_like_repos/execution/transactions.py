"""When a transaction of SQLite begins: before its first write or savepoint, and with the write lock at once.

Its drivers begin late and without the lock, so that who has read may be refused when he writes, and begin
nothing before a savepoint, whose end then commits. PostgreSQL needs nothing of this.
"""

import re
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Dialect

from django_like_repos.caching import LARGEST, cached

BEGIN: Final = "BEGIN IMMEDIATE"

_SPACE = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_READS: Final = re.compile(
    rf"{_SPACE}\(*{_SPACE}(?:SELECT|VALUES|EXPLAIN|PRAGMA|WITH)\b", re.IGNORECASE | re.DOTALL
)
_OUTSIDE: Final = re.compile(
    rf"{_SPACE}(?:BEGIN|COMMIT|END|ROLLBACK|RELEASE|VACUUM|ATTACH|DETACH)\b", re.IGNORECASE | re.DOTALL
)
"""What begins and ends transactions itself, or cannot stand in one."""
_WRITES_WITH: Final = re.compile(
    rf"{_SPACE}WITH\b.*\b(?:INSERT|REPLACE|UPDATE|DELETE)\b(?!\s*\()", re.IGNORECASE | re.DOTALL
)


@cached(1024, longest=LARGEST)
def wants_transaction(statement: str) -> bool:
    """Whether a statement writes, or is a savepoint; of what is in doubt, True."""
    if _READS.match(statement):
        return _WRITES_WITH.match(statement) is not None
    return _OUTSIDE.match(statement) is None


def has_begun(connection: Connection) -> bool:
    """Whether SQLite is in a transaction, or is to be in none."""
    if connection._is_autocommit_isolation():
        return True
    driver: Any = connection.connection.driver_connection
    begun: bool = driver.in_transaction
    return begun


BEGINNING: Final[WeakSet[Dialect]] = WeakSet()
"""The dialects of engines that begin by themselves before a savepoint, and before a SELECT FOR UPDATE."""


def begin(connection: Connection) -> None:
    """Begins the transaction of SQLite that a savepoint is to be part of."""
    dialect = connection.dialect
    if dialect.name == "sqlite" and dialect not in BEGINNING and not has_begun(connection):
        connection.exec_driver_sql(BEGIN)
