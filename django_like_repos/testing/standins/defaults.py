"""Defaults that PostgreSQL works out, in words of SQLite's."""

import re
import sqlite3
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Uuid
from sqlalchemy.dialects import postgresql

from django_like_repos.testing.standins.types import STAND_INS

_CAST: Final = re.compile(r"\s*::\s*[\w. ]+(?:\(\d[\d, ]*\))?(?:\[\])*\s*$")
_UUID: Final = re.compile(r"^(?:gen_random_uuid|uuidv4|uuid_generate_v4)\(\)$", re.IGNORECASE)
_LITERAL: Final = re.compile(r"^(?:'(?:[^']|'')*'|-?[\d.]+|ARRAY\[\])$", re.IGNORECASE)

_EMPTY: Final = {"'{}'": "'[]'", "array[]": "'[]'"}
_AS_TEXT: Final = (postgresql.INET, postgresql.CIDR, postgresql.MACADDR, postgresql.MACADDR8)


def said(default: str, type_: Any) -> str | None:
    """A default of a column of a type; None where the text that is stored would be another."""
    bare = _CAST.sub("", default)
    if isinstance(type_, ARRAY):
        return _EMPTY.get(bare.lower())
    if isinstance(type_, postgresql.HSTORE):
        return "'{}'" if bare == "''" else None
    if isinstance(type_, tuple(STAND_INS)) and not isinstance(type_, _AS_TEXT):
        return None
    if isinstance(type_, Uuid) and _UUID.match(bare):
        return "dlr_uuid()"
    return bare if _LITERAL.match(bare) or _UUID.match(bare) else default


def teach(connection: sqlite3.Connection) -> None:
    """Gives a connection of SQLite the functions."""
    connection.create_function("dlr_uuid", 0, lambda: uuid.uuid4().hex)
    for name in ("gen_random_uuid", "uuidv4", "uuid_generate_v4"):
        connection.create_function(name, 0, lambda: str(uuid.uuid4()))
    for name in ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp"):
        connection.create_function(name, 0, _now)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
