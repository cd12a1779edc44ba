"""Measuring ways to do one thing against each other: in turns, in one run, by the median of many rounds."""

import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Final, NamedTuple

Way = Callable[[], object]
AsyncWay = Callable[[], Awaitable[object]]
Prepared = Callable[[], AbstractAsyncContextManager[AsyncWay]]

HAND: Final = "by hand"
OURS: Final = "ours"


class Cost(NamedTuple):
    """Seconds for one execution, of the processor and of the clock."""

    cpu: float
    wall: float


class Ways(NamedTuple):
    """What one thing costs by each way, round by round."""

    costs: Mapping[str, Sequence[Cost]]

    def cost(self, way: str) -> Cost:
        """The medians of one way."""
        costs = self.costs[way]
        return Cost(median(cost.cpu for cost in costs), median(cost.wall for cost in costs))

    def ratio(self, way: str, to: str) -> float:
        """One way to another by the clock: the median of their rounds, which what is slow slows alike."""
        return median(self._ratios(way, to))

    def spread(self, way: str, to: str) -> float:
        """Half the distance of the quartiles of that."""
        first, _, third = quantiles(self._ratios(way, to))
        return (third - first) / 2

    def _ratios(self, way: str, to: str) -> list[float]:
        pairs = zip(self.costs[way], self.costs[to], strict=True)
        return [mine.wall / other.wall for mine, other in pairs]


class Comparison(NamedTuple):
    """What one thing costs by each way."""

    name: str
    ways: Ways
    reference: str = HAND
    target: float | None = None
    """The ratio of ours to the reference that is wanted."""


class Extent(NamedTuple):
    """How much is measured."""

    quick: bool = False
    only: str = ""
    """Of the suites, only what has this in its name."""

    @property
    def rounds(self) -> int:
        return 9 if self.quick else 11

    def repeated(self, often: int) -> int:
        """How often a way runs in a round that has it so often in full."""
        return max(often // 2, 1) if self.quick else often

    def has(self, name: str) -> bool:
        return self.only in name


class Rounds(NamedTuple):
    """How many rounds there are, and how often each way runs in one."""

    rounds: int = 15
    repeat: int = 20


def compare(name: str, by_hand: Way, here: Way, *, rounds: int = 15, repeat: int = 50) -> Comparison:
    """Costs of two functions. Each round runs both, so that what slows the machine slows both.

    Garbage is collected as it comes: an application pays for that too.
    """
    ways = {HAND: by_hand, OURS: here}
    found: dict[str, list[Cost]] = {HAND: [], OURS: []}
    for way in ways.values():
        _run(way, repeat)
    for number in range(rounds):
        for each in _in_turn([*ways], number):
            found[each].append(_run(ways[each], repeat))
    return Comparison(name, Ways(found))


async def compare_async(
    name: str, by_hand: AsyncWay, here: AsyncWay, *, rounds: int = 15, repeat: int = 20
) -> Comparison:
    """The same of two coroutine functions, whose results may differ."""
    return Comparison(name, await timed({HAND: by_hand, OURS: here}, Rounds(rounds, repeat)))


async def measure(ways: Mapping[str, AsyncWay], how: Rounds) -> Ways:
    """Costs of several ways to one result. Raises AssertionError where they have different results."""
    results = {name: await way() for name, way in ways.items()}
    first, *others = results.values()
    assert all(other == first for other in others), results
    return await timed(ways, how)


async def timed(ways: Mapping[str, AsyncWay], how: Rounds) -> Ways:
    """Costs of several ways, in turns, every other round in the reverse order."""
    return await timed_prepared({name: _unprepared(way) for name, way in ways.items()}, how)


async def timed_prepared(ways: Mapping[str, Prepared], how: Rounds) -> Ways:
    """The same of ways that need something before each round and after it, which is not measured."""
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for number in range(-1, how.rounds):
        for name in _in_turn([*ways], number):
            async with ways[name]() as way:
                cost = await _await(way, how.repeat)
            if number >= 0:  # what comes first fills caches
                found[name].append(cost)
    return Ways(found)


def frozen() -> None:
    """Keeps what is there already, the modules of all libraries, out of each collection of garbage."""
    gc.collect()
    gc.freeze()


def _unprepared(way: AsyncWay) -> Prepared:
    return lambda: nullcontext(way)


def _in_turn(names: list[str], number: int) -> list[str]:
    return names[::-1] if number % 2 else names


def _run(way: Way, repeat: int) -> Cost:
    cpu, wall = process_time(), perf_counter()
    for _ in range(repeat):
        way()
    return Cost((process_time() - cpu) / repeat, (perf_counter() - wall) / repeat)


async def _await(way: AsyncWay, repeat: int) -> Cost:
    cpu, wall = process_time(), perf_counter()
    for _ in range(repeat):
        await way()
    return Cost((process_time() - cpu) / repeat, (perf_counter() - wall) / repeat)
