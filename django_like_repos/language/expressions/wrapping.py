"""``ExpressionWrapper``: types that the user gives."""

from django_like_repos.language.casting import as_type
from django_like_repos.language.inference import combined
from django_like_repos.language.kinds import (
    build_expression,
    canonical,
    read_expression,
    register_reader,
    register_shape,
    traits_of,
)
from django_like_repos.language.members import read_alike
from django_like_repos.language.sides import Compound
from django_like_repos.query import Clause, ExpressionWrapper, Names
from django_like_repos.query.shapes import Wrapped


@register_reader(ExpressionWrapper)
def _read_wrapped(names: Names, value: ExpressionWrapper) -> Clause:
    type_ = canonical(value.output_field)
    (inner,) = read_alike(names, (value.expression,), read_expression, type_)
    return inner._replace(shape=Wrapped(inner.shape, type_))


register_shape(
    Wrapped,
    lambda names, shape: combined([traits_of(names, shape.inner)], shape.type),
    lambda builder, shape: Compound(
        lambda inner: as_type(inner, shape.type), build_expression(builder, shape.inner)
    ),
)
