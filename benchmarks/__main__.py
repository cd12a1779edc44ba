"""`python -m benchmarks`: prints what queries cost here, beside what they cost written by hand."""

import asyncio
import platform
import sys
from importlib.metadata import version

from benchmarks.expressions import expressions
from benchmarks.loading import loading
from benchmarks.measuring import table
from benchmarks.models import models
from benchmarks.pages import pages
from benchmarks.plan_hit import construction, end_to_end, on_postgresql, on_sqlite
from benchmarks.plan_miss import plan_miss
from benchmarks.testing import databases_of_tests
from benchmarks.transactions import transactions
from benchmarks.workloads import HEAD, told, workloads
from benchmarks.writing import writing
from django_like_repos import Database


async def operations(database: Database, rounds: int) -> None:
    """Whole operations, beside what is wanted of them."""
    dialect = database.engine.dialect.name
    print(f"Whole operations on {dialect}\n{HEAD}", flush=True)
    async for each, ways in workloads(database, rounds=rounds):
        print(told(each, ways, dialect), flush=True)
    print()


async def quick() -> None:
    """The whole operations alone, in few rounds."""
    for on in (on_sqlite, on_postgresql):
        async with on() as database:
            await operations(database, 9)


async def main() -> None:
    print(f"Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')}; medians\n")
    if "--quick" in sys.argv:
        await quick()
        return
    async with on_sqlite() as database:
        await operations(database, 25)
        print(table("Construction and cache key", construction(database)), flush=True)
        print()
        print(table("The same with expressions", expressions(database)), flush=True)
        print()
        print(table("A plan that is not there yet", plan_miss(database)), flush=True)
        print()
        print(table("Rows of SQLite", await end_to_end(database)), flush=True)
        print()
        print(table("Models of SQLite", await models(database)), flush=True)
        print()
        print(table("Relations and columns of SQLite", await loading(database)), flush=True)
        print()
        print(table("One update of SQLite in a transaction", await transactions(database)), flush=True)
        print()
        print(table("One row of SQLite", await writing(database)), flush=True)
        print()
        print(table("Late pages of SQLite: by number, by cursor", await pages(database)), flush=True)
    print()
    print(table("A database for a test", await databases_of_tests()), flush=True)
    async with on_postgresql() as database:
        print()
        await operations(database, 25)
        print(table("Rows of PostgreSQL", await end_to_end(database)), flush=True)
        print()
        print(table("Models of PostgreSQL", await models(database)), flush=True)
        print()
        print(table("Relations and columns of PostgreSQL", await loading(database)), flush=True)
        print()
        print(table("One update of PostgreSQL in a transaction", await transactions(database)))
        print()
        print(table("One row of PostgreSQL", await writing(database)))
        print()
        print(table("Late pages of PostgreSQL: by number, by cursor", await pages(database)))


asyncio.run(main())
