"""Sessions for what outlives a request: background tasks, streams, websockets."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from inspect import isasyncgenfunction, isawaitable, isgeneratorfunction, signature
from typing import Any

from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import DEFAULT, committed_session, database_of, no_database, session_of


@asynccontextmanager
async def session_scope(
    source: FastAPI | HTTPConnection | Database, *, database: str = DEFAULT
) -> AsyncIterator[AsyncSession]:
    """A session of its own, committed at the end of the block, and rolled back where that raises.

    ``source``: the request or the websocket, the app, or the ``Database`` itself. ``database``: the name of
    the database, of an app that has several. What overrides the session's dependency in an app, in tests say,
    is taken here too.

    Raises RepositoryError where there is no database of the name, and UnsupportedOperationError for what is
    no source, and for an override that takes parameters.
    """
    if isinstance(source, Database):
        async with committed_session(source, {}) as session:
            yield session
        return
    if not isinstance(source, FastAPI | HTTPConnection):
        raise UnsupportedOperationError(
            f"session_scope() takes a request, a websocket, an app or a Database, not {source!r}"
        )
    app: Any = source if isinstance(source, FastAPI) else source.app
    override = getattr(app, "dependency_overrides", {}).get(session_of(database))
    if override is not None:
        async with _overriding(override) as session:
            yield session
        return
    found = _of_app(source, database) if isinstance(source, FastAPI) else database_of(source, database)
    scope = {} if isinstance(source, FastAPI) else source.scope
    async with committed_session(found, scope) as session:
        yield session


def _of_app(app: FastAPI, name: str) -> Database:
    database = getattr(app.state, name, None)
    if not isinstance(database, Database):
        raise no_database(name)
    return database


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
