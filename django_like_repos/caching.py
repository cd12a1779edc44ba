"""Memory for what is worked out once: bounded, of a model, name or type; and of an object, in itself."""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar, cast, overload

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

LONGEST: Final = 256
"""Characters of a text that is remembered: names that are longer are a stranger's."""
LARGEST: Final = 16_384
"""Characters, and parts, of all that a thing to be remembered is known by."""


class Cached(Protocol[P, R_co]):
    """A function that remembers."""

    __wrapped__: Any

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def cache_clear(self) -> None: ...

    def cache_info(self) -> Any: ...


class TooLargeError(Exception):
    """What would be remembered is known by too much text. Holds what was worked out."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer


def remembering(
    size: int, work_out: Callable[..., Any], longest: int = LONGEST, largest: int = LARGEST
) -> Any:
    """An ``lru_cache`` that raises TooLargeError instead of remembering an answer to a large question."""

    def answer(*args: Any) -> Any:
        found = work_out(*args)
        if is_large(args, longest, largest):
            raise TooLargeError(found)
        return found

    return lru_cache(maxsize=size)(answer)


def cached(size: int, longest: int = LONGEST) -> Callable[[Callable[P, R_co]], Cached[P, R_co]]:
    """Makes a function remember its last ``size`` answers; those to large questions are worked out anew.

    Arguments must be hashable, and are given by position.
    """

    def decorate(work_out: Any) -> Cached[P, R_co]:
        kept = remembering(size, work_out, longest)
        call = _CALLS.get(work_out.__code__.co_argcount, _call_any)(kept)
        made: Any = update_wrapper(call, work_out)
        made.__defaults__ = work_out.__defaults__ if call.__code__.co_argcount else None
        made.__wrapped__ = kept
        made.cache_clear, made.cache_info = kept.cache_clear, kept.cache_info
        remembers: Cached[P, R_co] = made
        return remembers

    return decorate


def cached_by_class(size: int) -> Callable[[Callable[P, R_co]], Cached[P, R_co]]:
    """The same of what is asked by a class, a mapper or one of SQLAlchemy's types, which no stranger makes.

    Nothing has to be looked at, so nothing stands between the caller and the answer.
    """

    def decorate(work_out: Any) -> Cached[P, R_co]:
        remembers: Any = lru_cache(maxsize=size)(work_out)
        return cast("Cached[P, R_co]", remembers)

    return decorate


# One for each number of arguments: on the way of every query, *args would cost as much as the memory saves.


def _call_one(kept: Any) -> Callable[..., Any]:
    def call(one: Any) -> Any:
        try:
            return kept(one)
        except TooLargeError as large:
            return large.answer

    return call


def _call_two(kept: Any) -> Callable[..., Any]:
    def call(one: Any, two: Any) -> Any:
        try:
            return kept(one, two)
        except TooLargeError as large:
            return large.answer

    return call


def _call_any(kept: Any) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        try:
            return kept(*args)
        except TooLargeError as large:
            return large.answer

    return call


_CALLS: Final = {1: _call_one, 2: _call_two}
_SMALL: Final = frozenset({type(None), bool, int})
"""Most of what questions are made of, and never what makes one large."""


def is_large(value: Any, longest: int = LONGEST, largest: int = LARGEST) -> bool:
    """Whether a question is too large to be remembered with its answer."""
    left = largest
    todo = [value]
    while todo:
        each = todo.pop()
        if type(each) in _SMALL:
            continue
        if isinstance(each, str):
            if len(each) > longest:
                return True
            left -= len(each)
        elif isinstance(each, tuple):
            left -= len(each)
            todo.extend(each)
        elif getattr(each, "unkept", False) is True:
            return True
        if left < 0:
            return True
    return False


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
