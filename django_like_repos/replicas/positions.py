"""Positions: how far the primary has written, and how far a replica has followed.

They are numbers that only grow. To users they are text, as PostgreSQL writes a place in its log.
"""

import re
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, text

_TEXT: Final = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")


def text_of(position: int) -> str:
    """A position as text."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:08X}"


def position_of(said: object) -> int:
    """The position in a text. Raises ValueError for what is none."""
    found = _TEXT.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        raise ValueError("a position is what Database.position() gave, as '0/1A2B3C4D'")
    high, low = found.groups()
    return (int(high, 16) << 32) + int(low, 16)


class Followed(NamedTuple):
    """How far a replica has followed."""

    position: int
    age: float
    """Seconds since the last transaction that it knows was committed."""


class Positions(Protocol):
    """How positions are asked for."""

    def written(self, primary: Connection) -> int:
        """The position behind everything that is committed."""
        ...

    def followed(self, replica: Connection) -> Followed | None:
        """How far a replica is; None for a server that follows nobody."""
        ...


class LogPositions:
    """Those of PostgreSQL's log, which standbys replay."""

    # Not pg_current_wal_lsn(): what is committed without waiting for the disk may lie behind that.
    _WRITTEN: Final = text("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    _FOLLOWED: Final = text(
        "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0')::bigint, "
        "extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float"
    )

    def written(self, primary: Connection) -> int:
        position: int = primary.execute(self._WRITTEN).scalar_one()
        return position

    def followed(self, replica: Connection) -> Followed | None:
        row: Any = replica.execute(self._FOLLOWED).one()
        follows, position, age = row
        return Followed(position or 0, age or 0.0) if follows else None


class FilePositions:
    """Those of a SQLite file, which every connection to it sees as it is."""

    def written(self, primary: Connection) -> int:
        return 0

    def followed(self, replica: Connection) -> Followed | None:
        replica.exec_driver_sql("SELECT 1 FROM sqlite_schema LIMIT 1").close()
        return Followed(0, 0.0)
