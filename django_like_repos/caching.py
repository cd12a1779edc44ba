"""Bounded memory for what is worked out once a model, name or type: ``lru_cache`` with its signature kept."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Cached(Protocol[P, R_co]):
    """A function that remembers."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def cache_clear(self) -> None: ...


def cached(size: int) -> Callable[[Callable[P, R_co]], Cached[P, R_co]]:
    """Makes a function remember its last ``size`` answers. Arguments must be hashable."""
    decorate: Any = lru_cache(maxsize=size)
    made: Callable[[Callable[P, R_co]], Cached[P, R_co]] = decorate
    return made
