"""`python -m benchmarks`: prints what queries cost here, beside what they cost written by hand."""

import asyncio
import platform
from importlib.metadata import version

from benchmarks.expressions import expressions
from benchmarks.loading import loading
from benchmarks.measuring import table
from benchmarks.models import models
from benchmarks.pages import pages
from benchmarks.plan_hit import construction, end_to_end, on_postgresql, on_sqlite
from benchmarks.plan_miss import plan_miss


async def main() -> None:
    print(f"Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')}; medians\n")
    async with on_sqlite() as database:
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
        print(table("Late pages of SQLite: by number, by cursor", await pages(database)), flush=True)
    async with on_postgresql() as database:
        print()
        print(table("Rows of PostgreSQL", await end_to_end(database)), flush=True)
        print()
        print(table("Models of PostgreSQL", await models(database)), flush=True)
        print()
        print(table("Relations and columns of PostgreSQL", await loading(database)), flush=True)
        print()
        print(table("Late pages of PostgreSQL: by number, by cursor", await pages(database)))


asyncio.run(main())
