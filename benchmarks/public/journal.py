"""The table of the workloads, its rows, and what is asked of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import URL, DateTime, SmallInteger, String, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS: Final = 1_000
ONE_BY_ONE: Final = 100
"""Rows that are inserted, changed or deleted one by one, and gets."""
LEVELS: Final = (10, 20, 30, 40, 50)
OFFSETS: Final = (0, 40, 80, 120, 160)
"""Of pages of 20 rows of a level."""


class Base(DeclarativeBase):
    """The model of the workloads."""


def now() -> datetime:
    return datetime.now(UTC)


class Journal(Base):
    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    level: Mapped[int] = mapped_column(SmallInteger, index=True)
    text: Mapped[str] = mapped_column(String(255), index=True)


Run = Callable[[], Awaitable[Any]]
Prepare = Callable[[], AbstractAsyncContextManager[Run]]


@dataclass(frozen=True)
class Entrant:
    """A library: ``ways`` are named by the workloads' letters, and each gives what is measured."""

    name: str
    ways: Mapping[str, Prepare]


def ready(run: Run) -> Prepare:
    """A workload for which nothing is prepared."""

    @asynccontextmanager
    async def prepared() -> AsyncIterator[Run]:
        yield run

    return prepared


def level(number: int) -> int:
    """The level of a row."""
    return LEVELS[number % 5]


class Table:
    """The table on one database, filled before whatever changes it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def create(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        await self.fill()

    async def fill(self) -> None:
        """Gives it the rows 1 to ROWS, and no others."""
        rows = [
            {"id": number, "timestamp": datetime(2026, 1, 1), "level": level(number), "text": f"row {number}"}
            for number in range(1, ROWS + 1)
        ]
        if self._engine.dialect.name == "postgresql":
            rows = [{**row, "timestamp": datetime(2026, 1, 1, tzinfo=UTC)} for row in rows]
        async with self._engine.begin() as connection:
            await connection.execute(delete(Journal))
            await connection.execute(insert(Journal), rows)
            if self._engine.dialect.name == "postgresql":
                await connection.execute(select(func.setval("journal_id_seq", ROWS)))

    async def state(self) -> object:
        """What is the same after the same changes."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(Journal.level, Journal.text).order_by(Journal.id))
            return [tuple(row) for row in rows]


@asynccontextmanager
async def table(url: URL) -> AsyncIterator[Table]:
    engine = create_async_engine(url)
    try:
        made = Table(engine)
        await made.create()
        yield made
    finally:
        await engine.dispose()
