"""Function calls: ``Func`` and everything that is one."""

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import type_coerce

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.casting import as_type, typed
from django_like_repos.language.expressions.values import Small
from django_like_repos.language.inference import NULL, family
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    read_argument,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.meanings import Meaning, meaning_of
from django_like_repos.language.members import read_alike
from django_like_repos.language.sides import Compound, Side, Volatile, Whole
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.query import Clause, Func, Names
from django_like_repos.query.shapes import Call, Typed


@register_reader(Func)
def read_call_of(names: Names, value: Func) -> Clause:
    """A function call. Raises UnsupportedOperationError for what it does not take."""
    meaning = meaning_of(type(value))
    read = read_alike(names, value.expressions, read_argument, canonical(value.output_field))
    if meaning.hidden:
        read = [*map(_narrowed, read)]
    shape = _call(names, value, meaning, tuple([each.shape for each in read]))
    return Clause(shape, *together(read))


_CALLS: Final[dict[Hashable, Call]] = {}
"""Calls of which nothing was said but the arguments."""
_MOST: Final = 16384
_ARGUMENTS: Final = frozenset(
    ("expressions", "extra", "distinct", "filter", "default", "order_by", "subquery")
)


def _call(names: Names, value: Func, meaning: Meaning, arguments: tuple[Hashable, ...]) -> Call:
    key = (names, type(value), arguments)
    bare = meaning.by_kinds and not value.extra and value.__dict__.keys() <= _ARGUMENTS
    if bare and key in _CALLS:
        return _CALLS[key]
    options = meaning.options(names, value, [traits_of(names, each) for each in arguments])
    _check(value, options)
    call = Call(type(value), options, arguments, canonical(value.output_field))
    if bare:
        if len(_CALLS) >= _MOST:
            _CALLS.clear()
        _CALLS[key] = call
    return call


forget_on_change(_CALLS.clear)


def _narrowed(clause: Clause) -> Clause:
    """A small integer as one, since nobody knows that the function takes larger ones."""
    if clause.shape == Typed(int) and -(2**31) <= clause.params[0] < 2**31:
        return clause._replace(shape=Typed(Small))
    return clause


def _check(value: Func, options: Hashable) -> None:
    try:
        hash(options)
    except TypeError:
        raise UnsupportedOperationError(
            f"{value!r}: what is given by keyword is part of the SQL, and must be hashable"
        ) from None


def traits_of_call(names: Names, shape: Call) -> Traits:
    """What is known of a function call."""
    return meaning_of(shape.kind).traits(shape, [traits_of(names, each) for each in shape.arguments])


def _build(builder: Builder, shape: Call) -> Side:
    meaning, known = meaning_of(shape.kind), traits_of(builder.names, shape).type

    def say(*arguments: Any) -> Any:
        value = meaning.says(shape, *arguments)
        if shape.type is None:
            return typed(value, known)
        # What the arguments are of is what it may be of, whichever of them it is.
        kinds = {family(getattr(argument, "type", NULL)) for argument in arguments}
        return as_type(type_coerce(value, NULL) if len(kinds) > 1 else value, known)

    kind = Volatile if shape.kind.volatile else Whole if meaning.hidden else Compound
    side = kind(say, *[build_expression(builder, each) for each in shape.arguments])
    # What is not known of a function of the user's may be so.
    said = shape.kind.set_returning
    side.returns_sets = side.returns_sets or (meaning.hidden if said is None else said)
    return side


register_shape(Call, traits_of_call, _build)
