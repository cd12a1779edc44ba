"""Which type stores the members of a Python enum."""

from enum import Enum
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.types import impl_of


@cached(4096)
def stored_enum(model: type[Any], kind: type[Any]) -> TypeEngine[Any] | None:
    """The type of the first column of a model, or else of another in its registry, that holds an enum."""
    if not issubclass(kind, Enum):
        return None
    mapper = mapper_of(model)
    others = sorted(mapper.registry.mappers, key=lambda each: each.class_.__qualname__)
    for each in (mapper, *others):
        for field in columns_of(each):
            held = impl_of(field.type)
            if isinstance(held, types.Enum) and held.enum_class is kind:
                return field.type
    return None
