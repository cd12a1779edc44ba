"""Lookups as expressions: ``GreaterThan(F("pages"), F("rank"))`` is whether the condition holds.

Of a name the condition is that of the keyword; of anything else, that of a keyword on an annotation.
"""

from typing import Any, Final

from django_like_repos.caching import cached
from django_like_repos.errors import UnknownLookupError, UnsupportedOperationError
from django_like_repos.language.expressions.conditional import Condition, flags_of
from django_like_repos.language.inference import BOOLEAN
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    read_expression,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.lookups import Lookup
from django_like_repos.language.lookups.base import CheckedTarget, target_at
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.mapping.registry import LOOKUPS, forget_on_change
from django_like_repos.mapping.written import as_written
from django_like_repos.query import Annotation, Clause, F, Names, OuterRef, Subquery, annotated, is_queryset
from django_like_repos.query.shapes import UNTYPED, Looked, Truth

LEFT: Final = "the left side"
"""Its name among those of its condition: no name of a user's has blanks."""


@register_reader(Lookup)
def _read_lookup(names: Names, value: Lookup) -> Clause:
    lhs: Any = Subquery(value.lhs) if is_queryset(value.lhs) else value.lhs
    if isinstance(lhs, F) and not isinstance(lhs, OuterRef):
        target = _named(names, lhs.name, value.name)
        condition = target.read(target, value.rhs)
        return condition._replace(shape=Truth(condition.shape))
    left = read_expression(names, lhs)
    traits = traits_of(names, left.shape)
    if traits.type is None or left.shape == UNTYPED:
        raise UnsupportedOperationError(f"{value!r}: {traits.why or f'{lhs!r} has no type'}")
    annotation = Annotation(left.shape, traits.type, traits.aggregate, traits.window, False)
    path = Path(names, LEFT, mapper_of(names.model), (), (), annotation=annotation)
    target = _target(path, value.name, repr(lhs), repr(lhs))
    condition = target.read(target, value.rhs)
    shape = Looked(left.shape, condition.shape, annotated(names.bare, LEFT, annotation))
    return Clause(shape, *together([left, condition]))


@cached(4096)
def _named(names: Names, name: str, word: str) -> CheckedTarget:
    path = as_written(names, name, lambda: field_path(names, name))
    return _target(path, word, name, str(path))


def _target(path: Path, word: str, written: str, field: str) -> CheckedTarget:
    written = f"{written}{SEPARATOR}{word}"
    if LOOKUPS.find(path.scopes, word) is None:
        raise UnknownLookupError(field, written, word, LOOKUPS.known(path.scopes))
    return target_at(path, word, written)


forget_on_change(_named.cache_clear)


def _traits(names: Names, shape: Looked) -> Traits:
    return Traits(BOOLEAN, *flags_of(shape.names, shape.condition))


def _build(builder: Builder, shape: Looked) -> Condition:
    left = build_expression(builder, shape.left)
    return Condition(builder.condition(shape.condition, {LEFT: left}, shape.names))


register_shape(Looked, _traits, _build)
