"""What an annotation takes: None or not, one value or a collection of them, of which types."""

from collections import abc
from collections.abc import Callable, Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NamedTuple, Required, TypeVar, Union, get_args, get_origin

import typing_extensions

Collect = Callable[[Iterable[Any]], Any]


class Wanted(NamedTuple):
    """What a field takes."""

    none: bool
    """Whether None is among it."""
    anything: bool
    """Whether no type is said."""
    collect: Collect | None
    """What several values are put into; None where the field takes one."""
    types: tuple[Any, ...]
    """Of which the one value may be, or those in the collection."""
    each_none: bool = True
    """Whether None may be in the collection."""


_COLLECTIONS: Final[dict[Any, Collect]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Collection: list,
    abc.Iterable: list,
    tuple: tuple,
    set: set,
    abc.Set: set,
    abc.MutableSet: set,
    frozenset: frozenset,
}

QUALIFIERS: Final = (Required, typing_extensions.NotRequired, typing_extensions.ReadOnly)


def bare(annotation: Any) -> Any:
    """An annotation without what ``Annotated`` says of it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def wanted(annotation: Any) -> Wanted:
    """What an annotation takes; an alias of a type, and a root model of pydantic, what they stand for."""
    none, types = _members(annotation)
    anything = any(each is Any or each is object or isinstance(each, TypeVar) for each in types)
    if len(types) == 1:
        collect = _COLLECTIONS.get(get_origin(types[0]) or types[0])
        inner = get_args(types[0])
        of_any_length = collect is not tuple or inner[1:] == (...,)
        if collect is not None and of_any_length:
            each_none, members = _members(inner[0]) if inner else (True, [])
            return Wanted(none, False, collect, tuple(members), each_none or Any in members)
    return Wanted(none or anything, anything, None, tuple(types))


def _members(annotation: Any) -> tuple[bool, list[Any]]:
    """Whether None is a member of a union, and the others."""
    none = False
    found: list[Any] = []
    todo = [annotation]
    while todo:
        each = todo.pop(0)
        origin = get_origin(each)
        if origin is Annotated or origin in QUALIFIERS:
            todo.insert(0, get_args(each)[0])
        elif origin in (Union, UnionType):
            todo = [*get_args(each), *todo]
        elif hasattr(each, "__value__"):
            todo.insert(0, each.__value__)
        elif hasattr(each, "__supertype__"):
            todo.insert(0, each.__supertype__)
        elif getattr(each, "__pydantic_root_model__", False):
            todo.insert(0, each.__pydantic_fields__["root"].annotation)
        elif each is None or each is NoneType:
            none = True
        else:
            found.append(each)
    return none, found
