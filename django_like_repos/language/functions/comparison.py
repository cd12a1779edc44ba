"""Comparison functions and casts."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Enum, String, cast, collate, func

from django_like_repos.constructs.casts import cast_to
from django_like_repos.constructs.comparison import extreme
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import TEXTS, takes, text_of
from django_like_repos.language.functions.base import means
from django_like_repos.language.inference import TEXT, family
from django_like_repos.language.kinds import Traits
from django_like_repos.query import Func, Names
from django_like_repos.query.functions.comparison import Cast, Coalesce, Collate, Greatest, Least, NullIf
from django_like_repos.query.shapes import Call


def _typed(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    if function.output_field is None:
        raise UnsupportedOperationError(f"{function!r} needs an output_field, the type to make of it")
    return ()


@means(Cast, options=_typed)
def _cast(call: Call, value: Any) -> Any:
    wanted: Any = call.type
    return cast_to(value, wanted, family(value.type), family(wanted))


@means(Coalesce)
def _coalesce(call: Call, *values: Any) -> Any:
    return func.coalesce(*_matching(values))


@means(Collate, gives=TEXT, options=takes(TEXTS))
def _collate(call: Call, text: Any) -> Any:
    extra: Any = call.options
    return collate(text_of(text), next(value for name, value, _ in extra if name == "collation"))


@means(Greatest)
def _greatest(call: Call, *values: Any) -> Any:
    return extreme("greatest", *_matching(values))


@means(Least)
def _least(call: Call, *values: Any) -> Any:
    return extreme("least", *_matching(values))


@means(NullIf)
def _null_if(call: Call, value: Any, other: Any) -> Any:
    return func.nullif(*_matching((value, other)))


def _matching(values: tuple[Any, ...]) -> list[Any]:
    """The values, where some are members of an enum and others are texts, as texts all of them."""
    kinds = [each.type for each in values]
    if not any(isinstance(kind, Enum) for kind in kinds) or all(kind is kinds[0] for kind in kinds):
        return list(values)
    return [cast(each, String) if isinstance(each.type, Enum) else each for each in values]
