"""Measuring ways to do one thing against each other: in turns, in one run, by the median of many rounds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import NamedTuple

Way = Callable[[], object]
AsyncWay = Callable[[], Awaitable[object]]


class Cost(NamedTuple):
    """Seconds for one execution, of the processor and of the clock."""

    cpu: float
    wall: float


class Comparison(NamedTuple):
    """What one thing costs by hand and here."""

    name: str
    by_hand: Cost
    here: Cost


def compare(name: str, by_hand: Way, here: Way, *, rounds: int = 41, repeat: int = 100) -> Comparison:
    """Costs of two functions. Each round runs both, so that what slows the machine slows both.

    Garbage is collected as it comes: an application pays for that too.
    """
    found: Mapping[Way, list[Cost]] = {by_hand: [], here: []}
    for way in found:
        _run(way, repeat)
    for _ in range(rounds):
        for way, costs in found.items():
            costs.append(_run(way, repeat))
    return Comparison(name, _median(found[by_hand]), _median(found[here]))


async def compare_async(
    name: str, by_hand: AsyncWay, here: AsyncWay, *, rounds: int = 41, repeat: int = 20
) -> Comparison:
    """The same of two coroutine functions."""
    found: Mapping[AsyncWay, list[Cost]] = {by_hand: [], here: []}
    for way in found:
        await _await(way, repeat)
    for _ in range(rounds):
        for way, costs in found.items():
            costs.append(await _await(way, repeat))
    return Comparison(name, _median(found[by_hand]), _median(found[here]))


class Ways(NamedTuple):
    """What one thing costs by each way, round by round."""

    costs: Mapping[str, Sequence[Cost]]

    def cost(self, way: str) -> Cost:
        """The medians of one way."""
        return _median(self.costs[way])

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


async def measure(ways: Mapping[str, AsyncWay], *, rounds: int, repeat: int) -> Ways:
    """Costs of several ways to one result, in turns, every other round in the reverse order.

    Raises AssertionError where they have different results.
    """
    results = {name: await way() for name, way in ways.items()}
    first, *others = results.values()
    assert all(other == first for other in others), results
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for way in ways.values():
        await _await(way, repeat)
    for number in range(rounds):
        for name in reversed([*ways]) if number % 2 else ways:
            found[name].append(await _await(ways[name], repeat))
    return Ways(found)


def table(title: str, comparisons: list[Comparison]) -> str:
    """Comparisons as text, costs in microseconds."""
    lines = [
        f"{title:<44}{'by hand':>12}{'here':>12}{'ratio':>9}{'by hand':>12}{'here':>12}{'ratio':>9}",
        f"{'':<44}{'µs CPU':>12}{'µs CPU':>12}{'':>9}{'µs clock':>12}{'µs clock':>12}",
    ]
    for name, by_hand, here in comparisons:
        columns = [
            f"{by_hand.cpu * 1e6:>12.1f}{here.cpu * 1e6:>12.1f}{here.cpu / by_hand.cpu:>9.3f}",
            f"{by_hand.wall * 1e6:>12.1f}{here.wall * 1e6:>12.1f}{here.wall / by_hand.wall:>9.3f}",
        ]
        lines.append(f"  {name:<42}{''.join(columns)}")
    return "\n".join(lines)


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


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.cpu for cost in costs), median(cost.wall for cost in costs))
