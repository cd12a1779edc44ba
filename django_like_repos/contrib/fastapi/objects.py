"""The one object that a request is about, or a 404."""

import inspect
from collections.abc import Awaitable, Callable
from keyword import iskeyword
from typing import Annotated, Any, Final, TypeVar, overload

from fastapi import Path
from fastapi.params import Depends
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from django_like_repos.contrib.fastapi.answers import NotFound, answering
from django_like_repos.contrib.fastapi.providing import model_of, provide
from django_like_repos.contrib.filters.columns import sent_as
from django_like_repos.errors import DoesNotExist, InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.injection import DEFAULT
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.uniqueness import find_one
from django_like_repos.query import names
from django_like_repos.queryset import QuerySet
from django_like_repos.repository import BaseRepository
from django_like_repos.values import shown

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

    Takes what ``get()`` takes, as Django's ``get_object_or_404()``. Raises an HTTPException and
    MultipleObjectsReturned, and UnsupportedOperationError for what is neither.
    """
    queryset = source.objects if isinstance(source, BaseRepository) else source
    if not isinstance(queryset, QuerySet):
        raise UnsupportedOperationError(
            f"get_or_404(): {shown(source)} is neither a queryset nor a repository with a session: "
            "get_or_404(sections, id=1), where the endpoint takes sections: SectionRepository = Depends()"
        )
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
    ``/sections/{section_id}``. The parameters are of the types that a ``FilterSet`` takes for the columns:
    those of the primary key in its order, or the one of the column that is called ``by``, which must be
    unique, unless there is a ``query``. That makes a queryset of the repository, its ``objects`` if left out:
    what else is loaded, what is not to be found, what is locked. ``database``: the name of the database, of
    an app that has several.

    Raises UnsupportedOperationError for another number of parameters than columns, for one that no path can
    name, for a type that no path can have, for a column that several rows may have the same value in, and
    for what is no class of a repository, no name or no function; UnknownFieldError.
    """
    model = model_of(repository, "path_object", ", 'section_id'")
    _check_said(repository, by, query, database)
    mapper = mapper_of(model)
    name = key_name(mapper) if by == "pk" else by
    kinds = _kinds(model, name)
    _check_parameters(repository, parameters, by, len(kinds))
    if by != "pk" and query is None and not _finds_one(mapper, name):
        raise UnsupportedOperationError(
            f"path_object({repository.__name__}): several rows may have the same {by!r}: name a column "
            "that is unique, or say by query= which of them is meant"
        )

    async def dependency(**arguments: Any) -> Any:
        found = arguments.pop(_REPOSITORY)
        value = tuple([arguments[each] for each in parameters])
        queryset = found.objects if query is None else _queried(query, found)
        try:
            return await queryset.get(**{name: value[0] if len(value) == 1 else value})
        except (DoesNotExist, InvalidLookupValueError) as error:
            raise _not_found(model) from error

    own = repository if database == DEFAULT else provide(repository, database=database)
    dependency.__signature__ = _signature(repository, own, dict(zip(parameters, kinds, strict=True)))  # type: ignore[attr-defined]
    return dependency


def _check_said(repository: type[Any], by: Any, query: Any, database: Any) -> None:
    for name, value in (("by", by), ("database", database)):
        if not isinstance(value, str):
            raise UnsupportedOperationError(
                f"path_object({repository.__name__}): {name} is a name, not {shown(value)}"
            )
    if query is not None and not callable(query):
        raise UnsupportedOperationError(
            f"path_object({repository.__name__}): query is a function that makes a queryset of the "
            f"repository, query=lambda repository: repository.objects, not {shown(query)}"
        )


def _check_parameters(repository: type[Any], parameters: tuple[str, ...], by: str, columns: int) -> None:
    of = f"path_object({repository.__name__})"
    for each in parameters:
        if not isinstance(each, str) or not each.isidentifier() or iskeyword(each) or each == _REPOSITORY:
            raise UnsupportedOperationError(
                f"{of}: {shown(each)} is no name of a parameter: the one that stands in the path, as "
                "'section_id' does in /sections/{section_id}"
            )
    if len(parameters) != columns:
        raise UnsupportedOperationError(
            f"{of}: {by!r} has {columns} column(s), and a parameter of the "
            f"path is named for each: {', '.join(map(repr, parameters)) or 'none'}"
        )
    if len(set(parameters)) != columns:
        raise UnsupportedOperationError(
            f"{of}: each column has a parameter of its own, and {parameters} has one twice"
        )


def _finds_one(mapper: Mapper[Any], name: str) -> bool:
    columns = [field.column for field in field_path(names(mapper.class_), name).fields]
    return find_one(mapper, [each for each in columns if each is not None])


def _queried(query: Callable[[Any], Any], repository: BaseRepository[Any]) -> QuerySet[Any, Any]:
    queryset = query(repository)
    model = repository.model_cls
    if isinstance(queryset, QuerySet) and issubclass(queryset._query.model, model):
        return queryset
    if inspect.iscoroutine(queryset):
        queryset.close()
    raise UnsupportedOperationError(
        f"path_object({type(repository).__name__}): query= gave {shown(queryset)} where it makes a "
        f"queryset of {model.__name__}, as lambda repository: repository.objects does"
    )


def _signature(repository: type[Any], own: Any, parameters: dict[str, Any]) -> inspect.Signature:
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


def _kinds(model: type[Any], name: str) -> list[Any]:
    """What pydantic reads the columns by that an object is found by."""
    path = field_path(names(model), name)
    if path.hops or path.transforms or not path.types:
        raise UnsupportedOperationError(f"path_object(): {name!r} is no column of {model.__name__}")
    return [_kind(f"{model.__name__}.{name}", type_) for type_ in path.types]


def _kind(name: str, type_: TypeEngine[Any]) -> Any:
    try:
        kind: type[Any] = type_.python_type
    except NotImplementedError:
        kind = object
    if kind in _NO_PART:
        raise UnsupportedOperationError(f"path_object(): {name} is {type_!r}, which is no part of a path")
    return sent_as(type_) or kind


def _not_found(model: type[Any]) -> NotFound:
    return NotFound(404, f"{model.__name__} not found")
