"""Recording the statements that SQLAlchemy sends to the databases of a test."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from django_like_repos.execution.direct.clearance import called_directly
from tests.sqltext import fold

# Bookkeeping of transactions and connections, not queries.
UNRECORDED = re.compile(r"\s*(BEGIN|COMMIT|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT)\b", re.IGNORECASE)

MUTED: list[bool] = []
"""Whether nothing is recorded: something is in it."""


class RecordedSQL:
    """The statements that were executed, oldest first, each folded and with its parameters."""

    def __init__(self) -> None:
        self._folded: list[tuple[str, Any]] = []
        self._heard: list[tuple[str, Any]] = []

    def hear(self, statement: str, parameters: Any) -> None:
        if not MUTED:
            self._heard.append((statement, parameters))

    @property
    def statements(self) -> list[tuple[str, Any]]:
        """Folded when somebody asks: most are never asked for."""
        self._folded += [(fold(statement), parameters) for statement, parameters in self._heard]
        self._heard.clear()
        return self._folded

    def __len__(self) -> int:
        return len(self._folded) + len(self._heard)

    @property
    def last(self) -> str:
        return self.statements[-1][0]

    def clear(self) -> None:
        self._folded.clear()
        self._heard.clear()


@contextmanager
def recorded_sql(of: Engine | type[Engine] = Engine) -> Iterator[RecordedSQL]:
    """What an engine executes, or any.

    Connections opened before this starts are not heard: SQLAlchemy asks for listeners only once.
    """
    recorded = RecordedSQL()

    @called_directly
    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if not UNRECORDED.match(statement):
            recorded.hear(statement, parameters)
        return statement, parameters

    event.listen(of, "before_cursor_execute", record, retval=True)
    try:
        yield recorded
    finally:
        event.remove(of, "before_cursor_execute", record)
