"""Comparison functions and casts."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import collate

from django_like_repos.constructs.casts import cast_to
from django_like_repos.constructs.comparison import extreme
from django_like_repos.constructs.enums import text_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import TEXTS, function_of, name_of, takes
from django_like_repos.language.inference import TEXT, family, of_one_type
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import means, options_of
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


@means(Coalesce, NullIf)
def _of_matching(call: Call, *values: Any) -> Any:
    return function_of(call)(*of_one_type(values, call.type))


@means(Collate, gives=TEXT, options=takes(TEXTS))
def _collate(call: Call, text: Any) -> Any:
    return collate(text_of(text), next(value for name, value, _ in options_of(call) if name == "collation"))


@means(Greatest, Least)
def _extreme(call: Call, *values: Any) -> Any:
    return extreme(name_of(call), *of_one_type(values, call.type))
