"""Asserting what a queryset gives: its rows, and with them everything that must agree."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from django_like_repos import QuerySet

Make = Callable[[QuerySet[Any]], QuerySet[Any, Any]]
Chains = dict[str, tuple[type[Any], Make, list[Any]]]


def told(row: Any) -> Any:
    """The primary key of a model, bare where it is one column; anything else as it is."""
    state = inspect(row, raiseerr=False)
    if not isinstance(state, InstanceState):
        return row
    assert state.identity is not None
    first, *others = state.identity
    return (first, *others) if others else first


def tuples(result: Iterable[Any]) -> list[tuple[Any, ...]]:
    """What an UPDATE or DELETE returned, in order."""
    return sorted(tuple(row) for row in result)


async def gives(queryset: QuerySet[Any, Any], expected: list[Any]) -> None:
    """Assert the rows in their order, their number, and that a slice is a part of the whole."""
    assert [told(row) for row in await queryset] == expected
    assert await queryset.count() == len(expected)
    assert await queryset.exists() is bool(expected)
    assert [told(row) for row in await queryset[1:3]] == expected[1:3]
