"""What a database of a test's own costs, against `create_all()` on a new one of SQLite in memory."""

from sqlalchemy import text

from benchmarks.measuring import Comparison, compare_async
from django_like_repos import Database
from django_like_repos.testing import memory_database
from examples.help_center.models import Base


async def databases_of_tests() -> list[Comparison]:
    """One comparison: made, asked once, and gone."""

    async def by_hand() -> None:
        async with Database("sqlite+aiosqlite://") as database:
            await database.create_all(Base)
            await _ask(database)

    async def in_memory() -> None:
        async with memory_database(Base) as database:
            await _ask(database)

    return [await compare_async("memory_database(), five tables", by_hand, in_memory)]


async def _ask(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
