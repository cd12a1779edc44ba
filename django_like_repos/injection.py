"""What FastAPI needs to inject repositories, without importing it.

FastAPI reads signatures when a route is declared, and by then it is loaded; so the pieces of it that a
signature names are looked up in ``sys.modules`` at that moment.
"""

import inspect
import sys
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Annotated, Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.database import Database
from django_like_repos.errors import RepositoryError, UnsupportedOperationError
from django_like_repos.execution.blocks import promise
from django_like_repos.execution.turns import last_turn
from django_like_repos.query.places import Place

AFTER: Final = "django_like_repos.after"
"""Where a request's scope says which position is to be read, and then which it has written: text, or None."""

INSTALLED: Final = "django_like_repos.databases"
"""Where a request's scope has the databases, by their names, of the apps that it came through."""

DEFAULT: Final = "database"
"""The name of the app's database, where it has one."""

USED: Final = "django_like_repos.used"
"""Where an app's state has its ``UsedDatabases``, under test."""


class UsedDatabases:
    """The databases that an app works with under test, by their names, and no others.

    ``refusal``: what the others are refused with; it has a place for a name, ``{name}``.
    """

    def __init__(self, databases: Mapping[str, Database], refusal: str) -> None:
        self._databases = databases
        self._refusal = refusal

    def database(self, name: str) -> Database:
        """The one of a name. Raises UnsupportedOperationError where there is none."""
        if name not in self._databases:
            raise UnsupportedOperationError(self._refusal.format(name=name))
        return self._databases[name]

    def checked(self, database: Database) -> Database:
        """A ``Database``, where it is one of them. Raises UnsupportedOperationError for another."""
        if all(database is not each for each in self._databases.values()):
            raise UnsupportedOperationError(self._refusal.format(name=repr(database)))
        return database


class AppDependency:
    """A FastAPI dependency that asks nothing but the app, for its ``Database`` of a name; or has one."""

    def __init__(self, database: Database | str = DEFAULT) -> None:
        self._database = database

    def database(self, source: Any) -> Database:
        """The ``Database`` of a request, or of an app. Raises RepositoryError where there is none."""
        own = self._database
        if not isinstance(own, Database):
            return database_of(source, own)
        used = used_by(app_of(source))
        return own if used is None else used.checked(own)

    @property
    def __signature__(self) -> inspect.Signature:
        requests: Any = sys.modules.get("starlette.requests")
        annotation = requests.HTTPConnection if requests else Any
        parameter = inspect.Parameter(
            "connection", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation
        )
        return inspect.Signature([parameter])


class SessionDependency(AppDependency):
    """A FastAPI dependency: one session a request, from the app's ``Database``.

    The app names it: ``app.state.database = Database(…)``, a lifespan state ``{"database": …}``, or
    ``install(app, Database(…))`` of ``contrib.fastapi``. The session is committed when the endpoint has
    returned and before the response is sent, so a failed commit is answered as an error; where the endpoint
    raises, it is rolled back. Both wait for what a task of the endpoint's still runs in it.

    ``reads``: where its sessions read, as ``Database.session()`` takes it; of ``session_dependency`` that is
    the primary, and ``dependency_overrides`` may put another in its place. ``database``: the name of the
    database, of an app that has several; or that one, whatever the app says.
    """

    def __init__(self, reads: Place | None = None, *, database: Database | str = DEFAULT) -> None:
        super().__init__(database)
        self.reads: Place | None = reads

    async def __call__(self, connection: Any) -> AsyncIterator[AsyncSession]:
        database = self.database(connection)
        async with committed_session(database, connection.scope, reads=self.reads) as session:
            yield session


@asynccontextmanager
async def committed_session(
    database: Database, scope: MutableMapping[str, Any], *, reads: Place | None = None
) -> AsyncIterator[AsyncSession]:
    """A session that is committed at the end of its block, and rolled back where that raises.

    ``scope``: that of the request, which may say how far replicas have to be.
    """
    async with database.session(reads=reads, after=scope.get(AFTER)) as session:
        promise(session.sync_session)
        yield session
        async with last_turn(session, database.patience):
            await session.commit()
        if AFTER in scope and database.replicas:
            # What is committed is, whether anybody can say how far that was or not.
            with suppress(SQLAlchemyError, OSError):
                scope[AFTER] = await database.position(session)


session_dependency: Final = SessionDependency()


def session_of(database: str = DEFAULT) -> SessionDependency:
    """The dependency that gives a request's session on one of the databases of an app, by its name.

    Each name has one, for ``dependency_overrides`` to name; without a name it is ``session_dependency``.
    Raises UnsupportedOperationError for what is no name.
    """
    if not isinstance(database, str):
        raise UnsupportedOperationError(f"a database of an app is called by its name, not by {database!r}")
    return _session_of(database)


@lru_cache(1024)
def _session_of(database: str) -> SessionDependency:
    return session_dependency if database == DEFAULT else SessionDependency(database=database)


class InjectableSignature:
    """The ``__signature__`` of a class whose constructor takes a session: what FastAPI is to put there.

    Outside FastAPI there is none, so ``inspect.signature()`` finds the constructor's own.
    """

    def __get__(self, instance: object, owner: type[Any]) -> inspect.Signature:
        params: Any = sys.modules.get("fastapi.params")
        if params is None or instance is not None:
            raise AttributeError("__signature__")
        return injected_signature(owner, params.Depends(session_dependency, scope="function"))


def injected_signature(owner: type[Any], depends: object) -> inspect.Signature:
    """The signature of a class's constructor, with ``depends`` where it takes a session.

    Raises UnsupportedOperationError for a parameter without a type, which a client could set.
    """
    signature = inspect.signature(owner.__init__, eval_str=True)
    _, *parameters = signature.parameters.values()
    return signature.replace(parameters=[_injected(owner, each, depends) for each in parameters])


def _injected(owner: type[Any], parameter: inspect.Parameter, depends: object) -> inspect.Parameter:
    if parameter.default is not inspect.Parameter.empty:
        return parameter
    if parameter.annotation is inspect.Parameter.empty and parameter.kind not in _VARIADIC:
        raise UnsupportedOperationError(
            f"{owner.__name__}.__init__() does not say what {parameter.name!r} is, and FastAPI would take it "
            f"from the client: {parameter.name}: AsyncSession for the session, or else its own type"
        )
    if parameter.annotation is not AsyncSession:
        return parameter
    return parameter.replace(annotation=Annotated[AsyncSession, depends])


_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def app_of(source: Any) -> Any:
    """The app that is asked: that of a request, or what is no request itself."""
    return source.app if hasattr(source, "scope") else source


def used_by(app: Any) -> UsedDatabases | None:
    """The databases that an app works with under test; None where it is not."""
    used: UsedDatabases | None = getattr(app.state, USED, None)
    return used


def database_of(source: Any, name: str = DEFAULT) -> Database:
    """The ``Database`` of the app that is asked, by a request or itself, or of one that it is mounted in.

    Raises RepositoryError where there is none of the name, and UnsupportedOperationError for one that a test
    has not given it.
    """
    app = app_of(source)
    used = used_by(app)
    if used is not None:
        return used.database(name)
    for state in (source.state, app.state):
        database = getattr(state, name, None)
        if isinstance(database, Database):
            return database
    scope: Mapping[str, Any] = getattr(source, "scope", {})
    installed: dict[str, Database] = scope.get(INSTALLED, {})
    if name in installed:
        return installed[name]
    raise no_database(name)


def no_database(name: str) -> RepositoryError:
    """The error of an app that has no database of a name."""
    own = "" if name == DEFAULT else f" called {name!r}"
    said = "Database(…)" if name == DEFAULT else f"database, {name}=Database(…)"
    return RepositoryError(
        f"the app has no Database{own} for its repositories: install(app, {said}) of "
        f"django_like_repos.contrib.fastapi, set app.state.{name} = Database(…), or give its lifespan the "
        f"state {{{name!r}: …}}"
    )
