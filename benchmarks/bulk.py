"""What it costs to insert many rows, against SQLAlchemy's own bulk INSERT and that of other libraries.

By hand it is ``session.execute(insert(M), rows)``, with ``returning(M)`` where keys are wanted. All ways are
rolled back. ``python -m benchmarks.bulk`` runs this alone, and tells the memory that 1,000,000 rows of a
generator take, each database in a process of its own.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc"
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.db import models, transaction
from sqlalchemy import DateTime, String, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.bulk_running import show, undone
from benchmarks.measuring import HAND, OURS, AsyncWay, Comparison, Prepared, Rounds, timed_prepared
from benchmarks.suite import django_orm
from benchmarks.suite.entrant import modules
from django_like_repos import BaseRepository, Database

ROWS: Final = 17_000
MANY: Final = 1_000_000
HOW: Final = Rounds(rounds=7, repeat=1)
TARGETS: Final = {"postgresql": (0.25, 0.40), "sqlite": (0.45, 0.55)}
"""The ratios that are wanted: of rows whose keys nobody wants, and of instances."""


OTHERS: Final = {"bulk_tortoise": "tortoise-orm", "bulk_piccolo": "piccolo"}
"""The files of other libraries, and their packages."""


class Base(DeclarativeBase):
    """The model that is written."""


class Reading(Base):
    __tablename__ = "bulk_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    level: Mapped[int]
    valid: Mapped[bool]
    taken: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source: Mapped[str] = mapped_column(String(10), server_default="sensor")


class ReadingRepository(BaseRepository[Reading]): ...


TAKEN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of four columns."""
    for at in range(count):
        yield {"name": f"sensor {at}", "level": at * 7, "valid": at % 2 == 0, "taken": TAKEN}


async def bulk_inserts(database: Database) -> list[Comparison]:
    """The costs of inserting many rows."""
    await database.create_all(Base.metadata)
    given = [*rows(ROWS)]
    bare, instances = TARGETS[database.engine.dialect.name]
    found = [
        Comparison(
            f"{ROWS} rows, keys not wanted", await timed_prepared(_bare(database, given), HOW), HAND, bare
        ),
        Comparison(
            f"{ROWS} dicts to instances",
            await timed_prepared(_instances(database, given), HOW),
            HAND,
            instances,
        ),
    ]
    await database.drop_all(Base.metadata)
    return found


def _bare(database: Database, given: list[dict[str, Any]]) -> dict[str, Prepared]:
    async def by_hand(session: AsyncSession) -> None:
        await session.execute(insert(Reading), given)

    async def here(session: AsyncSession) -> None:
        written = await ReadingRepository(session).returning(None).bulk_create(given)
        assert written == ROWS

    ways = undone(database, {HAND: by_hand, OURS: here})
    others = {
        each.NAME: each.inserts(database.engine.url, given) for each in modules("benchmarks", OTHERS, [])
    }
    return {**ways, django_orm.NAME: _by_django(database, given), **others}


def _instances(database: Database, given: list[dict[str, Any]]) -> dict[str, Prepared]:
    async def by_hand(session: AsyncSession) -> list[Reading]:
        made = [*(await session.scalars(insert(Reading).returning(Reading), given))]
        assert {each.source for each in made} == {"sensor"}
        return made

    async def here(session: AsyncSession) -> list[Reading]:
        made = await ReadingRepository(session).flush().bulk_create(given)
        assert {each.source for each in made} == {"sensor"}
        return made

    return undone(database, {HAND: by_hand, OURS: here})


class DjangoReading(models.Model):
    name = models.CharField(max_length=50)
    level = models.IntegerField()
    valid = models.BooleanField()
    taken = models.DateTimeField()

    class Meta:
        app_label = django_orm.LABEL
        db_table = "bulk_readings"
        managed = False


def _by_django(database: Database, given: list[dict[str, Any]]) -> Prepared:
    @asynccontextmanager
    async def scope() -> AsyncIterator[AsyncWay]:
        async with django_orm.connected(database.engine.url):
            with transaction.atomic():

                async def way() -> None:
                    DjangoReading.objects.bulk_create([DjangoReading(**row) for row in given])

                yield way
                transaction.set_rollback(True)

    return scope


def _peak() -> float:
    """The most memory that this process has had, in MiB."""
    said = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(said.split()[0]) / 1024


async def _fill(url: str) -> None:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            readings = ReadingRepository(session).returning(None)
            await readings.bulk_create(rows(20_000))
            before = _peak()
            written = await readings.bulk_create(rows(MANY))
            print(
                f"  {int(written)} rows of a generator: {_peak() - before:.1f} MiB over the start", flush=True
            )


async def _fill_apart(database: Database) -> None:
    text = database.engine.url.render_as_string(hide_password=False)
    await asyncio.to_thread(subprocess.run, [sys.executable, "-m", "benchmarks.bulk", text], check=True)


if __name__ == "__main__":
    asyncio.run(_fill(sys.argv[1]) if len(sys.argv) > 1 else show(bulk_inserts, _fill_apart))
