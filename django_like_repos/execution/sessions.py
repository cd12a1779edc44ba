"""The session that a queryset was given: what it knows, and whether it is one at all."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import UTC

SomeSession = AsyncSession | async_scoped_session[Any]

TIME_ZONE: Final = "django_like_repos.time_zone"
"""Where a session's ``info`` names the zone in which aware datetimes are read."""
SIGNER: Final = "django_like_repos.signer"
"""Where a session's ``info`` has what signs cursors."""
SHOW_VALUES: Final = "django_like_repos.show_values"
"""Where a session's ``info`` says that errors and ``repr`` show the values of a query."""
WRITES: Final = "django_like_repos.writes"
"""Where a session's ``info`` names the form of UPDATE and DELETE that no queryset says."""

_MADE: Final = "make one: async with database.session() as session"
_ASYNC: Final = "this library is asynchronous: use an AsyncSession, of an engine by create_async_engine()"
_INSTEAD: Final[tuple[tuple[tuple[type[Any], ...], str], ...]] = (
    ((Session, scoped_session, sessionmaker, Engine, Connection), _ASYNC),
    ((async_sessionmaker,), "that makes sessions: async with factory() as session"),
    (
        (AsyncEngine, AsyncConnection),
        "a session is made by Database(engine).session()",
    ),
)


def own(session: SomeSession) -> AsyncSession:
    """The session itself; of a scoped one, that of the scope."""
    if isinstance(session, AsyncSession):
        return session
    found: AsyncSession = session() if isinstance(session, async_scoped_session) else session
    return found


def known_of(session: SomeSession | None) -> tuple[str, bool]:
    """What a session knows for its querysets: their zone, and whether errors and ``repr`` show values.

    Raises UnsupportedOperationError for what is no session.
    """
    if session is None:
        return UTC, False
    if not isinstance(session, AsyncSession):
        check_session(session)
        session = own(session)
    info = session.sync_session.info
    return info.get(TIME_ZONE, UTC), SHOW_VALUES in info and _shows(session, info)


def is_watched(session: Session) -> bool:
    """Whether somebody listens to what a session executes, and may add criteria of models to it."""
    return bool(session.dispatch.do_orm_execute)


def check_session(session: Any) -> None:
    """Raises UnsupportedOperationError, with the way out, for what is no session."""
    if isinstance(session, (AsyncSession, async_scoped_session)):
        return
    if isinstance(session, type) or not hasattr(session, "sync_session"):
        way = next((way for kinds, way in _INSTEAD if isinstance(session, kinds)), None) or _way_of(session)
        raise UnsupportedOperationError(
            f"a queryset runs in an AsyncSession, and this is {_called(session)}: {way}"
        )


def _called(session: Any) -> str:
    return f"the class {session.__name__}" if isinstance(session, type) else f"of {type(session).__name__}"


def _way_of(session: Any) -> str:
    if hasattr(session, "session_factory"):
        return "a session is made by it: async with database.session() as session"
    if isinstance(session, AbstractAsyncContextManager):
        return "it has to be entered: async with … as session"
    if hasattr(session, "__anext__"):
        return "it yields one: in FastAPI, Depends() asks it"
    if hasattr(session, "dependency"):
        return "FastAPI replaces it where an endpoint is called, and nobody else"
    return _MADE


def _shows(session: AsyncSession, info: Any) -> bool:
    engine = getattr(session.sync_session.bind, "engine", None)
    return bool(info[SHOW_VALUES]) and not getattr(engine, "hide_parameters", False)
