"""`python -m benchmarks`: what queries cost here, beside what they cost by hand and in other libraries.

    --quick       the suite and the application alone, in few rounds
    --only=TEXT   of the suites, only workloads whose names hold it
    --json=FILE   where the figures go (by default, build/benchmarks.json)

`python -m benchmarks.page FILE` makes the tables and the plot of docs/performance.md of them.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from benchmarks.bulk import bulk_inserts
from benchmarks.bulk_updates import bulk_updates
from benchmarks.bulk_upserts import bulk_upserts
from benchmarks.expressions import expressions
from benchmarks.json_bodies import json_bodies
from benchmarks.loading import loading
from benchmarks.measuring import Comparison, Extent
from benchmarks.models import models
from benchmarks.pages import pages
from benchmarks.places import help_center, new
from benchmarks.plan_hit import construction, end_to_end
from benchmarks.plan_miss import plan_miss
from benchmarks.public.running import public
from benchmarks.results import DATABASES, Run, add, begin, finish, new_run
from benchmarks.shapes import shapes
from benchmarks.streams import streams
from benchmarks.suite.running import suite
from benchmarks.testing import databases_of_tests
from benchmarks.transactions import transactions
from benchmarks.trees import trees
from benchmarks.web.running import web
from benchmarks.writing import writing
from django_like_repos import Database
from tests.postgres import postgres_server

LIKE_SESSIONS: Final = "sessions of one `Database` on both sides"

PARTS: Final[Sequence[tuple[str, Callable[[Database], Awaitable[list[Comparison]]]]]] = (
    ("Rows", end_to_end),
    ("Models", models),
    ("Types", shapes),
    ("Bodies of answers", json_bodies),
    ("Relations and columns", loading),
    ("One update in a transaction", transactions),
    ("One row written", writing),
    ("Many rows inserted", bulk_inserts),
    ("Many rows upserted", bulk_upserts),
    ("Many rows read one by one", streams),
    ("Many rows updated, and a tree inserted", bulk_updates),
    ("A tree read", trees),
)


def _section(run: Run, title: str, mode: str, measured: list[Comparison]) -> None:
    section = begin(run, "parts", title, mode)
    for each in measured:
        add(section, each)
    finish(run, section)


async def whole(run: Run, server: URL | None, extent: Extent) -> None:
    """Whole operations, and requests of an application."""
    async with new(server) as url:
        await suite(url, run, extent)
    async with new(server) as url:
        await web(url, run, extent)


async def rest(run: Run, server: URL | None, extent: Extent) -> None:
    """The public suite, late pages, and what operations are made of."""
    async with new(server) as url:
        await public(url, run, extent)
    async with new(server) as url:
        await pages(url, run, extent)
    if extent.only:
        return
    async with help_center(server) as database:
        name = DATABASES[database.engine.dialect.name]
        for title, part in PARTS:
            _section(run, f"{title} on {name}", LIKE_SESSIONS, await part(database))


async def built(run: Run) -> None:
    """Statements that are built, and not executed."""
    async with help_center(None) as database:
        _section(run, "Construction and cache key", "nothing is executed", construction(database))
        _section(run, "The same with expressions", "nothing is executed", expressions(database))
        _section(run, "A plan that is not there yet", "nothing is executed", plan_miss(database))
    _section(run, "A database for a test", "SQLite in memory", await databases_of_tests())


async def main(run: Run, extent: Extent) -> None:
    with postgres_server() as server:
        places = (None, server)
        for place in places:
            await whole(run, place, extent)
        if extent.quick:
            return
        for place in places:
            await rest(run, place, extent)
    if not extent.only:
        await built(run)


if __name__ == "__main__":
    parser = argparse.ArgumentParser("benchmarks")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"), metavar="FILE")
    arguments = parser.parse_args()
    figures = new_run(arguments.json)
    asyncio.run(main(figures, Extent(arguments.quick, arguments.only)))
    print("\n" + "\n".join(figures["skipped"]))
