"""Aggregates that SQLite lacks: the spread of numbers, exact until the last step, of windows too."""

import math
from collections import Counter
from fractions import Fraction
from typing import Any

from django_like_repos.sqlite.registry import aggregate


class _Spread:
    """The variance of the numbers that are not NULL; NULL of too few."""

    sample = False

    def __init__(self) -> None:
        self._count = 0
        self._strange = 0
        """How many are infinite."""
        # Sums of numerators by their denominators, which are few: a float's is a power of two.
        self._sums: Counter[int] = Counter()
        self._squares: Counter[int] = Counter()

    def step(self, value: Any) -> None:
        self._add(value, 1)

    def inverse(self, value: Any) -> None:
        self._add(value, -1)

    def _add(self, value: Any, times: int) -> None:
        if value is None:
            return
        number = value if isinstance(value, (int, float)) else float(value)
        self._count += times
        if not math.isfinite(number):
            self._strange += times
            return
        numerator, denominator = number.as_integer_ratio()
        self._sums[denominator] += times * numerator
        self._squares[denominator * denominator] += times * numerator * numerator

    def value(self) -> float | None:
        others = self._count - self.sample
        if others <= 0 or self._strange:
            return None
        total = sum((Fraction(number, by) for by, number in self._sums.items()), Fraction())
        squares = sum((Fraction(number, by) for by, number in self._squares.items()), Fraction())
        return self._of(float((squares - total * total / self._count) / others))

    def finalize(self) -> float | None:
        return self.value()

    def _of(self, variance: float) -> float:
        return variance


@aggregate("var_pop")
class _Variance(_Spread):
    pass


@aggregate("var_samp")
class _SampleVariance(_Spread):
    sample = True


@aggregate("stddev_pop")
class _Deviation(_Spread):
    def _of(self, variance: float) -> float:
        return math.sqrt(variance)


@aggregate("stddev_samp")
class _SampleDeviation(_Deviation):
    sample = True
