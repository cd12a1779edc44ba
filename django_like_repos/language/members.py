"""Members of Python enums within expressions: they are of the type of what they stand beside."""

from collections.abc import Callable, Sequence
from copy import copy
from enum import Enum
from typing import Any, Final

from sqlalchemy.types import TypeDecorator, TypeEngine

from django_like_repos.constructs.enums import enum_of
from django_like_repos.language.inference import family
from django_like_repos.language.kinds import traits_of
from django_like_repos.query import Case, Clause, Combined, F, Names, Value
from django_like_repos.query.functions.comparison import NullIf, OfSeveral
from django_like_repos.values.decorated import binds_itself

_WITHOUT_MEMBERS: Final = frozenset({str, int, float, F, Combined})
"""What is no member of an enum, and chooses among none."""
_NUMBERS = ("integer", "decimal", "float")


def read_alike(
    names: Names,
    values: Sequence[Any],
    read: Callable[[Names, Any], Clause],
    wanted: TypeEngine[Any] | None = None,
) -> list[Clause]:
    """Several values that go together, with their members of enums as the others have them."""
    if _WITHOUT_MEMBERS.issuperset(map(type, values)):
        return [read(names, value) for value in values]
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
    return _chosen_as(value, lambda each: _member_as(each, types))


def stored_as(value: Any, type_: TypeEngine[Any]) -> Any:
    """An expression for a column whose values are stored as something else: a plain one is of its type."""
    if enum_of(type_) is None and not (isinstance(type_, TypeDecorator) and binds_itself(type_)):
        return members_as(value, [type_])
    return _chosen_as(value, lambda each: Value(each.value, type_) if _is_untyped(each) else each)


def _chosen_as(value: Any, read: Callable[[Any], Any]) -> Any:
    """An expression with what it is, or what it chooses among, as a function reads it."""
    if not _parts(value):
        return read(value)
    made = copy(value)
    if isinstance(made, Case):
        made.cases = tuple([_then_as(when, read) for when in made.cases])
        made.default = _chosen_as(made.default, read)
    else:
        made.expressions = tuple([_chosen_as(each, read) for each in made.expressions])
    return made


def _then_as(when: Any, read: Callable[[Any], Any]) -> Any:
    made = copy(when)
    made.then = _chosen_as(when.then, read)
    return made


def _member_as(value: Any, types: Sequence[TypeEngine[Any]]) -> Any:
    member = _member(value)
    type_ = None if member is None else next((each for each in types if _takes(each, member)), None)
    return value if type_ is None else Value(member, type_)


def _is_untyped(value: Any) -> bool:
    return type(value) is Value and value.output_field is None and value.value is not None


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
