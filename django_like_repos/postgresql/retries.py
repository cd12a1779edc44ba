"""Which databases expect that a transaction is run again after a serialization error.

PostgreSQL's does at the levels that one asks for. CockroachDB is serializable unless told otherwise, and
documents that clients repeat what has failed with 40001.
"""

from typing import Final

from sqlalchemy import Dialect

RETRIED: Final = frozenset({"cockroachdb"})
"""The names of SQLAlchemy's dialects of such databases."""


def wants_retries(dialect: Dialect) -> bool:
    """Whether transactions of a database are to be repeated without anybody asking for it."""
    return dialect.name in RETRIED
