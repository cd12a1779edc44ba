"""Decimals, which are floats on SQLite: computed as what their shortest texts say, and rounded once."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from django_like_repos.sqlite.registry import aggregate, function

_CONTEXT: Final = Context(prec=60, traps=[])


def decimal_of(value: Any) -> Decimal:
    """The decimal that a number of SQLite stands for."""
    return Decimal(value) if isinstance(value, int) else Decimal(str(value))


def number_of(value: Decimal) -> int | float | None:
    """The number of SQLite that is next to a decimal; none for what is no number."""
    if not value.is_finite():
        return None
    whole = abs(value) < 2**63 and value == value.to_integral_value()
    return int(value) if whole else float(value)


def rounded(number: int | float, places: int) -> int | float | None:
    """A number rounded to places, or to tens where they are negative, a half away from zero."""
    value = decimal_of(number)
    unit = Decimal(1).scaleb(-places)
    if not value.is_finite() or value.as_tuple().exponent >= -places:  # type: ignore[operator]
        return number
    return number_of(value.quantize(unit, ROUND_HALF_UP, Context(prec=400)))


function("dlr_round", strict=True)(rounded)


def _operation(name: str, reckon: Callable[[Decimal, Decimal], Decimal]) -> None:
    def answer(left: Any, right: Any) -> int | float | None:
        return number_of(reckon(decimal_of(left), decimal_of(right)))

    function(name, strict=True)(answer)


_operation("dlr_plus", _CONTEXT.add)
_operation("dlr_minus", _CONTEXT.subtract)
_operation("dlr_times", _CONTEXT.multiply)
_operation("dlr_over", _CONTEXT.divide)
_operation("dlr_mod", _CONTEXT.remainder)


class _Decimals:
    """The decimals of a group or of a window."""

    def __init__(self) -> None:
        self.count = 0
        self.total = Decimal()

    def step(self, value: Any) -> None:
        if value is not None:
            self.count += 1
            self.total = _CONTEXT.add(self.total, decimal_of(value))

    def inverse(self, value: Any) -> None:
        if value is not None:
            self.count -= 1
            self.total = _CONTEXT.subtract(self.total, decimal_of(value))

    def finalize(self) -> int | float | None:
        return self.value()

    def value(self) -> int | float | None:
        raise NotImplementedError


@aggregate("dlr_sum_decimals")
class _Total(_Decimals):
    def value(self) -> int | float | None:
        return number_of(self.total) if self.count else None


@aggregate("dlr_avg_decimals")
class _Mean(_Decimals):
    def value(self) -> int | float | None:
        return number_of(_CONTEXT.divide(self.total, Decimal(self.count))) if self.count else None
