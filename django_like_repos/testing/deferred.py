"""Constraints that a commit looks at, where what commits is a savepoint, at whose end no database does."""

import sqlite3
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

_ON_POSTGRESQL: Final = """
SELECT string_agg(quote_ident(nspname) || '.' || quote_ident(conname), ', ')
FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE condeferred
"""
_ON_SQLITE: Final = "SELECT max(1) FROM sqlite_master WHERE sql LIKE '%INITIALLY DEFERRED%'"


def check_deferred(connection: Connection) -> None:
    """Raises IntegrityError where a constraint that is deferred to the commit does not hold."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        names = _asked(connection, _ON_POSTGRESQL)
        if names and names[0][0]:
            connection.exec_driver_sql(f"SET CONSTRAINTS {names[0][0]} IMMEDIATE")
            connection.exec_driver_sql(f"SET CONSTRAINTS {names[0][0]} DEFERRED")
    elif dialect == "sqlite" and _asked(connection, _ON_SQLITE)[0][0]:
        broken = _asked(connection, "PRAGMA foreign_key_check")
        if broken:
            # Its words at a COMMIT.
            raise IntegrityError("COMMIT", None, sqlite3.IntegrityError("FOREIGN KEY constraint failed"))


def _asked(connection: Connection, question: str) -> Any:
    # By the bare driver: nobody counts these.
    cursor = connection.connection.cursor()
    try:
        cursor.execute(question)
        return cursor.fetchall()
    finally:
        cursor.close()
