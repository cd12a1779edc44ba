"""What FastAPI needs to inject repositories, without importing it.

FastAPI reads signatures when a route is declared, and by then it is loaded; so the pieces of it that a
signature names are looked up in ``sys.modules`` at that moment.
"""

import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.database import Database
from django_like_repos.errors import RepositoryError
from django_like_repos.execution.blocks import promise
from django_like_repos.execution.turns import last_turn
from django_like_repos.query.places import Place

AFTER: Final = "django_like_repos.after"
"""Where a request's scope says which position is to be read, and then which it has written: text, or None."""


class AppDependency:
    """A FastAPI dependency that asks nothing but the app, for its ``Database``; or has one itself."""

    def __init__(self, database: Database | None = None) -> None:
        self._database = database

    def database(self, connection: Any) -> Database:
        """The ``Database`` of a request. Raises RepositoryError where there is none."""
        return database_of(connection) if self._database is None else self._database

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

    The app names it: ``app.state.database = Database(…)``, or a lifespan state ``{"database": …}``. The
    session is committed when the endpoint has returned and before the response is sent, so a failed commit
    is answered as an error; where the endpoint raises, it is rolled back. Both wait for what a task of the
    endpoint's still runs in it.

    ``reads``: where its sessions read, as ``Database.session()`` takes it; of ``session_dependency`` that is
    the primary, and ``dependency_overrides`` may put another in its place. ``database``: that one, whatever
    the app says.
    """

    def __init__(self, reads: Place | None = None, *, database: Database | None = None) -> None:
        super().__init__(database)
        self.reads: Place | None = reads

    async def __call__(self, connection: Any) -> AsyncIterator[AsyncSession]:
        database, scope = self.database(connection), connection.scope
        async with database.session(reads=self.reads, after=scope.get(AFTER)) as session:
            promise(session.sync_session)
            yield session
            async with last_turn(session, database.patience):
                await session.commit()
            if AFTER in scope and database.replicas:
                # What is committed is, whether anybody can say how far that was or not.
                with suppress(SQLAlchemyError, OSError):
                    scope[AFTER] = await database.position(session)


session_dependency: Final = SessionDependency()


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
    """The signature of a class's constructor, with ``depends`` where it takes a session."""
    signature = inspect.signature(owner.__init__, eval_str=True)
    _, *parameters = signature.parameters.values()
    return signature.replace(parameters=[_injected(each, depends) for each in parameters])


def _injected(parameter: inspect.Parameter, depends: object) -> inspect.Parameter:
    if parameter.annotation is not AsyncSession or parameter.default is not inspect.Parameter.empty:
        return parameter
    return parameter.replace(annotation=Annotated[AsyncSession, depends])


def database_of(connection: Any) -> Database:
    """The ``Database`` of the app that is asked. Raises RepositoryError where it has none."""
    for state in (connection.state, connection.app.state):
        database = getattr(state, "database", None)
        if isinstance(database, Database):
            return database
    raise RepositoryError(
        "the app has no Database for its repositories: set app.state.database = Database(…), "
        "or give its lifespan the state {'database': …}"
    )
