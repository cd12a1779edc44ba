"""``pk``: the primary key of a model, whatever it is called there."""

from typing import Any

from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Field, composite_of, field_of, key_of


@cached(4096)
def named_pk(mapper: Mapper[Any]) -> tuple[Field, ...]:
    """What ``pk`` names. Raises UnsupportedOperationError where something else of the model is called so."""
    key = key_of(mapper)
    if "pk" in mapper.all_orm_descriptors:
        called, composite = field_of(mapper, "pk"), composite_of(mapper, "pk")
        columns = [each.column for each in ((called,) if called else composite.fields if composite else ())]
        if columns != [each.column for each in key]:
            model = mapper.class_.__name__
            raise UnsupportedOperationError(
                f"{model}.pk is not the primary key of {model}, which is what pk says here, as in Django: "
                "give the attribute another name, other: Mapped[…] = mapped_column('pk')"
            )
    return key
