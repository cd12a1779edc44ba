"""``Subquery``, ``Exists`` and the references of a subquery to the rows around it."""

from typing import Any

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import BOOLEAN
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    canonical,
    register_reader,
    register_shape,
    traits_of,
)
from django_like_repos.language.outer import check_outer, outer_of, settled
from django_like_repos.language.sides import Side
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.mapping.row_makers import width_of
from django_like_repos.query import UNORDERED, Clause, Exists, Names, Query, Subquery
from django_like_repos.query.shapes import Nested, Reference


@register_reader(Subquery)
def _read_subquery(names: Names, value: Subquery) -> Clause:
    query = value.query
    columns = outputs_of(query.shape)
    if len(columns) > 1 and query.frame.projection is not None:
        raise UnsupportedOperationError(
            f"Subquery() is of one value, not of {len(columns)}: values_list() chooses it: {query!r}"
        )
    if width_of(query.names, columns if query.frame.projection else (key_name(mapper_of(query.model)),)) != 1:
        raise UnsupportedOperationError(f"Subquery() is of one column: values_list() chooses it: {query!r}")
    return _nested(names, query, Nested(query.shape, False, canonical(value.output_field)))


@register_reader(Exists)
def _read_exists(names: Names, value: Exists) -> Clause:
    query = value.query
    if not query.sliced:
        query = query.evolve(ordering=UNORDERED)
    return _nested(names, query, Nested(query.shape, True))


def _nested(names: Names, query: Query, shape: Nested) -> Clause:
    check_outer(names, query.shape)
    return Clause(shape, query.params, query.expressions)


def _traits(names: Names, shape: Nested) -> Traits:
    around = [traits_of(names, Reference(path)) for path, levels in outer_of(shape.shape) if levels == 1]
    aggregate, window = any(each.aggregate for each in around), any(each.window for each in around)
    if shape.exists:
        return Traits(BOOLEAN, aggregate, window)
    if shape.type is not None:
        return Traits(shape.type, aggregate, window)
    inner: Any = shape.shape
    (column,) = outputs_of(inner) if inner.frame.projection else (key_name(mapper_of(inner.names.model)),)
    path = field_path(inner.names, column)
    type_ = path.types[0]
    if path.annotation is not None and not path.transforms:
        of_around = settled(names, path.annotation.shape)
        if of_around is not path.annotation.shape:
            type_ = traits_of(inner.names, of_around).type or type_
    return Traits(type_, aggregate, window)


def _build(builder: Builder, shape: Nested) -> Side:
    return builder.nested(shape.shape, exists=shape.exists, type_=shape.type)


register_shape(Nested, _traits, _build)
