"""A ``FilterSet`` as FastAPI's parameters: each in OpenAPI, and nothing else in the query of a request."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, Literal, TypeVar, get_origin

from fastapi.datastructures import QueryParams
from fastapi.dependencies.utils import get_dependant
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.params import Depends, Query
from fastapi.requests import HTTPConnection
from pydantic import ValidationError

from django_like_repos.contrib.fastapi.undeclared import FILTERSET, Undeclared
from django_like_repos.contrib.filters.declared import Declared
from django_like_repos.contrib.filters.doors import DOOR, Door, enter
from django_like_repos.contrib.filters.filterset import FilterSet
from django_like_repos.contrib.filters.reading import check_undeclared
from django_like_repos.contrib.filters.values import described
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.schemas.annotations import bare
from django_like_repos.values import shown

Filters = TypeVar("Filters", bound="FilterSet[Any]")

_MOST_TOLD: Final = 20
"""Undeclared parameters that an answer lists."""


def filter_params(
    filterset: type[Filters], *, undeclared: Literal["refuse", "ignore"] | None = None
) -> Callable[..., Coroutine[Any, Any, Filters]]:
    """A ``FilterSet`` of a route that does otherwise with parameters which nothing of it declares.

    ``Annotated[TrackFilter, Depends(filter_params(TrackFilter, undeclared="ignore"))]``. As the class has it,
    ``Annotated[TrackFilter, Depends()]`` is enough. Raises UnsupportedOperationError for what is no
    ``FilterSet`` of a model, and for another ``undeclared``.
    """
    if not isinstance(filterset, type) or not isinstance(getattr(filterset, "__declared__", None), Declared):
        raise UnsupportedOperationError(
            f"filter_params(TrackFilter) takes a FilterSet of a model, not {shown(filterset)}"
        )
    if undeclared is not None:
        check_undeclared(undeclared)

    async def dependency(**arguments: Any) -> Filters:
        return filterset(**arguments)

    dependency.__signature__ = signature_of(filterset, undeclared)  # type: ignore[attr-defined]
    setattr(dependency, FILTERSET, filterset)
    return dependency


def signature_of(filterset: type[FilterSet[Any]], undeclared: str | None = None) -> inspect.Signature:
    """What FastAPI reads of a ``FilterSet``: a query parameter for each of its own, and a door."""
    found = Undeclared(filterset)
    ignores = (undeclared or filterset.undeclared) == "ignore"

    async def door(connection: HTTPConnection) -> RequestDoor:
        unknown = found.of(connection)
        return RequestDoor(connection, [] if ignores else unknown)

    parameters = [_keyword(DOOR, Annotated[RequestDoor, Depends(door)])]
    for number, each in enumerate(filterset.__declared__.parameters.values()):
        said = Query(
            alias=each.name,
            description=each.description,
            examples=[*each.examples] or None,
            **each.said,
        )
        default = inspect.Parameter.empty if each.required else each.default
        made = _keyword(f"p{number}", Annotated[each.source.annotation, said], default)
        if not _is_sayable(made):
            why = (
                f"{filterset.__name__}.{each.attribute} takes {described(each.source.annotation)}, which no "
                f"query can say: the FilterSet is a body, filters: {filterset.__name__} under @app.post"
            )
            made = _keyword(f"p{number}", Annotated[Any, Depends(Refused(why))])
        parameters.append(made)
    return inspect.Signature(parameters)


def signature_of_body(body: type[Any]) -> inspect.Signature:
    """What FastAPI reads of the type of a body where it is to be a dependency: that it is none."""
    name = body.__name__
    why = f"{name} is the body of a request, and no dependency: body: {name}, without Depends()"
    return inspect.Signature([_keyword("body", Annotated[Any, Depends(Refused(why))])])


class Refused:
    """A dependency that FastAPI refuses where the route is declared."""

    def __init__(self, why: str) -> None:
        self._why = why

    @property
    def __signature__(self) -> inspect.Signature:
        raise UnsupportedOperationError(self._why)

    def __call__(self) -> None: ...


def _is_sayable(parameter: inspect.Parameter) -> bool:
    """Whether a query can have a parameter, as FastAPI sees it."""

    def probe(**_: Any) -> None: ...

    probe.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]
    try:
        get_dependant(path="", call=probe)
    except AssertionError:
        return False
    return True


def _keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


class RequestDoor(Door):
    """Makes a ``FilterSet`` of one request; what is wrong with it is FastAPI's 422."""

    def __init__(self, connection: HTTPConnection, refused: list[str]) -> None:
        """``refused`` are the parameters that are sent, and not declared."""
        self._connection = connection
        self._refused = refused
        # Functions of this module, so that a FilterSet can be pickled.
        of_request = connection.scope["type"] != "websocket"
        self._errors = RequestValidationError if of_request else WebSocketRequestValidationError
        self._refusal = _refuse_request if of_request else _refuse_websocket

    def opened(self, filterset: Any, values: dict[str, Any]) -> Any:
        sent = self._connection.query_params
        declared = filterset.__declared__.parameters.values()
        errors = [
            _error("extra_forbidden", name, "Extra inputs are not permitted", sent[name])
            for name in self._refused[:_MOST_TOLD]
        ]
        errors += [
            _error("repeated", each.name, "Input should be given once", sent.getlist(each.name))
            for each in declared
            if each.name in sent and len(sent.getlist(each.name)) > 1 and not _is_list(each.source.annotation)
        ]
        if errors:
            raise self._errors(errors)
        given = {each.name: values[f"p{number}"] for number, each in enumerate(declared) if each.name in sent}
        try:
            return enter(filterset.model_validate(given), self._refusal)
        except ValidationError as error:
            # With what was sent, as FastAPI tells it; what was read of it JSON may not be able to say.
            told = [
                {**each, "loc": ("query", *each["loc"]), "input": _sent(sent, each["loc"])}
                for each in error.errors(include_url=False)
            ]
            raise self._errors(told) from error


def _sent(sent: QueryParams, place: tuple[int | str, ...]) -> Any:
    name = place[0] if place else None
    return sent[name] if isinstance(name, str) and name in sent else dict(sent)


def _refuse_request(name: str, value: Any, expected: str) -> Exception:
    return RequestValidationError([_error("filter_value", name, f"Input should be {expected}", str(value))])


def _refuse_websocket(name: str, value: Any, expected: str) -> Exception:
    return WebSocketRequestValidationError(
        [_error("filter_value", name, f"Input should be {expected}", str(value))]
    )


def _error(kind: str, name: str, message: str, given: Any) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name), "msg": message, "input": given}


def _is_list(annotation: Any) -> bool:
    return get_origin(bare(annotation)) in (list, tuple, set, frozenset)
