"""The workloads run, by every library that is installed; what they find or leave is compared first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL

from benchmarks.measuring import HAND, Comparison, Extent, Rounds, frozen, timed_prepared
from benchmarks.public.journal import ONE_BY_ONE, ROWS, Entrant, Prepare, Run, Table, table
from benchmarks.results import DATABASES, add, begin, finish
from benchmarks.results import Run as Figures
from benchmarks.suite.entrant import modules

PACKAGES: Final = {
    "sqlalchemy_orm": "sqlalchemy",
    "ours": "sqlalchemy",
    "tortoise_orm": "tortoise-orm",
    "piccolo_orm": "piccolo",
    "django_orm": "django",
}

NAMES: Final = {
    "A": f"A. Insert: single, {ONE_BY_ONE} commits",
    "B": f"B. Insert: batch of {ONE_BY_ONE}",
    "C": f"C. Insert: bulk of {ROWS:,}",
    "D": f"D. Filter: large, {ROWS:,} objects",
    "E": "E. Filter: small, 25 × 20 objects",
    "F": f"F. Get, {ONE_BY_ONE} times",
    "G": f"G. Filter: {ROWS:,} dicts",
    "H": f"H. Filter: {ROWS:,} tuples",
    "I": f"I. Update: whole, {ONE_BY_ONE} objects",
    "J": f"J. Update: partial, {ONE_BY_ONE} objects",
    "K": f"K. Delete, {ONE_BY_ONE} objects",
}
WRITE: Final = "ABCIJK"

MODE: Final = (
    "A in as many transactions, B, C, I, J and K in one; SQLAlchemy reads in one transaction a workload, "
    "the others in autocommit, as the public suite has them"
)


def _plain(found: Any) -> object:
    """What is compared of rows, whatever they are."""
    names = ("id", "level", "text")
    rows: list[Any] = []
    for row in found or ():
        if isinstance(row, dict):
            rows.append(tuple(row[name] for name in names))
        else:
            rows.append(tuple(row) if isinstance(row, tuple) else tuple(getattr(row, name) for name in names))
    return sorted(rows)


def _filled(journal: Table, prepare: Prepare) -> Prepare:
    """A workload that finds the table as it was."""

    @asynccontextmanager
    async def prepared() -> AsyncIterator[Run]:
        await journal.fill()
        async with prepare() as run:
            yield run

    return prepared


async def _answer(journal: Table, prepare: Prepare) -> object:
    async with prepare() as run:
        found = _plain(await run())
    return found, await journal.state()


async def answers(letter: str, journal: Table, entered: Sequence[Entrant]) -> dict[str, object]:
    """What each library finds, and leaves in the table, in values that can be compared."""
    return {each.name: await _answer(journal, _filled(journal, each.ways[letter])) for each in entered}


async def compared(letter: str, journal: Table, entered: Sequence[Entrant], extent: Extent) -> Comparison:
    """The costs of one workload. Raises AssertionError where libraries find or leave something else."""
    found = await answers(letter, journal, entered)
    differing = [name for name, answer in found.items() if answer != found[HAND]]
    assert not differing, f"{letter}: {', '.join(differing)} find or leave other rows than {HAND}"
    ways = {each.name: each.ways[letter] for each in entered}
    if letter in WRITE:
        ways = {name: _filled(journal, prepare) for name, prepare in ways.items()}
    return Comparison(NAMES[letter], await timed_prepared(ways, Rounds(extent.rounds, 1)))


async def public(url: URL, run: Figures, extent: Extent) -> None:
    """A section of the workloads."""
    found = modules("benchmarks.public", PACKAGES, run["skipped"])
    title = f"The workloads of tortoise/orm-benchmarks on {DATABASES[url.get_backend_name()]}"
    section = begin(run, "public", title, MODE)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(table(url))
        entered = [await stack.enter_async_context(module.entrant(url)) for module in found]
        frozen()
        for letter, name in NAMES.items():
            if extent.has(name):
                add(section, await compared(letter, journal, entered, extent))
    finish(run, section)
