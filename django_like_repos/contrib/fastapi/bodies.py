"""Answers whose body the database writes: JSON that no object was made for."""

from typing import Any

from fastapi import Response

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.queryset import QuerySet
from django_like_repos.values import shown


async def json_response(
    queryset: QuerySet[Any, Any],
    kind: type[Any] | None = None,
    /,
    *,
    by_alias: bool | None = True,
    status_code: int = 200,
) -> Response:
    """The rows of a queryset as an answer: ``await json_response(books.objects.all(), BookOut)``.

    What ``json()`` gives, with the aliases that FastAPI writes. The ``response_model`` of the route,
    ``list[BookOut]``, is for OpenAPI alone then: FastAPI sends a response as it is. Raises what ``json()``
    does, and UnsupportedOperationError for what is no queryset.
    """
    if not isinstance(queryset, QuerySet):
        raise UnsupportedOperationError(
            f"json_response(): {shown(queryset)} is no queryset: json_response(books.objects.all(), BookOut)"
        )
    body = await queryset.json(kind, by_alias=by_alias)
    return Response(body, status_code, media_type="application/json")
