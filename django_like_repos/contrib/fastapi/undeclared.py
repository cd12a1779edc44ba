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

from django_like_repos.errors import UnsupportedOperationError

_ANY: Final = object()
"""Stands for every name."""
FILTERSET: Final = "filterset"
"""The attribute in which a function that makes a ``FilterSet`` names it."""

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class Undeclared:
    """Finds the parameters of requests that nothing of their routes declares."""

    def __init__(self, filterset: Any) -> None:
        """``filterset`` is whose parameters nothing else of a route may declare."""
        self._filterset = filterset
        self._known: dict[int, tuple[Any, frozenset[Any]]] = {}

    def of(self, connection: HTTPConnection) -> list[str]:
        """Their names, in the order in which they were sent.

        Raises UnsupportedOperationError where the route declares one name for two parameters.
        """
        dependant = _dependant_of(connection.scope)
        names = self._names(dependant)
        overrides: Overrides = getattr(connection.scope.get("app"), "dependency_overrides", {})
        if overrides:
            names = frozenset(name for name, _ in _names(dependant, overrides, None))
        return [] if _ANY in names else [name for name in connection.query_params if name not in names]

    def _names(self, dependant: Any) -> frozenset[Any]:
        # With the dependant, so that no other gets its id.
        found = self._known.get(id(dependant))
        if found is None:
            names = [*_names(dependant, {}, None)]
            self._check(names)
            found = self._known[id(dependant)] = (dependant, frozenset(name for name, _ in names))
        return found[1]

    def _check(self, names: list[tuple[Any, Any]]) -> None:
        own = {each.name for each in self._filterset.__declared__.parameters.values()}
        twice = next((name for name, of in names if name in own and of is not self._filterset), None)
        if twice is not None:
            raise UnsupportedOperationError(
                f"{twice!r} of {self._filterset.__name__} is a query parameter of this route's beside it, "
                "and one value would be both: give one of them another name, Field(alias=…)"
            )


def _dependant_of(scope: Any) -> Any:
    """What the route of a request depends on, and the routers by which it was included."""
    route = scope["route"]
    included = scope.get("fastapi", {}).get("effective_route_context")
    return (included if getattr(included, "original_route", None) is route else route).dependant


def _names(dependant: Any, overrides: Overrides, of: Any) -> Iterator[tuple[Any, Any]]:
    """Each name, with the ``FilterSet`` whose parameter it is; None where it is of none."""
    for field in dependant.query_params:
        for name in _names_of(field):
            yield name, of
    call = dependant.call
    if isinstance(call, APIKeyBase) and call.model.in_ is APIKeyIn.query:
        yield call.model.name, None
    for inner in dependant.dependencies:
        other = overrides.get(inner.call)
        found = inner if other is None else get_dependant(path="", call=other)
        yield from _names(found, overrides, filterset_of(found.call))


def filterset_of(call: Any) -> Any:
    """The ``FilterSet`` that a dependency makes; None if it is another."""
    found = getattr(call, FILTERSET, call)
    return found if hasattr(found, "__declared__") else None


def _names_of(field: Any) -> Iterator[Any]:
    """The names under which a field of FastAPI's is sent: of a model those of its fields."""
    model = _model_of(field.field_info.annotation)
    if model is None:
        yield from _aliases(field.field_info, field.alias)
        return
    if model.model_config.get("extra") == "allow":
        yield _ANY
    for name, info in model.model_fields.items():
        yield from _aliases(info, info.alias or name)


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
