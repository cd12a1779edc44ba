"""The functions and aggregates that every connection gets: where each family puts its own.

They take what SQLAlchemy stores. Their names begin with ``dlr_`` unless they are SQL's own.
"""

import sqlite3
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Final, NamedTuple, TypeVar

C = TypeVar("C", bound=Callable[..., Any])
A = TypeVar("A", bound=type[Any])


class Function(NamedTuple):
    """A function as a connection gets it."""

    function: Callable[..., Any]
    arity: int
    """How many arguments it takes; -1 for any number."""
    deterministic: bool
    optional: bool
    """Whether SQLite has one of the name, where it is compiled with mathematics."""


FUNCTIONS: Final[dict[str, Function]] = {}
AGGREGATES: Final[dict[str, type[Any]]] = {}


def function(
    name: str,
    *,
    deterministic: bool = True,
    strict: bool = False,
    optional: bool = False,
    arity: int | None = None,
) -> Callable[[C], C]:
    """Registers a function; one that is ``strict`` is not asked about NULL, and gives NULL for it.

    ``arity`` is how many arguments it takes where its signature does not say, or -1 for any number.
    """

    def register_function(given: C) -> C:
        called = _strict(given) if strict else given
        takes = _arity(given) if arity is None else arity
        FUNCTIONS[name] = Function(called, takes, deterministic, optional)
        return given

    return register_function


def aggregate(name: str) -> Callable[[A], A]:
    """Registers a class of aggregates of one value, with ``step``, ``inverse``, ``value`` and ``finalize``.

    With ``inverse``, which takes a value away again, it can be asked of a window too.
    """

    def register_aggregate(given: A) -> A:
        AGGREGATES[name] = given
        return given

    return register_aggregate


def register(connection: sqlite3.Connection) -> None:
    """Gives a connection all of them."""
    ((has_mathematics,),) = connection.execute("SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')")
    for name, (function, arity, deterministic, optional) in FUNCTIONS.items():
        if not (optional and has_mathematics):
            connection.create_function(name, arity, function, deterministic=deterministic)
    for name, kind in AGGREGATES.items():
        connection.create_window_function(name, 1, kind)


def _arity(function: Callable[..., Any]) -> int:
    parameters = signature(function).parameters.values()
    plain = all(
        each.kind is not Parameter.VAR_POSITIONAL and each.default is Parameter.empty for each in parameters
    )
    return len(parameters) if plain else -1


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return call
