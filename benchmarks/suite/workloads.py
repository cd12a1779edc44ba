"""The operations of the suite: their names, their arguments, what is compared of results, their targets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from sys import modules
from typing import Any, Final, NamedTuple

from benchmarks.suite.entrant import By, Entrant, Mode, call
from benchmarks.suite.schema import Sizes

Plain = Callable[[Entrant, Any], object]
Arguments = Callable[[Sizes], tuple[object, ...]]
Build = Callable[[Entrant, Mode, Sizes], Callable[[], Awaitable[Any]]]

FIELDS: Final = ("id", "name", "people", "country_id")
TASKS, GETS = 8, 50


def as_it_is(_: Entrant, found: Any) -> object:
    return found


def _row(entrant: Entrant, row: Any) -> tuple[Any, ...]:
    return tuple(entrant.value(row, name) for name in FIELDS)


def _rows(entrant: Entrant, rows: Sequence[Any]) -> object:
    return [_row(entrant, row) for row in rows]


def _unordered(entrant: Entrant, rows: Sequence[Any]) -> object:
    return sorted(_row(entrant, row) for row in rows)


def _page(entrant: Entrant, found: Any) -> object:
    rows, total = found
    return _rows(entrant, rows), total


def _got(entrant: Entrant, found: Any) -> object:
    row, created = found
    return _row(entrant, row), created


def _tuples(_: Entrant, rows: Sequence[Any]) -> object:
    return [tuple(row) for row in rows]


def _children(entrant: Entrant, found: Sequence[Any]) -> object:
    return {entrant.value(parent, "name"): _unordered(entrant, rows) for parent, rows in found}


def _nothing(_: Sizes) -> tuple[object, ...]:
    return ()


class Workload(NamedTuple):
    """One operation: which function of an entrant it is, and the ratio wanted on PostgreSQL and on SQLite."""

    name: str
    key: str
    targets: tuple[float, float]
    plain: Plain
    arguments: Arguments = _nothing
    repeat: int = 20
    mode: Mode | None = None
    """The only mode in which it is measured: what writes has a transaction."""
    build: Build | None = None
    """What is done instead of one call of that function."""

    def way(self, entrant: Entrant, mode: Mode, sizes: Sizes) -> Callable[[], Awaitable[Any]]:
        """The operation, to be awaited, by one entrant."""
        if self.build is not None:
            return self.build(entrant, mode, sizes)
        return call(entrant, mode, self.key, *self.arguments(sizes))


def _five(entrant: Entrant, mode: Mode, _: Sizes) -> Callable[[], Awaitable[Any]]:
    get = entrant.ways["by_text"]

    async def five() -> object:
        async with entrant.scope(mode) as scope:
            return [await get(scope, f"city {number}") for number in range(1, 6)]

    return five


def _together(entrant: Entrant, mode: Mode, _: Sizes) -> Callable[[], Awaitable[Any]]:
    """Gets one after the other in several tasks, each in a scope of its own."""
    get = call(entrant, mode, "by_text", "city 77")

    async def task() -> object:
        found = None
        for _ in range(GETS):
            found = await get()
        return found

    async def tasks() -> object:
        return await asyncio.gather(*[task() for _ in range(TASKS)])

    return tasks


def workloads(sizes: Sizes) -> Sequence[Workload]:
    """Every operation, in the order of the tables."""
    return (
        Workload("get by key", "by_key", (0.60, 0.45), _row, lambda _: (77,)),
        Workload("get by unique text", "by_text", (0.60, 0.45), _row, lambda _: ("city 77",)),
        Workload("five gets in a session", "by_text", (0.45, 0.35), _rows, repeat=5, build=_five),
        Workload("related filter, order, 20 entities", "related", (0.60, 0.55), _rows),
        Workload("exists over a join", "exists", (0.50, 0.40), as_it_is),
        Workload("count over a join", "count", (0.50, 0.40), as_it_is),
        Workload("page of 20 with total", "page", (0.60, 0.50), _page, repeat=10),
        Workload(f"values_list, {sizes.cities:,} × 2", "values", (0.50, 0.55), _tuples, repeat=1),
        Workload(f"{sizes.cities:,} entities", "entities", (0.65, 0.65), _unordered, repeat=1),
        Workload(
            f"{sizes.countries} parents with {sizes.cities:,} children",
            "children",
            (0.80, 0.80),
            _children,
            repeat=1,
        ),
        Workload("group by with count", "groups", (0.85, 0.65), _tuples, repeat=3),
        Workload("icontains, first 20", "contains", (0.70, 0.50), _rows, repeat=5),
        Workload(
            f"in-list of {sizes.listed:,} ids",
            "listed",
            (0.60, 0.80),
            _unordered,
            lambda each: (each.ids,),
            repeat=2,
        ),
        Workload(
            "update by related filter",
            "update_related",
            (0.75, 0.75),
            as_it_is,
            repeat=5,
            mode="transaction",
        ),
        Workload(
            "delete 100 by ids",
            "delete_listed",
            (0.75, 0.75),
            as_it_is,
            lambda each: (each.ids[:100],),
            repeat=5,
            mode="transaction",
        ),
        Workload("get_or_create, existing", "get_or_create", (0.60, 0.60), _got, lambda _: ("city 77",)),
        Workload(
            "create and commit",
            "create",
            (0.75, 0.75),
            as_it_is,
            lambda _: ("new",),
            repeat=5,
            mode="commit",
        ),
        Workload(f"{TASKS} tasks × {GETS} gets", "by_text", (0.60, 0.45), _rows, repeat=1, build=_together),
    )


def ways_of(module: str) -> dict[str, By]:
    """The functions of a library's file that do a workload, whose names they have."""
    said = vars(modules[module])
    return {each.key: said[each.key] for each in workloads(Sizes()) if each.key in said}
