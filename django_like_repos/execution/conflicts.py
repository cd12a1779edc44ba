"""Of what kind a constraint is that was violated, as the driver says it: never by the text of its error."""

import sqlite3
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from django_like_repos.execution.states import state_of

_SQLSTATES: Final = frozenset({"23505", "23P01"})
"""unique_violation and exclusion_violation."""
_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
    }
)


def is_taken(error: IntegrityError) -> bool:
    """Whether another row has what a new one was to have; True where a driver does not say."""
    driver: Any = error.orig
    state = state_of(driver)
    if state is not None:
        return state in _SQLSTATES
    code = getattr(driver, "sqlite_errorcode", None)
    return code is None or code in _SQLITE
