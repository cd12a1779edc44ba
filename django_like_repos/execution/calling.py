"""Functions of the application that are called: plain ones, coroutines, and none that would run nothing."""

from inspect import isasyncgen, isasyncgenfunction, isawaitable, isgenerator, isgeneratorfunction
from typing import Any

from django_like_repos.errors import UnsupportedOperationError


def yields(function: object) -> bool:
    """Whether to call a function, or an object that can be called, runs nothing of it, since it yields."""
    called = (function, getattr(type(function), "__call__", None))  # noqa: B004 - of its class
    return any(isasyncgenfunction(each) or isgeneratorfunction(each) for each in called)


async def outcome(returned: Any, name: str) -> Any:
    """What a function of that name has returned, awaited where it is to be.

    Raises UnsupportedOperationError for a generator, of which nothing has run.
    """
    if isawaitable(returned):
        return await returned
    if isgenerator(returned) or isasyncgen(returned):
        raise UnsupportedOperationError(
            f"{name} returned a generator, {returned.__qualname__}(), of which nothing has run: let it do "
            "the work itself, or return a coroutine, async def, without yield"
        )
    return returned
