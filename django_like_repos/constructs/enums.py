"""Members of enums beside texts, and beside those of other enums, which PostgreSQL keeps apart."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Enum, Select, String, Tuple, case, cast, null, select
from sqlalchemy.types import NullType, TypeEngine

from django_like_repos.constructs.base import text_literal
from django_like_repos.mapping.types import impl_of


def enum_of(type_: Any) -> Enum | None:
    """The enum that a type is, or decorates."""
    kind = impl_of(type_)
    return kind if isinstance(kind, Enum) else None


def is_one_enum(left: Enum, right: Enum) -> bool:
    """Whether two types are one to the database, and of the same members."""
    if left is right:
        return True
    same = left.enum_class is right.enum_class and _words(left) == _words(right)
    return same and _name(left) == _name(right)


def as_words(enum: Enum) -> Enum:
    """The type of the same members, stored by the same words, as texts."""
    kept = {"values_callable": enum.values_callable, "omit_aliases": enum._omit_aliases}
    members: Any = enum.enum_class
    return Enum(members, native_enum=False, **kept)


def text_of(value: Any) -> Any:
    """An expression of text as the functions of text take it."""
    return value if enum_of(value.type) is None else cast(value, String)


def alike_texts(values: Sequence[Any], wanted: TypeEngine[Any] | None = None) -> list[Any]:
    """Values that are compared, or of which one is chosen: as texts where some are of no, or another, enum.

    Those of one Python enum are by the words of one of the types: of ``wanted``, or else of the first.
    """
    known = [enum_of(each.type) for each in values if not isinstance(each.type, NullType)]
    enums = [each for each in known if each is not None]
    if not enums or (len(enums) == len(known) and all(is_one_enum(enums[0], each) for each in enums)):
        return list(values)
    first = enum_of(wanted) or enums[0]
    if len(enums) < len(known):
        return [text_of(each) for each in values]
    return [_by_words_of(first, each) for each in values]


def kept_in_enum(value: Any, type_: TypeEngine[Any] | None) -> Any:
    """What a column of an enum keeps of a text, or of another enum's member; of others any value."""
    wanted, given = enum_of(type_), enum_of(value.type)
    if wanted is None or isinstance(value.type, NullType) or (given and is_one_enum(wanted, given)):
        return value
    kept = _by_words_of(wanted, value)
    return cast(kept, wanted) if wanted.native_enum else kept


def alike_chosen(value: Any, chosen: Any) -> tuple[Any, Any]:
    """A value and the SELECT among whose values it is looked for."""
    if isinstance(value, Tuple) or len(chosen.selected_columns) != 1:
        return value, chosen
    (column,) = chosen.selected_columns
    mine, theirs = alike_texts([value, column])
    if theirs is column:
        return mine, chosen
    if isinstance(chosen, Select):
        return mine, chosen.with_only_columns(theirs)
    derived = chosen.subquery()
    return mine, select(alike_texts([value, *derived.c])[1])


def _by_words_of(enum: Enum, value: Any) -> Any:
    mine: Any = enum_of(value.type)
    if mine is None or mine.enum_class is not enum.enum_class or _words(mine) == _words(enum):
        return text_of(value)
    words = {member: text_literal(word) for word, member in _words(enum).items()}
    pairs = [(text_literal(word), words.get(member, null())) for word, member in _words(mine).items()]
    return case(*[(text_of(value) == word, theirs) for word, theirs in pairs])


def _words(enum: Enum) -> dict[Any, Any]:
    """The members by what is stored for them."""
    return {word: enum._object_lookup[word] for word in enum.enums}


def _name(enum: Enum) -> Any:
    return (enum.name, enum.schema) if enum.native_enum else None
