"""What the benchmarks of many rows share: ways that are undone, both databases, and the figures shown."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.measuring import AsyncWay, Comparison, Prepared
from benchmarks.places import new
from django_like_repos import Database
from tests.postgres import postgres_server

Work = Callable[[AsyncSession], Awaitable[object]]
Part = Callable[[Database], Awaitable[list[Comparison]]]


def undone(database: Database, ways: Mapping[str, Work]) -> dict[str, Prepared]:
    """Ways that have a session each, and are rolled back when they were measured."""

    def prepared(work: Work) -> Prepared:
        @asynccontextmanager
        async def scope() -> AsyncIterator[AsyncWay]:
            async with database.session() as session:
                await session.execute(select(1))
                kept: list[object] = []

                async def way() -> None:
                    kept.append(await work(session))

                yield way
                kept.clear()
                await session.rollback()

        return scope

    return {name: prepared(work) for name, work in ways.items()}


async def show(part: Part, besides: Callable[[Database], Awaitable[None]] | None = None) -> None:
    """Prints what a part costs on each database, and then what ``besides`` prints."""
    with postgres_server() as server:
        for place in (None, server):
            async with new(place) as url, Database(url) as database:
                print(database.engine.dialect.name)
                for each in await part(database):
                    _print(each)
                if besides is not None:
                    await besides(database)


def _print(comparison: Comparison) -> None:
    ways, reference = comparison.ways, comparison.reference
    cost = ways.cost(reference)
    print(f"  {comparison.name}, {reference} {cost.wall * 1e3:.0f} ms, target {comparison.target}")
    for way in ways.costs:
        cpu = ways.cost(way).cpu / cost.cpu
        ratio, spread = ways.ratio(way, reference), ways.spread(way, reference)
        print(f"    {way:<24}{ratio:.3f} ±{spread:.3f} (CPU {cpu:.3f})", flush=True)
