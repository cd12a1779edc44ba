"""Names as expressions: ``F`` and ``OuterRef``."""

from typing import Any

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import UNKNOWN
from django_like_repos.language.kinds import Builder, Traits, register_reader, register_shape
from django_like_repos.language.sides import Side
from django_like_repos.mapping.paths import Path, field_path
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Clause, F, Names, OuterRef
from django_like_repos.query.shapes import Outer, Reference


@register_reader(F)
def _read_name(names: Names, value: F) -> Clause:
    if not isinstance(value.name, str):
        raise UnsupportedOperationError(f"{value!r}: a field is named by text")
    return _reference(names, value.name)


@cached(16384)
def _reference(names: Names, name: str) -> Clause:
    _single_field(written_path(names, name))
    return Clause(Reference(name))


@register_reader(OuterRef)
def _read_outer(names: Names, value: OuterRef) -> Clause:
    name: Any = value
    levels = 0
    while isinstance(name, F):
        levels += isinstance(name, OuterRef)
        name = name.name
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"{value!r}: a field is named by text")
    return Clause(Outer(name, levels))


def _single_field(path: Path) -> None:
    if len(path.types) != 1:
        raise UnsupportedOperationError(
            f"F({path.name!r}) names {len(path.fields)} columns; name one of them"
        )


forget_on_change(_reference.cache_clear)


def _traits_of_name(names: Names, shape: Reference) -> Traits:
    path = field_path(names, shape.path)
    if path.annotation is not None:
        return Traits(path.types[0], path.annotation.aggregate, path.annotation.window)
    return Traits(path.types[0])


def _build_name(builder: Builder, shape: Reference) -> Side:
    return builder.column(field_path(builder.names, shape.path))


register_shape(Reference, _traits_of_name, _build_name)


register_shape(
    Outer,
    # Of what type it is, only the query around it knows.
    lambda names, shape: Traits(UNKNOWN),
    lambda builder, shape: builder.outer(shape.path, shape.levels),
)
