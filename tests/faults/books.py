"""What was written under faults, counted: lost, doubled, leaked, unclear."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from django_like_repos import Database, UnsupportedOperationError
from tests.database.models import ShelfRepository
from tests.faults.conftest import out

# The driver's own where a connection is killed while it is made, and the system's where no server is there,
# neither of which SQLAlchemy translates.
CLEAR = (
    DBAPIError,
    UnsupportedOperationError,
    asyncpg.InterfaceError,
    asyncpg.PostgresError,
    OSError,
    asyncio.CancelledError,
)


@dataclass
class Tally:
    """What a storm was told, by the names of its rows."""

    database: Database
    stored: set[str] = field(default_factory=set)
    """Names whose commit was answered."""
    refused: set[str] = field(default_factory=set)
    """Names whose transaction was rolled back, and that must not be there."""
    unclear: list[BaseException] = field(default_factory=list)
    told: int = 0
    """Errors that say what is wrong."""

    def hear(self, error: BaseException) -> None:
        if isinstance(error, CLEAR):
            self.told += 1
        else:
            self.unclear.append(error)

    async def figures(self) -> dict[str, int]:
        """What must be nothing."""
        leaked = out(self.database)
        async with self.database.session() as session:
            names = await ShelfRepository(session).objects.values_list("name", flat=True)
        there: Counter[str] = Counter(names)
        return {
            "lost": len(self.stored - there.keys()),
            "doubled": sum(count > 1 for count in there.values()),
            "kept_against_a_rollback": len(self.refused & there.keys()),
            "leaked": leaked + await idle_in_transaction(self.database),
            "unclear": len(self.unclear),
        }


async def idle_in_transaction(database: Database) -> int:
    if database.engine.dialect.name == "sqlite":
        return 0
    async with database.engine.connect() as connection:
        counted: Any = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state = 'idle in transaction' AND pid != pg_backend_pid()"
            )
        )
    return int(counted)


async def others_end() -> None:
    """What closes for a task that was cancelled goes on in tasks of SQLAlchemy's."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
