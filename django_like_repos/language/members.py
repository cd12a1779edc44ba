"""Members of Python enums within expressions: they are of the type of what they stand beside."""

from collections.abc import Callable, Sequence
from copy import copy
from enum import Enum
from typing import Any

from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.enums import enum_of
from django_like_repos.language.inference import family
from django_like_repos.language.kinds import traits_of
from django_like_repos.query import Case, Clause, Names, Value
from django_like_repos.query.functions.comparison import NullIf, OfSeveral

_NUMBERS = ("integer", "decimal", "float")


def read_alike(
    names: Names,
    values: Sequence[Any],
    read: Callable[[Names, Any], Clause],
    wanted: TypeEngine[Any] | None = None,
) -> list[Clause]:
    """Several values that go together, with their members of enums as the others have them."""
    free = [_is_free(value) for value in values]
    clauses = [None if alone else read(names, value) for value, alone in zip(values, free, strict=True)]
    known = [traits_of(names, each.shape).type for each in clauses if each is not None] if any(free) else []
    types = [type_ for type_ in (wanted, *known) if type_ is not None]
    return [
        read(names, members_as(value, types)) if clause is None else clause
        for value, clause in zip(values, clauses, strict=True)
    ]


def members_as(value: Any, types: Sequence[TypeEngine[Any]]) -> Any:
    """An expression whose members of enums are of the first of the types that takes them, if any does."""
    member = _member(value)
    if member is not None:
        type_ = next((each for each in types if _takes(each, member)), None)
        return value if type_ is None else Value(member, type_)
    if not _parts(value):
        return value
    made = copy(value)
    if isinstance(made, Case):
        made.cases = tuple([_then_as(when, types) for when in made.cases])
        made.default = members_as(made.default, types)
    else:
        made.expressions = tuple([members_as(each, types) for each in made.expressions])
    return made


def _then_as(when: Any, types: Sequence[TypeEngine[Any]]) -> Any:
    made = copy(when)
    made.then = members_as(when.then, types)
    return made


def _member(value: Any) -> Enum | None:
    if type(value) is Value and value.output_field is None:
        value = value.value
    return value if isinstance(value, Enum) else None


def _is_free(value: Any) -> bool:
    """Whether an expression is nothing but members, so that what stands beside it says of which type."""
    if _member(value) is not None:
        return True
    parts = [each for each in _parts(value) if each is not None]
    return bool(parts) and all(map(_is_free, parts))


def _parts(value: Any) -> Sequence[Any]:
    """What an expression chooses among, where its type is theirs."""
    if isinstance(value, (Case, OfSeveral, NullIf)) and value.output_field is None:
        if isinstance(value, Case):
            return (*[when.then for when in value.cases], value.default)
        return value.expressions
    return ()


def _takes(type_: TypeEngine[Any], member: Enum) -> bool:
    enum = enum_of(type_)
    if enum is not None and enum.enum_class is not None:
        return isinstance(member, enum.enum_class)
    kind = family(type_)
    return (isinstance(member, str) and kind == "text") or (isinstance(member, int) and kind in _NUMBERS)
