"""The suite run: every workload by every entrant that is installed, in each mode, results compared first."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL

from benchmarks.measuring import HAND, Comparison, Extent, Rounds, frozen, timed
from benchmarks.results import DATABASES, Run, add, begin, finish
from benchmarks.suite.entrant import PACKAGES, Entrant, Mode, modules
from benchmarks.suite.schema import Sizes, fill
from benchmarks.suite.workloads import Workload, workloads
from django_like_repos import Database

MODES: Final[Mapping[str, Sequence[Mode]]] = {
    "postgresql": ("transaction", "autocommit"),
    "sqlite": ("autocommit",),
}
"""How reads are scoped. On SQLite a session of SQLAlchemy's begins no transaction for them."""

TOLD: Final[Mapping[tuple[str, Mode], str]] = {
    ("postgresql", "transaction"): "each in a transaction of its own",
    ("postgresql", "autocommit"): "reads in autocommit",
    ("sqlite", "autocommit"): "reads without a transaction, writes in one",
}
SIZES: Final = Sizes()


@asynccontextmanager
async def entrants(url: URL, found: Sequence[Any], sizes: Sizes) -> AsyncIterator[list[Entrant]]:
    """The entrants of some files, on a new database, which is filled."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(url))
        await fill(database, sizes)
        yield [await stack.enter_async_context(module.entrant(url)) for module in found]


async def answers(
    workload: Workload, entered: Sequence[Entrant], mode: Mode, sizes: Sizes
) -> dict[str, object]:
    """What each entrant that has a workload answers, in values that can be compared."""
    return {
        each.name: workload.plain(each, await workload.way(each, workload.mode or mode, sizes)())
        for each in entered
        if workload.key in each.ways
    }


async def compared(
    workload: Workload, entered: Sequence[Entrant], mode: Mode, sizes: Sizes, extent: Extent
) -> Comparison:
    """The costs of one workload. Raises AssertionError where entrants answer differently."""
    found = await answers(workload, entered, mode, sizes)
    differing = [name for name, answer in found.items() if answer != found[HAND]]
    assert not differing, f"{workload.name}: {', '.join(differing)} answer other than {HAND}"
    ways = {
        each.name: workload.way(each, workload.mode or mode, sizes) for each in entered if each.name in found
    }
    return Comparison(
        workload.name, await timed(ways, Rounds(extent.rounds, extent.repeated(workload.repeat)))
    )


async def suite(url: URL, run: Run, extent: Extent, sizes: Sizes = SIZES) -> None:
    """A section of each mode; in quick runs, of the first one."""
    found = modules("benchmarks.suite", PACKAGES, run["skipped"])
    database = url.get_backend_name()
    async with entrants(url, found, sizes) as entered:
        frozen()
        for number, mode in enumerate(MODES[database][: 1 if extent.quick else None]):
            section = begin(run, "suite", f"Whole operations on {DATABASES[database]}", TOLD[database, mode])
            for each in workloads(sizes):
                # What writes has one mode only, and is measured once.
                if extent.has(each.name) and (each.mode is None or number == 0):
                    measured = await compared(each, entered, mode, sizes, extent)
                    add(section, measured._replace(target=each.targets[database == "sqlite"]))
            finish(run, section)
