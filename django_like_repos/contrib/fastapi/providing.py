"""A repository whose session lives as long as a scope says, on the database that is named."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal, TypeVar

from fastapi.params import Depends

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import DEFAULT, injected_signature, session_of
from django_like_repos.repository import BaseRepository
from django_like_repos.values import shown

Repository = TypeVar("Repository", bound=BaseRepository[Any])

_SCOPES: Final = ("function", "request")


def provide(
    repository: type[Repository],
    *,
    scope: Literal["function", "request"] = "function",
    database: str = DEFAULT,
) -> Callable[..., Coroutine[Any, Any, Repository]]:
    """A dependency that gives a repository whose session lives as long as ``scope`` says.

    ``function``: committed when the endpoint has returned, before the response, as ``Depends()`` on the
    class does. ``request``: committed after the response, for dependencies of that scope, which FastAPI
    does not let depend on a shorter one, and for endpoints that yield; it is another session than that of the
    other repositories, and a commit that fails is too late to be answered. ``database``: the name of the
    database, of an app that has several; repositories of one name share a session.

    It is awaited in the event loop, where a class in ``Depends()`` is called in a thread by FastAPI. Raises
    UnsupportedOperationError for what is no class of repositories, no scope, or no name.
    """
    model_of(repository, "provide")
    if scope not in _SCOPES:
        raise UnsupportedOperationError(
            f"provide({repository.__name__}): scope is 'function' or 'request', not {shown(scope)}"
        )

    async def dependency(**arguments: Any) -> Repository:
        return repository(**arguments)

    signature = injected_signature(repository, Depends(session_of(database), scope=scope))
    dependency.__signature__ = signature  # type: ignore[attr-defined]
    return dependency


def model_of(repository: Any, call: str, more: str = "") -> type[Any]:
    """The model of a class of repositories. Raises UnsupportedOperationError for what is none."""
    of_repository = isinstance(repository, type) and issubclass(repository, BaseRepository)
    model: type[Any] | None = getattr(repository, "model_cls", None) if of_repository else None
    if model is None:
        raise UnsupportedOperationError(
            f"{call}(): {shown(repository)} is no class of repositories that has a model: "
            f"{call}(SectionRepository{more})"
        )
    return model
