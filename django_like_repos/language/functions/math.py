"""Functions of numbers.

What a function gives has the type that Django says, and is cast where the database gives another: those of
real numbers give a float, or a decimal where an argument is one; those that round give what they are given.
"""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import func
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.casts import cast_to
from django_like_repos.constructs.mathematics import exact, random_number, rounded
from django_like_repos.language.functions.arguments import NUMBERS, WHOLE, function_of, name_of, takes
from django_like_repos.language.inference import BIG, DECIMAL, DOUBLE, family
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import means
from django_like_repos.query import Func, Names, Value
from django_like_repos.query.functions import math as functions
from django_like_repos.query.shapes import Call

_numbers = takes(NUMBERS)


def _real(call: Call, arguments: list[Traits]) -> TypeEngine[Any]:
    return DECIMAL if any(family(each.type) == "decimal" for each in arguments) else DOUBLE


def _alike(call: Call, arguments: list[Traits]) -> TypeEngine[Any]:
    """That of the number; of a whole one that of the longest, which what it is rounded to may be."""
    kind: Any = arguments[0].type
    return BIG if family(kind) == "integer" else kind


def _given(call: Call, numbers: tuple[Any, ...], result: Any, kind: str) -> Any:
    """What a function gave, which is of a ``kind``, as the type that it should have."""
    wanted = call.type or _real(call, [Traits(each.type) for each in numbers])
    return result if family(wanted) == kind else cast_to(result, wanted, kind, family(wanted))


@means(functions.ACos, functions.ASin, functions.ATan, functions.ATan2, gives=_real, options=_numbers)
@means(functions.Cos, functions.Cot, functions.Sin, functions.Tan, gives=_real, options=_numbers)
@means(functions.Degrees, functions.Pi, functions.Radians, gives=_real, options=_numbers)
def _of_floats(call: Call, *numbers: Any) -> Any:
    return _given(call, numbers, function_of(call)(*numbers, type_=DOUBLE), "float")


@means(functions.Exp, functions.Ln, functions.Sqrt, functions.Power, gives=_real, options=_numbers)
def _of_reals(call: Call, *numbers: Any) -> Any:
    kinds = {family(each.type) for each in numbers}
    kind = "decimal" if "decimal" in kinds and "float" not in kinds else "float"
    return _given(call, numbers, function_of(call)(*numbers), kind)


@means(functions.Log, functions.Mod, gives=_real, options=_numbers)
def _of_decimals(call: Call, *numbers: Any) -> Any:
    return _given(call, numbers, exact(name_of(call), *numbers), "decimal")


@means(functions.Random, gives=DOUBLE)
def _random(call: Call) -> Any:
    return _given(call, (), random_number(), "float")


@means(functions.Abs, options=_numbers)
def _abs(call: Call, number: Any) -> Any:
    return _kept(call, number, func.abs(number), family(number.type))


@means(functions.Ceil, functions.Floor, gives=_alike, options=_numbers)
def _to_whole(call: Call, number: Any) -> Any:
    if family(number.type) == "integer":
        return _kept(call, number, exact(name_of(call), number), "decimal")
    return _kept(call, number, function_of(call)(number), family(number.type))


@means(functions.Sign, gives=_alike, options=_numbers)
def _sign(call: Call, number: Any) -> Any:
    # A whole number on SQLite, and of a whole number a float on PostgreSQL.
    kind = "decimal" if family(number.type) == "decimal" else ""
    return _kept(call, number, func.sign(number), kind)


def _precision(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    """Whether the precision is a plain negative number."""
    takes(NUMBERS, WHOLE)(names, function, arguments)
    precision = function.expressions[1]
    plain = precision.value if isinstance(precision, Value) else precision
    return isinstance(plain, int) and plain < 0


@means(functions.Round, gives=_alike, options=_precision)
def _round(call: Call, number: Any, precision: Any) -> Any:
    return _kept(call, number, rounded(number, precision, negative=bool(call.options)), "decimal")


def _kept(call: Call, number: Any, result: Any, kind: str) -> Any:
    """What a function gave, which is of a ``kind``, as the type of the number."""
    wanted = call.type or _alike(call, [Traits(number.type)])
    target = family(wanted)
    if target == kind or target == "nulltype":
        return result
    return cast_to(result, wanted, kind or "float", target)
