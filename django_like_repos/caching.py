"""Memory for what is worked out once: bounded, of a model, name or type; and of an object, in itself."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

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


class fact(Generic[R_co]):  # noqa: N801 - a decorator
    """A property that is worked out once: ``functools.cached_property`` without the lock of Python 3.11."""

    def __init__(self, work_out: Callable[[Any], R_co]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> "fact[R_co]": ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> R_co: ...

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work_out(instance)
        return value
