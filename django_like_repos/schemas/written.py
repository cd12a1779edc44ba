"""How objects of a type are written as JSON, where its fields alone say it and no Python code has a say."""

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

Takes = tuple[Any, ...]
"""What a field lets pass as it is: names of kinds of values, or the type of an object; each after the list
that it is in. Nothing stands for whatever there is."""

ANYTHING: Final[Takes] = ()


class ByPythonError(Exception):
    """Only Python can write objects of a type as JSON. Says why."""


class WrittenField(NamedTuple):
    """One field as it is written."""

    argument: str
    """What the maker of the type calls it."""
    name: str
    """The key that it is written under, unless that is to be the alias."""
    alias: str
    takes: Takes = ANYTHING


class Written(NamedTuple):
    """What is written of an object."""

    fields: tuple[WrittenField, ...]
    array: bool = False
    """Whether it is its values alone, in brackets."""
    by_alias: bool = False
    """Whether its keys are the aliases where nobody says so."""


def written_as_given(
    kind: type[Any],
    fields: Iterable[tuple[str, str]],
    converted: Collection[str] = (),
    *,
    array: bool = False,
) -> Written:
    """A type that keeps what it is given: its arguments, and the keys that they are written under.

    Raises ByPythonError for one that may make something else of it.
    """
    if converted:
        raise ByPythonError(f"{kind.__name__} converts {', '.join(sorted(converted))}")
    if any(hasattr(kind, name) for name in _HOOKS):
        raise ByPythonError(f"{kind.__name__} has code that is run when it is made")
    return Written(tuple([WrittenField(argument, key, key) for argument, key in fields]), array)


def written_by_python(kind: type[Any]) -> Written:
    """Raises ByPythonError: of types that nobody knows."""
    raise ByPythonError(f"nobody says how {kind.__name__} is written")


_HOOKS: Final = ("__post_init__", "__attrs_post_init__", "__pydantic_validator__")
