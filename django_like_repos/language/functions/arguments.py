"""What functions take: the kinds of arguments, refused where they are written, and their form in SQL."""

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, cast, func

from django_like_repos.constructs.casts import cast_to
from django_like_repos.constructs.enums import text_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import TEXT, family
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import TAKEN, Options, by_kinds, plain_options
from django_like_repos.query import Func, Names
from django_like_repos.query.shapes import Call

TEXTS: Final = ("text",)
TEXTS_OR_BYTES: Final = ("text", "bytes")
WHOLE: Final = ("integer",)
NUMBERS: Final = ("integer", "decimal", "float")

_KNOWN: Final = frozenset(
    (*TEXTS, *NUMBERS, "array", "boolean", "bytes", "date", "datetime", "interval", "json", "time", "uuid")
)
"""The kinds of values that are told apart; what else there is goes to the database as it is."""


def takes(*kinds: tuple[str, ...]) -> Options:
    """Options of a function of arguments of these kinds, the last one counting for all that follow."""

    @by_kinds
    def check(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
        for place, argument in enumerate(arguments):
            _check(function, place, argument, kinds[min(place, len(kinds) - 1)])
        return plain_options(names, function, arguments)

    TAKEN[check] = lambda options: kinds
    return check


def _check(function: Func, place: int, argument: Traits, kinds: tuple[str, ...]) -> None:
    kind = family(argument.type)
    if kind in _KNOWN and kind not in kinds:
        raise UnsupportedOperationError(
            f"{function!r}: argument {place + 1} is of the type {kind} and should be {' or '.join(kinds)}; "
            "Cast() makes another type of it"
        )


def name_of(call: Call) -> str:
    """The name of the function that is called."""
    kind: Any = call.kind
    name: str = kind.function.lower()
    return name


def function_of(call: Call) -> Any:
    """The function of the database that is called by its own name."""
    return getattr(func, name_of(call))


def as_text(value: Any) -> Any:
    """An expression as text, whatever its type."""
    kind = family(value.type)
    if kind == "text":
        return text_of(value)
    return value if kind == "nulltype" else cast_to(value, TEXT, kind, "text")


def whole(value: Any) -> Any:
    """A whole number as the functions of text take it: not longer than 32 bits."""
    short = isinstance(value.type, Integer) and not isinstance(value.type, BigInteger)
    return value if short else cast(value, Integer)
