"""Recording the statements that SQLAlchemy sends to the databases of a test."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from tests.sqltext import fold

# Bookkeeping of transactions and connections, not queries.
UNRECORDED = re.compile(r"\s*(BEGIN|COMMIT|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT)\b", re.IGNORECASE)


class RecordedSQL:
    """The statements that any engine executed, oldest first, each folded and with its parameters."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any]] = []

    def __len__(self) -> int:
        return len(self.statements)

    @property
    def last(self) -> str:
        return self.statements[-1][0]

    def clear(self) -> None:
        self.statements.clear()


@contextmanager
def recorded_sql() -> Iterator[RecordedSQL]:
    """Connections opened before this starts are not heard: SQLAlchemy asks for listeners only once."""
    recorded = RecordedSQL()

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not UNRECORDED.match(statement):
            recorded.statements.append((fold(statement), parameters))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield recorded
    finally:
        event.remove(Engine, "before_cursor_execute", record)
