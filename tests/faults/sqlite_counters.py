"""A table of counters in a SQLite file, and what the tests of SQLite under load do with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database


class Base(DeclarativeBase):
    """The models of these tests only."""


class Counter(Base):
    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    n: Mapped[int] = mapped_column(default=0)


class CounterRepository(BaseRepository[Counter]): ...


@asynccontextmanager
async def counters(url: str, **options: Any) -> AsyncIterator[Database]:
    """A database with one counter, which has counted nothing yet."""
    async with Database(url, **options) as database:
        await database.create_all(Base)
        async with database.session() as session:
            await CounterRepository(session).commit().create(id=1, name="one")
        yield database


async def counted(database: Database, **keys: Any) -> int:
    async with database.session() as session:
        return (await CounterRepository(session).objects.get(**keys or {"id": 1})).n


async def names(database: Database) -> list[str]:
    async with database.session() as session:
        return await CounterRepository(session).objects.order_by("id").values_list("name", flat=True)


async def add(session: AsyncSession, name: str) -> None:
    await CounterRepository(session).commit().create(name=name)


async def has_come(database: Database, task: Awaitable[Any]) -> "asyncio.Task[Any]":
    """Runs a writer as a task, and returns when it stands in line."""
    come = asyncio.Event()

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            # What follows awaits nothing until it stands there.
            come.set()

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    running = asyncio.ensure_future(task)
    await come.wait()
    event.remove(engine, "before_cursor_execute", note)
    return running


class Figures:
    """How long each of many took, and what became of it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.errors: list[BaseException] = []

    async def run(self, work: Iterable[Callable[[], Awaitable[Any]]]) -> None:
        await asyncio.gather(*map(self._one, work))

    async def _one(self, work: Callable[[], Awaitable[Any]]) -> None:
        begun = time.perf_counter()
        try:
            await work()
        except Exception as error:  # noqa: BLE001
            self.errors.append(error)
        else:
            self.seconds.append(time.perf_counter() - begun)

    def show(self, of_what: str) -> None:
        print(f"\n{of_what}: {self}")  # noqa: T201

    def __str__(self) -> str:
        took = sorted(self.seconds) or [0.0]
        of = [took[len(took) * part // 100] * 1000 for part in (5, 50, 95)]
        kinds = sorted({f"{type(error).__name__}: {str(error)[:60]}" for error in self.errors})
        return (
            f"{len(self.seconds)} done, {len(self.errors)} errors {kinds or ''}, ms: 5 % {of[0]:.1f}, "
            f"50 % {of[1]:.1f}, 95 % {of[2]:.1f}, all {took[-1] * 1000:.1f}"
        )
