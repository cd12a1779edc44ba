"""Sessions for what outlives a request: background tasks, streams, websockets."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from inspect import isasyncgenfunction, isawaitable, isgeneratorfunction, signature
from typing import Any, Final

from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import DEFAULT, SessionDependency, app_of, committed_session, session_of
from django_like_repos.query.places import Place

_OPEN: Final = "django_like_repos.sessions"
"""Where a request's scope has the sessions that are open beside its own."""


@asynccontextmanager
async def session_scope(
    source: FastAPI | HTTPConnection | Database, *, database: str = DEFAULT
) -> AsyncIterator[AsyncSession]:
    """A session of its own, committed at the end of the block, and rolled back where that raises.

    ``source``: the request or the websocket, the app, or the ``Database`` itself. ``database``: the name of
    the database, of an app that has several. What overrides the session's dependency in an app, in tests say,
    is taken here too, and so is ``use_database()``. Of a request or a websocket the session is closed when
    that is over, also where the block is left open by a stream whose client is gone.

    Raises RepositoryError where there is no database of the name, and UnsupportedOperationError for what is
    no source, for an override that takes parameters and is no ``SessionDependency``, and for a database that
    a test has not given the app.
    """
    async with _session(source, database) as session:
        yield session


def _session(source: Any, name: str) -> AbstractAsyncContextManager[AsyncSession]:
    if isinstance(source, Database):
        return committed_session(source, {})
    if not isinstance(source, FastAPI | HTTPConnection):
        raise UnsupportedOperationError(
            f"session_scope() takes a request, a websocket, an app or a Database, not {source!r}"
        )
    dependency = session_of(name)
    override = getattr(app_of(source), "dependency_overrides", {}).get(dependency, dependency)
    if not isinstance(override, SessionDependency):
        return _overriding(override)
    database = override.database(source)
    if isinstance(source, FastAPI):
        return committed_session(database, {}, reads=override.reads)
    return _of_request(database, source.scope, override.reads)


@asynccontextmanager
async def _of_request(database: Database, scope: Any, reads: Place | None) -> AsyncIterator[AsyncSession]:
    async with committed_session(database, scope, reads=reads) as session:
        known = _sessions_of(scope)
        known.add(session)
        try:
            yield session
        finally:
            known.discard(session)


def _sessions_of(scope: Any) -> set[AsyncSession]:
    """The sessions that are closed when a request is over."""
    known: set[AsyncSession] | None = scope.get(_OPEN)
    if known is None:
        known = scope[_OPEN] = set()
        # A generator whose client is gone while it waits to go on is closed by nobody but the collector.
        stack = scope.get("fastapi_inner_astack")
        if isinstance(stack, AsyncExitStack):
            stack.push_async_callback(_close, known)
    return known


async def _close(sessions: set[AsyncSession]) -> None:
    while sessions:
        await sessions.pop().close()


@asynccontextmanager
async def _overriding(override: Any) -> AsyncIterator[AsyncSession]:
    """The session of a dependency that stands in the place of the app's."""
    if signature(override).parameters:
        raise UnsupportedOperationError(
            "session_scope(): the override of the session's dependency takes parameters, and there is no "
            "request to fill them: one without stands for both"
        )
    if isasyncgenfunction(override):
        opened: AbstractAsyncContextManager[AsyncSession] = asynccontextmanager(override)()
        async with opened as session:
            yield session
    elif isgeneratorfunction(override):
        with contextmanager(override)() as session:
            yield session
    else:
        session = override()
        yield await session if isawaitable(session) else session
