"""``Injected[X]``: what ``Depends()`` on a class of ours gives, awaited in the event loop.

FastAPI calls a class in a thread, there and back, which costs as much as a small statement.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi.params import Depends

from django_like_repos.caching import cached
from django_like_repos.contrib.fastapi.filtering import filter_params
from django_like_repos.contrib.fastapi.paging import CursorParams, PageParams, cursor_params, page_params
from django_like_repos.contrib.fastapi.providing import provide
from django_like_repos.contrib.filters.filterset import FilterSet
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.repository import BaseRepository

T = TypeVar("T")

if TYPE_CHECKING:
    Injected = Annotated[T, "of FastAPI"]
else:

    class Injected:
        """The type of a parameter of an endpoint: ``sections: Injected[SectionRepository]``.

        Takes a repository, a ``FilterSet``, ``PageParams`` or ``CursorParams``, and means
        ``Annotated[X, Depends(…)]`` of ``provide(X)``, ``filter_params(X)``, ``page_params()`` or
        ``cursor_params()``. Parameters of one class have one object a request. Raises
        UnsupportedOperationError for another type.
        """

        def __class_getitem__(cls, kind: Any) -> Any:
            return Annotated[kind, Depends(dependency_of(kind))]


@cached(4096)
def dependency_of(kind: Any) -> Any:
    """The dependency behind ``Injected[kind]``, one for each, as ``dependency_overrides`` names it.

    Raises UnsupportedOperationError.
    """
    if kind is PageParams:
        return page_params()
    if kind is CursorParams:
        return cursor_params()
    if isinstance(kind, type) and issubclass(kind, BaseRepository):
        return provide(kind)
    if isinstance(kind, type) and issubclass(kind, FilterSet):
        return filter_params(kind)
    raise UnsupportedOperationError(
        f"Injected[…] takes a repository, a FilterSet, PageParams or CursorParams, not {kind!r}: "
        "Annotated[…, Depends(…)] says the rest"
    )
