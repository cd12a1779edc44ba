"""The query parameters that a route declares, wherever in what it depends on, and those that it does not."""

from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from fastapi.dependencies.utils import get_dependant
from fastapi.openapi.models import APIKeyIn
from fastapi.requests import HTTPConnection
from fastapi.security.api_key import APIKeyBase
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

_ANY: Final = object()
"""Stands for every name."""

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class Undeclared:
    """Finds the parameters of requests that nothing of their routes declares."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, frozenset[Any]]] = {}

    def of(self, connection: HTTPConnection) -> list[str]:
        """Their names, in the order in which they were sent."""
        dependant = _dependant_of(connection.scope)
        overrides: Overrides = getattr(connection.scope.get("app"), "dependency_overrides", {})
        names = frozenset(_names(dependant, overrides)) if overrides else self._names(dependant)
        return [] if _ANY in names else [name for name in connection.query_params if name not in names]

    def _names(self, dependant: Any) -> frozenset[Any]:
        # With the dependant, so that no other gets its id.
        found = self._known.get(id(dependant))
        if found is None:
            found = self._known[id(dependant)] = (dependant, frozenset(_names(dependant, {})))
        return found[1]


def _dependant_of(scope: Any) -> Any:
    """What the route of a request depends on, and the routers by which it was included."""
    route = scope["route"]
    included = scope.get("fastapi", {}).get("effective_route_context")
    return (included if getattr(included, "original_route", None) is route else route).dependant


def _names(dependant: Any, overrides: Overrides) -> Iterator[Any]:
    for field in dependant.query_params:
        model = _model_of(field.field_info.annotation)
        if model is None:
            yield from _aliases(field.field_info, field.alias)
            continue
        if model.model_config.get("extra") == "allow":
            yield _ANY
        for name, info in model.model_fields.items():
            yield from _aliases(info, info.alias or name)
    call = dependant.call
    if isinstance(call, APIKeyBase) and call.model.in_ is APIKeyIn.query:
        yield call.model.name
    for inner in dependant.dependencies:
        other = overrides.get(inner.call)
        yield from _names(inner if other is None else get_dependant(path="", call=other), overrides)


def _aliases(info: FieldInfo, name: str) -> Iterator[Any]:
    """The names under which a parameter is sent."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        yield from (each for each in alias.choices if isinstance(each, str))
    else:
        yield alias if isinstance(alias, str) else name


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model whose fields are parameters each."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not NoneType]
        annotation = kinds[0] if len(kinds) == 1 else annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
