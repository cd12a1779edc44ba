"""Writes of many rows, which Django's querysets do and here repositories: `created(Tag, [{…}], …)`."""

from collections.abc import Sequence
from typing import Any

from django_like_repos import BaseRepository

Rows = Sequence[dict[str, Any]]


def created_in_django(queryset: Any, rows: Rows, **arguments: Any) -> int:
    """`bulk_create()` of instances; how many it gives back."""
    return len(queryset.bulk_create([queryset.model(**row) for row in rows], **arguments))


async def created_here(queryset: Any, rows: Rows, **arguments: Any) -> int:
    """The same of a repository of the queryset's model and session."""
    model = queryset._query.model
    repository: Any = type("Repository", (BaseRepository,), {"model_cls": model})
    return len(await repository(queryset._session).bulk_create(rows, **arguments))
