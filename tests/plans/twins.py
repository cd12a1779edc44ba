"""Twins: what a chain and the one beside it are made of, one with the other's shape or with a similar one."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

Twins = tuple[Any, Any]
Values = st.SearchStrategy[Any]

TEXTS = st.sampled_from(
    ["", "a", "abc", "АДА", "Ада", "%", "_", "/", "a/b_c%", "100%", "é", "Omsk' --", "in"]
)
NUMBERS = st.integers(-3, 6)


def same(value: Any) -> Twins:
    """One thing twice."""
    return value, value


def twins_of(values: Sequence[Any], alike: bool) -> st.SearchStrategy[Twins]:
    """One of the values twice; not alike, sometimes two: what differs little is most easily mistaken."""
    drawn = st.sampled_from(values)
    return drawn.map(same) if alike else drawn.map(same) | drawn.map(same) | st.tuples(drawn, drawn)


def pairs_of(values: Values) -> st.SearchStrategy[Twins]:
    """Two values of one kind."""
    return st.tuples(values, values)


def both(make: Callable[..., Any], *parts: st.SearchStrategy[Twins]) -> st.SearchStrategy[Twins]:
    """Twins made of twins, part by part."""
    return st.tuples(*parts).map(
        lambda drawn: (make(*[part[0] for part in drawn]), make(*[part[1] for part in drawn]))
    )


def either(
    makes: Sequence[Callable[..., Any]], alike: bool, *parts: st.SearchStrategy[Twins]
) -> st.SearchStrategy[Twins]:
    """Twins made of twins by one of several ways; not alike, sometimes by two."""
    return both(lambda make, *rest: make(*rest), twins_of(makes, alike), *parts)


def of_the_same_kinds(one: Any, other: Any) -> bool:
    """Whether two shapes are of the same classes throughout: ``1``, ``1.0`` and ``True`` are equal too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(of_the_same_kinds, one, other))
    return True
