"""The one object that a request is about, or a 404."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar, overload

from fastapi import HTTPException, Path
from fastapi.params import Depends
from sqlalchemy.types import TypeEngine

from django_like_repos.contrib.fastapi.answers import answering
from django_like_repos.contrib.fastapi.providing import provide
from django_like_repos.errors import DoesNotExist, InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.injection import DEFAULT
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import names
from django_like_repos.queryset import QuerySet
from django_like_repos.repository import BaseRepository

Model = TypeVar("Model")
Row = TypeVar("Row")

_REPOSITORY: Final = "_repository"
_NO_PART: Final = (object, list, dict, bytes)


@overload
async def get_or_404(source: QuerySet[Any, Row], /, *conditions: Any, **lookups: Any) -> Row: ...
@overload
async def get_or_404(source: BaseRepository[Model, Any], /, *conditions: Any, **lookups: Any) -> Model: ...
async def get_or_404(source: Any, /, *conditions: Any, **lookups: Any) -> Any:
    """The only row of a queryset, or of a repository's ``objects``; a 404 where there is none.

    Takes what ``get()`` takes, as Django's ``get_object_or_404()``. Raises HTTPException and
    MultipleObjectsReturned.
    """
    queryset = source.objects if isinstance(source, BaseRepository) else source
    try:
        return await queryset.get(*conditions, **lookups)
    except DoesNotExist as error:
        raise _not_found(queryset._query.model) from error


def path_object(
    repository: type[BaseRepository[Model, Any]],
    *parameters: str,
    by: str = "pk",
    query: Callable[[Any], QuerySet[Any, Any]] | None = None,
    database: str = DEFAULT,
) -> Callable[..., Awaitable[Model]]:
    """A dependency that gives the object which a path names, or answers 404.

    ``section: Annotated[Section, Depends(path_object(SectionRepository, "section_id"))]`` in a route of
    ``/sections/{section_id}``. The parameters are of the type that the column has: those of the primary key
    in its order, or the one of the column that is called ``by``. ``query`` makes a queryset of the
    repository, its ``objects`` if left out: what else is loaded, what is not to be found, what is locked.
    ``database``: the name of the database, of an app that has several.

    Raises UnsupportedOperationError for another number of parameters than columns, and for a type that no
    path can have; UnknownFieldError.
    """
    model: type[Any] = _model_of(repository)
    name = key_name(mapper_of(model)) if by == "pk" else by
    kinds = _kinds(model, name)
    if len(parameters) != len(kinds):
        raise UnsupportedOperationError(
            f"path_object({repository.__name__}): {by!r} has {len(kinds)} column(s), and a parameter of the "
            f"path is named for each: {', '.join(map(repr, parameters)) or 'none'}"
        )

    async def dependency(**arguments: Any) -> Any:
        found = arguments.pop(_REPOSITORY)
        value = tuple([arguments[each] for each in parameters])
        queryset = found.objects if query is None else query(found)
        try:
            return await queryset.get(**{name: value[0] if len(value) == 1 else value})
        except (DoesNotExist, InvalidLookupValueError) as error:
            raise _not_found(model) from error

    own = repository if database == DEFAULT else provide(repository, database=database)
    dependency.__signature__ = _signature(repository, own, dict(zip(parameters, kinds, strict=True)))  # type: ignore[attr-defined]
    return dependency


def _model_of(repository: Any) -> type[Any]:
    model: type[Any] = repository.model_cls
    return model


def _signature(repository: type[Any], own: Any, parameters: dict[str, type[Any]]) -> inspect.Signature:
    model = repository.model_cls.__name__
    extra = answering(404, f"{model} not found")
    kind = inspect.Parameter.KEYWORD_ONLY
    taken = [
        inspect.Parameter(
            name,
            kind,
            annotation=Annotated[type_, Path(description=f"Which {model}.", json_schema_extra=extra)],
        )
        for name, type_ in parameters.items()
    ]
    of = inspect.Parameter(_REPOSITORY, kind, annotation=Annotated[repository, Depends(own)])
    return inspect.Signature([of, *taken])


def _kinds(model: type[Any], name: str) -> list[type[Any]]:
    """The types of the columns that an object is found by."""
    path = field_path(names(model), name)
    if path.hops or path.transforms or not path.types:
        raise UnsupportedOperationError(f"path_object(): {name!r} is no column of {model.__name__}")
    return [_kind(f"{model.__name__}.{name}", type_) for type_ in path.types]


def _kind(name: str, type_: TypeEngine[Any]) -> type[Any]:
    try:
        kind: type[Any] = type_.python_type
    except NotImplementedError:
        kind = object
    if kind in _NO_PART:
        raise UnsupportedOperationError(f"path_object(): {name} is {type_!r}, which is no part of a path")
    return kind


def _not_found(model: type[Any]) -> HTTPException:
    return HTTPException(404, f"{model.__name__} not found")
