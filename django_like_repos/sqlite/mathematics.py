"""Functions of numbers, those too that an SQLite can be compiled without.

SQLite's own give NULL where there is no answer, and so do these.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from django_like_repos.sqlite.registry import function

Number = int | float


@function("cot", strict=True)
def _cot(angle: Number) -> float:
    tangent = math.tan(angle)
    return 1 / tangent if tangent else math.copysign(math.inf, tangent)


def _sign(number: Number) -> int:
    return (number > 0) - (number < 0)


def _ceil(number: Number) -> Number:
    return number if isinstance(number, int) or not math.isfinite(number) else float(math.ceil(number))


@function("floor", strict=True)
def _floor(number: Any) -> Any:
    """SQLAlchemy puts one of its own in the place of SQLite's, which does not take NULL."""
    if not isinstance(number, (int, float)) or not math.isfinite(number):
        return number if isinstance(number, float) else None
    return number if isinstance(number, int) else float(math.floor(number))


def _exp(number: Number) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf


def _log(base: Number, number: Number) -> float | None:
    return math.log(number, base) if base > 1 else None


def _pi() -> float:
    return math.pi


def _power(number: Number, exponent: Number) -> float:
    try:
        return math.pow(number, exponent)
    except OverflowError:
        return -math.inf if number < 0 and exponent % 2 == 1 else math.inf
    except ValueError:  # A root of a negative number, or a division by zero.
        if number:
            raise
        return math.inf


def _or_null(given: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*numbers: Any) -> Any:
        try:
            return given(*numbers)
        except (ArithmeticError, ValueError, TypeError):
            return None

    return answer


_OPTIONAL: Final[dict[str, tuple[Callable[..., Any], int]]] = {
    "acos": (math.acos, 1),
    "asin": (math.asin, 1),
    "atan": (math.atan, 1),
    "atan2": (math.atan2, 2),
    "ceil": (_ceil, 1),
    "cos": (math.cos, 1),
    "degrees": (math.degrees, 1),
    "exp": (_exp, 1),
    "ln": (math.log, 1),
    "log": (_log, 2),
    "mod": (math.fmod, 2),
    "pi": (_pi, 0),
    "power": (_power, 2),
    "radians": (math.radians, 1),
    "sign": (_sign, 1),
    "sin": (math.sin, 1),
    "sqrt": (math.sqrt, 1),
    "tan": (math.tan, 1),
}

for _name, (_given, _arity) in _OPTIONAL.items():
    function(_name, strict=True, arity=_arity, optional=True)(_or_null(_given))
