"""An app and its databases: which its repositories use, and that they are closed when it ends."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from django_like_repos.contrib.fastapi.answers import document_answers
from django_like_repos.contrib.fastapi.handlers import add_handlers, check_not_started
from django_like_repos.contrib.fastapi.places import App, Receive, Scope, Send
from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import DEFAULT, INSTALLED


def install(app: FastAPI, database: Database, /, *, handlers: bool = False, **others: Database) -> None:
    """Gives an app's repositories their database, and closes that after the app's own lifespan.

    The apps that are mounted in it find it too, unless they have one themselves. ``others``: further
    databases by their names, for ``provide(Repository, database="reports")``. ``handlers``: also
    ``add_handlers(app)``. The app's OpenAPI is told what ``path_object()`` and ``CursorParams`` answer.

    Raises UnsupportedOperationError for what is no app or no database, for a name that the app's state has
    already, and after the app has begun.
    """
    databases = {DEFAULT: database, **others}
    _check(app, databases)
    if not isinstance(handlers, bool):
        raise UnsupportedOperationError(f"install(): handlers is True or False, not {handlers!r}")
    for name, each in databases.items():
        setattr(app.state, name, each)
    app.add_middleware(_Installed, databases=databases)
    _close_at_the_end(app, databases)
    document_answers(app)
    if handlers:
        add_handlers(app)


def _check(app: FastAPI, databases: Mapping[str, Database]) -> None:
    if not isinstance(app, FastAPI):
        raise UnsupportedOperationError(f"install(app, Database(…)): {app!r} is no FastAPI app")
    check_not_started(app, "install()")
    for name, each in databases.items():
        if not isinstance(each, Database):
            raise UnsupportedOperationError(f"install(): {name} is a Database, not {each!r}")
        if hasattr(app.state, name):
            raise UnsupportedOperationError(
                f"install(): app.state.{name} is {getattr(app.state, name)!r} already: an app is given each "
                "of its databases once"
            )


def _close_at_the_end(app: FastAPI, databases: Mapping[str, Database]) -> None:
    # Routers that are included later put their lifespans within this one.
    own = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[Any]:
        async with AsyncExitStack() as closing:
            for database in databases.values():
                await closing.enter_async_context(database)
            async with own(started) as state:
                yield state

    app.router.lifespan_context = lifespan


class _Installed:
    """Middleware that tells mounted apps of the databases of those around them."""

    def __init__(self, app: App, databases: Mapping[str, Database]) -> None:
        self.app = app
        self.databases = databases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[INSTALLED] = {**scope.get(INSTALLED, {}), **self.databases}
        await self.app(scope, receive, send)
