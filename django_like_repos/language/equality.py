"""What can be told apart: groups, DISTINCT and combinations are of such values only."""

from typing import Any

from sqlalchemy.orm import Mapper

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import NULL
from django_like_repos.mapping.models import columns_of
from django_like_repos.values import has_equality


def check_equality(value: Any, what: str) -> None:
    """Raises UnsupportedOperationError for what PostgreSQL cannot tell apart."""
    if not has_equality(getattr(value, "type", NULL)):
        raise UnsupportedOperationError(
            f"{what} values that can be compared, and {value} is json, which PostgreSQL cannot; use JSONB"
        )


def can_be_told_apart(mapper: Mapper[Any]) -> bool:
    """Whether rows of a model can be told apart by all their columns."""
    return all(has_equality(field.type) for field in columns_of(mapper))
