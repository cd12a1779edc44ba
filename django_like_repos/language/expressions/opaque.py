"""SQLAlchemy's expressions, kept as they are."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import RelationshipProperty

from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.foreign import as_element, calls, is_aggregate
from django_like_repos.language.inference import UNKNOWN
from django_like_repos.language.kinds import Builder, Traits, register_reader, register_shape
from django_like_repos.language.sides import Opaque, Side
from django_like_repos.query import Clause, Expression, Names, Q, is_queryset
from django_like_repos.query.shapes import OPAQUE, OPAQUE_AGGREGATE


@register_reader(ColumnElement)
def read_sqlalchemy(names: Names, value: Any) -> Clause:
    """An SQLAlchemy expression, kept as it is. Raises InvalidLookupValueError for an unset bindparam."""
    if isinstance(getattr(value, "property", None), RelationshipProperty):
        raise UnsupportedOperationError(f"{value!r} is a relation and no value: its name stands for its key")
    value = as_element(value)
    if not isinstance(value, ColumnElement):
        raise UnsupportedOperationError(f"{value!r} is no SQLAlchemy column expression")
    key = value._generate_cache_key()
    for bind in key.bindparams if key else ():
        if bind.required:
            raise InvalidLookupValueError(f"the bindparam {bind.key!r} of {value} has no value")
        if isinstance(bind.value, (Expression, Q)) or is_queryset(bind.value):
            raise UnsupportedOperationError(
                f"{bind.value!r} stands to the right of an SQLAlchemy expression, which does not know it: "
                "write it to the left"
            )
    return Clause(OPAQUE_AGGREGATE if is_aggregate(value) else OPAQUE, (), (value,))


def _build_opaque(builder: Builder, shape: str) -> Side:
    expression = builder.opaque()
    side = Opaque(expression, aggregate=shape == OPAQUE_AGGREGATE)
    side.returns_sets = calls(expression)
    return side


register_shape(str, lambda names, shape: Traits(UNKNOWN, aggregate=shape == OPAQUE_AGGREGATE), _build_opaque)
