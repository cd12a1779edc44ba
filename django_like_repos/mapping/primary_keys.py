"""What primary keys are called: ``pk``, and otherwise where an attribute of the model has that name."""

from typing import Any, Final

from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached_by_class
from django_like_repos.mapping.models import key_of

HIDDEN: Final = "primary key"
"""A name of the key that no attribute can have."""


@cached_by_class(4096)
def key_name(mapper: Mapper[Any]) -> str:
    """The name of the primary key of a model in a path of ours; callers' ``pk`` is an attribute called so."""
    taken = "pk" in mapper.all_orm_descriptors and [field.key for field in key_of(mapper)] != ["pk"]
    return HIDDEN if taken else "pk"
