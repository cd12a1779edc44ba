"""A ``FilterSet`` as FastAPI's parameters: each in OpenAPI, and nothing else in the query of a request."""

import inspect
from collections.abc import Callable, Coroutine, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from fastapi.openapi.models import APIKeyIn
from fastapi.params import Depends, Query
from fastapi.requests import HTTPConnection
from fastapi.security.api_key import APIKeyBase
from pydantic import BaseModel, ValidationError

from django_like_repos.contrib.filters.doors import DOOR, Door
from django_like_repos.contrib.filters.filterset import FilterSet

Undeclared = Literal["refuse", "ignore"]
Filters = TypeVar("Filters", bound="FilterSet[Any]")

_MOST_TOLD: Final = 20
"""Undeclared parameters that an answer lists."""


def filter_params(
    filterset: type[Filters], *, undeclared: Undeclared | None = None
) -> Callable[..., Coroutine[Any, Any, Filters]]:
    """A ``FilterSet`` of a route that does otherwise with parameters which nothing declares.

    ``Annotated[TrackFilter, Depends(filter_params(TrackFilter, undeclared="ignore"))]``. As the class has it,
    ``Annotated[TrackFilter, Depends()]`` is enough.
    """

    async def dependency(**arguments: Any) -> Filters:
        return filterset(**arguments)

    dependency.__signature__ = signature_of(filterset, undeclared)  # type: ignore[attr-defined]
    return dependency


def signature_of(filterset: type[FilterSet[Any]], undeclared: Undeclared | None = None) -> inspect.Signature:
    """What FastAPI reads of a ``FilterSet``: a query parameter for each of its own, and a door."""
    refuses = (undeclared or filterset.undeclared) == "refuse"

    routes = _Routes() if refuses else None

    async def door(connection: HTTPConnection) -> RequestDoor:
        return RequestDoor(connection, routes)

    parameters = [_positional(DOOR, Annotated[RequestDoor, Depends(door)])]
    for number, each in enumerate(filterset.__declared__.parameters.values()):
        said = Query(alias=each.name, description=each.description, examples=[*each.examples] or None)
        default = inspect.Parameter.empty if each.required else each.default
        parameters.append(_positional(f"p{number}", Annotated[each.source.annotation, said], default))
    return inspect.Signature(parameters)


def _positional(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


class RequestDoor(Door):
    """Makes a ``FilterSet`` of one request; what is wrong with it is a 422."""

    def __init__(self, connection: HTTPConnection, routes: "_Routes | None") -> None:
        """``routes`` knows what they declare, where what is not declared is refused."""
        self._connection = connection
        self._routes = routes

    def opened(self, filterset: Any, values: dict[str, Any]) -> Any:
        sent = self._connection.query_params
        declared = filterset.__declared__.parameters.values()
        if self._routes is not None:
            self._routes.refuse_undeclared(self._connection)
        twice = [
            _error("repeated", each.name, "Input should be given once", sent.getlist(each.name))
            for each in declared
            if not _takes_several(each.source.annotation) and len(sent.getlist(each.name)) > 1
        ]
        if twice:
            raise RequestValidationError(twice)
        given = {each.name: values[f"p{number}"] for number, each in enumerate(declared) if each.name in sent}
        try:
            return filterset.model_validate(given)
        except ValidationError as error:
            told = error.errors(include_url=False)
            raise RequestValidationError(
                [{**each, "loc": ("query", *each["loc"])} for each in told]
            ) from error


def _error(kind: str, name: str, message: str, given: Any) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name), "msg": message, "input": given}


def _takes_several(annotation: Any) -> bool:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) in (list, tuple, set, frozenset)


class _Routes:
    """The query parameters that routes declare, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, frozenset[Any]]] = {}

    def refuse_undeclared(self, connection: HTTPConnection) -> None:
        """Raises RequestValidationError for parameters of a request that nothing of its route declares."""
        names = self._names(_dependant_of(connection.scope))
        unknown = [name for name in connection.query_params if name not in names]
        if unknown and _ANY not in names:
            said = "Extra inputs are not permitted"
            raise RequestValidationError(
                [
                    _error("extra_forbidden", name, said, connection.query_params[name])
                    for name in unknown[:_MOST_TOLD]
                ]
            )

    def _names(self, dependant: Any) -> frozenset[Any]:
        # With the dependant, so that no other gets its id.
        found = self._known.get(id(dependant))
        if found is None:
            found = self._known[id(dependant)] = (dependant, frozenset(_declared_by(dependant)))
        return found[1]


def _dependant_of(scope: Any) -> Any:
    """What the route of a request depends on, and the routers by which it was included."""
    route = scope["route"]
    included = scope.get("fastapi", {}).get("effective_route_context")
    return (included if getattr(included, "original_route", None) is route else route).dependant


_ANY: Final = object()
"""Stands for every name."""


def _declared_by(dependant: Any) -> Iterator[Any]:
    for field in dependant.query_params:
        model = _model_of(field.field_info.annotation)
        if model is None:
            yield field.alias
            continue
        if model.model_config.get("extra") == "allow":
            yield _ANY
        for name, each in model.model_fields.items():
            yield each.alias or name
    call = dependant.call
    if isinstance(call, APIKeyBase) and call.model.in_ is APIKeyIn.query:
        yield call.model.name
    for inner in dependant.dependencies:
        yield from _declared_by(inner)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not NoneType]
        annotation = kinds[0] if len(kinds) == 1 else annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
