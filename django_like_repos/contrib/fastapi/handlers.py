"""What a client is answered where a repository raises: statuses for what is no fault of the program's."""

import logging
from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.websockets import WebSocketState
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import StaleDataError

from django_like_repos.contrib.fastapi.answers import NotFound
from django_like_repos.errors import (
    DoesNotExist,
    InvalidCursorError,
    InvalidLookupValueError,
    NameNotAllowedError,
    RolledBackError,
    UnsupportedOperationError,
)
from django_like_repos.execution.conflicts import Kind, violation_of
from django_like_repos.execution.retrying import may_succeed
from django_like_repos.execution.states import is_of_value, state_of
from django_like_repos.mapping.constraints import fields_about
from django_like_repos.repository import BaseRepository

RETRY_AFTER: Final = 1
"""Seconds after which a client that was told 503 may ask again."""

_BUSY: Final = frozenset({"55P03", "53300", "57P03"})
"""lock_not_available, too_many_connections, cannot_connect_now."""
_CONFLICTS: Final[dict[Kind | None, str]] = {
    "unique": "there is one with the same {} already",
    "exclusion": "{} is in the way of another one's",
    "foreign_key": "{} refers to what is not there, or is referred to",
    "not_null": "{} is missing",
    "check": "{} is not allowed",
    None: "{} does not fit what is there",
}
_LOG: Final = logging.getLogger("django_like_repos.fastapi")
_TRY_AGAIN_LATER: Final = 1013
_UNTOLD: Final = "__untold__"
_POLICY: Final = 1008


class Answer(NamedTuple):
    """What a client is answered, instead of what the endpoint gives."""

    status: int
    detail: str
    more: dict[str, Any] = {}  # noqa: RUF012
    headers: dict[str, str] | None = None


def add_handlers(app: FastAPI) -> None:
    """Answers errors of repositories that no program can prevent, where the app has no handler of its own.

    ``DoesNotExist`` is a 404; a violated constraint a 409 that names the fields it is about, and so is an
    object that somebody has changed meanwhile; what may succeed when it is asked again is a 503 with
    ``Retry-After``: a lock or a connection that was not to be had, a deadlock, a serialization failure;
    a cursor, or a name, that is none is a 400; a value that its field cannot have, or that the database
    cannot reckon with, a 422, which the logger ``django_like_repos.fastapi`` tells of. Websockets are
    closed, 1013 for the 503 and else 1008, by ``get_or_404()`` too; after the end of one its error goes on.
    Other errors of the database go on.

    Raises UnsupportedOperationError after the app has begun, which would not see its new handlers.
    """
    check_not_started(app, "add_handlers()")
    for kind in _ANSWERS:
        app.exception_handlers.setdefault(kind, _handle)
    app.exception_handlers.setdefault(NotFound, _not_found_here)


def check_not_started(app: FastAPI, name: str) -> None:
    """Raises UnsupportedOperationError for an app that has served, or begun to."""
    if app.middleware_stack is not None:
        raise UnsupportedOperationError(
            f"{name}: this app has begun already: install and add handlers where it is made"
        )


def answer_of(error: BaseException) -> Answer | None:
    """What a client is to be answered of an error; None where it is the program's, or the server's."""
    for kind in type(error).__mro__:
        if kind in _ANSWERS:
            return _ANSWERS[kind](error)
    return None


async def _handle(connection: Any, error: Exception) -> Any:
    answer = answer_of(error)
    if answer is None:
        return await _handled_elsewhere(connection, error)
    if isinstance(connection, WebSocket):
        return await _close(connection, error, answer)
    content = {"detail": answer.detail, **answer.more}
    return JSONResponse(content, status_code=answer.status, headers=answer.headers)


async def _close(websocket: WebSocket, error: Exception, answer: Answer) -> None:
    """Closes a websocket with what is to be told; an error that nobody can be told of any more goes on."""
    over = WebSocketState.DISCONNECTED in (websocket.client_state, websocket.application_state)
    if over or hasattr(error, _UNTOLD):
        # Starlette asks the handlers of the app again, with a websocket that knows nothing.
        setattr(error, _UNTOLD, True)
        raise error
    try:
        await websocket.close(_TRY_AGAIN_LATER if answer.status == 503 else _POLICY, answer.detail)
    except (RuntimeError, WebSocketDisconnect) as failure:
        # Of a server that has closed it already.
        raise error from failure


async def _not_found_here(connection: Any, error: Exception) -> Any:
    """As any HTTPException; a websocket that has been accepted is closed, since it takes no response."""
    if isinstance(connection, WebSocket) and connection.application_state is not WebSocketState.CONNECTING:
        return await _close(connection, error, Answer(404, getattr(error, "detail", "")))
    return await _handled_elsewhere(connection, error)


async def _handled_elsewhere(connection: Any, error: Exception) -> Any:
    """What the app's own handler of a wider class makes of an error; else it goes on."""
    known = connection.app.exception_handlers
    for kind in type(error).__mro__:
        handler = known.get(kind)
        if kind is Exception or handler in (None, _handle, _not_found_here):
            continue
        if iscoroutinefunction(handler):
            return await handler(connection, error)
        return await run_in_threadpool(handler, connection, error)
    raise error


def _not_found(_: Any) -> Answer:
    return Answer(404, "Not Found")


def _wrong(error: Any) -> Answer:
    return Answer(400, str(error))


def _does_not_fit(error: Any) -> Answer:
    # The text may show what is none of the client's.
    _LOG.info("answered by a 422: %s", error)
    return Answer(422, "a value does not fit its field")


def _changed(_: Any) -> Answer:
    return Answer(409, "it was changed meanwhile: read it again", {"type": "stale", "fields": []})


def _conflict(error: Any) -> Answer:
    kind, table, constraint, columns, _ = violation_of(error)
    fields = [] if kind is None else [*fields_about(_mappers(), table, constraint, columns)]
    detail = _CONFLICTS[kind].format(" and ".join(fields) or "value")
    return Answer(409, detail, {"type": kind or "constraint", "fields": fields})


def _told_by_state(error: Any) -> Answer | None:
    return _does_not_fit(error) if is_of_value(error.orig) else _busy(error)


def _busy(error: Any) -> Answer | None:
    if not (isinstance(error, PoolTimeoutError) or may_succeed(error) or _said_busy(error)):
        return None
    headers = {"Retry-After": str(RETRY_AFTER)}
    return Answer(503, "the database is busy: try again", headers=headers)


def _said_busy(error: Any) -> bool:
    return state_of(getattr(error, "orig", None)) in _BUSY


_ANSWERS: Final[dict[type[BaseException], Callable[[Any], Answer | None]]] = {
    DoesNotExist: _not_found,
    InvalidCursorError: _wrong,
    InvalidLookupValueError: _does_not_fit,
    DataError: _does_not_fit,
    NameNotAllowedError: _wrong,
    StaleDataError: _changed,
    IntegrityError: _conflict,
    DBAPIError: _told_by_state,
    RolledBackError: _busy,
    PoolTimeoutError: _busy,
}


def _mappers() -> Iterator[Mapper[Any]]:
    """All that is mapped beside the models of repositories."""
    registries = {mapper.registry: None for mapper in map(_mapper, _below(BaseRepository)) if mapper}
    for registry in registries:
        yield from registry.mappers


def _below(repository: type[Any]) -> Iterator[type[Any]]:
    for each in repository.__subclasses__():
        yield each
        yield from _below(each)


def _mapper(repository: type[Any]) -> Mapper[Any] | None:
    mapper: Mapper[Any] | None = getattr(repository.model_cls, "__mapper__", None)
    return mapper
