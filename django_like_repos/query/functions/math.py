"""Functions of numbers."""

from typing import Any

from django_like_repos.query.expressions import Func, Transform


class Abs(Transform):
    """The number without its sign."""

    function = "ABS"
    lookup_name = "abs"


class ACos(Transform):
    """The arc cosine, in radians."""

    function = "ACOS"
    lookup_name = "acos"


class ASin(Transform):
    """The arc sine, in radians."""

    function = "ASIN"
    lookup_name = "asin"


class ATan(Transform):
    """The arc tangent, in radians."""

    function = "ATAN"
    lookup_name = "atan"


class ATan2(Func):
    """The arc tangent of the first number divided by the second, in radians."""

    function = "ATAN2"
    arity = 2


class Ceil(Transform):
    """The smallest whole number that is not less."""

    function = "CEIL"
    lookup_name = "ceil"


class Cos(Transform):
    """The cosine of an angle in radians."""

    function = "COS"
    lookup_name = "cos"


class Cot(Transform):
    """The cotangent of an angle in radians."""

    function = "COT"
    lookup_name = "cot"


class Degrees(Transform):
    """An angle in degrees, of one in radians."""

    function = "DEGREES"
    lookup_name = "degrees"


class Exp(Transform):
    """e raised to the power of the number."""

    function = "EXP"
    lookup_name = "exp"


class Floor(Transform):
    """The largest whole number that is not more."""

    function = "FLOOR"
    lookup_name = "floor"


class Ln(Transform):
    """The natural logarithm."""

    function = "LN"
    lookup_name = "ln"


class Log(Func):
    """The logarithm, to the first number as its base, of the second."""

    function = "LOG"
    arity = 2


class Mod(Func):
    """What remains of the first number divided by the second, with the sign of the first."""

    function = "MOD"
    arity = 2


class Pi(Func):
    """The number pi."""

    function = "PI"
    arity = 0


class Power(Func):
    """The first number raised to the power of the second."""

    function = "POWER"
    arity = 2


class Radians(Transform):
    """An angle in radians, of one in degrees."""

    function = "RADIANS"
    lookup_name = "radians"


class Random(Func):
    """A number from 0 up to 1, another for each row and each time."""

    function = "RANDOM"
    arity = 0


class Round(Transform):
    """The number rounded to so many digits after the point, a half away from zero.

    A negative ``precision`` rounds to tens, hundreds and so on.
    """

    function = "ROUND"
    lookup_name = "round"
    arity = None  # type: ignore[assignment]  # The precision is one more.

    def __init__(self, expression: Any, precision: Any = 0, **extra: Any) -> None:
        super().__init__(expression, precision, **extra)


class Sign(Transform):
    """1 for a positive number, -1 for a negative one, else 0."""

    function = "SIGN"
    lookup_name = "sign"


class Sin(Transform):
    """The sine of an angle in radians."""

    function = "SIN"
    lookup_name = "sin"


class Sqrt(Transform):
    """The square root."""

    function = "SQRT"
    lookup_name = "sqrt"


class Tan(Transform):
    """The tangent of an angle in radians."""

    function = "TAN"
    lookup_name = "tan"
