"""Slices of texts."""

from typing import Any

from sqlalchemy import cast as cast_of
from sqlalchemy import func, types

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import TEXT, combined, family, is_null
from django_like_repos.language.kinds import (
    build_expression,
    read_expression,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.outer import outer_of
from django_like_repos.language.sides import Compound
from django_like_repos.query import Clause, Names, Sliced
from django_like_repos.query.shapes import Part, Typed


@register_reader(Sliced)
def _read_sliced(names: Names, value: Sliced) -> Clause:
    inner = read_expression(names, value.expression)
    start = Clause(Typed(int), (value.start + 1,))
    bounds = [start, *([] if value.length is None else [Clause(Typed(int), (value.length,))])]
    known = traits_of(names, inner.shape).type
    # Of what kind a value of the rows around is, nobody knows yet.
    if family(known) != "text" and not (outer_of(inner.shape) and is_null(known)):
        raise UnsupportedOperationError(f"{value!r}: only a text can be sliced")
    shape = Part(inner.shape, tuple([bound.shape for bound in bounds]))
    return Clause(shape, *together([inner, *bounds]))


register_shape(
    Part,
    lambda names, shape: combined([traits_of(names, shape.text)], TEXT),
    lambda builder, shape: Compound(
        _substring, *[build_expression(builder, part) for part in (shape.text, *shape.bounds)]
    ),
)


def _substring(text: Any, *bounds: Any) -> Any:
    return func.substr(text, *[cast_of(bound, types.Integer) for bound in bounds], type_=TEXT)
