"""An app under test, whose sessions are those of the test's databases."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import DEFAULT, USED, UsedDatabases, session_dependency, session_of
from django_like_repos.unit_of_work import unit_of_work_dependency

_MISSING: Final[Any] = object()

_NOT_GIVEN: Final = (
    "this app asks for its database {name}, and use_database() was given others, besides which nothing is "
    "worked with in its block: give it one for the test by its name, use_database(app, database, archive=…)"
)
_OF_ITS_OWN: Final = (
    "this app has its own database {name}, and stands under use_database() of the one that it is mounted in: "
    "give it one for the test, by a use_database() of its own"
)


@contextmanager
def use_database(app: Any, database: Database, /, **others: Database) -> Iterator[None]:
    """A block in which a FastAPI app works with a ``Database``, whatever its lifespan opens.

    Its repositories, ``session_dependency``, ``unit_of_work_dependency`` and ``session_scope()`` get sessions
    of it, and ``app.state.database`` is it. ``others``: the same for the app's databases of those names; one
    that is not given is refused when it is asked for. An app that is mounted in it works with the same, and
    one that has databases itself is refused them until it has a ``use_database()`` of its own.

    Raises UnsupportedOperationError for what is no FastAPI app and no Database.
    """
    if not hasattr(app, "dependency_overrides") or not hasattr(app, "state"):
        raise UnsupportedOperationError(f"use_database() takes a FastAPI app, not {type(app).__name__}")
    databases: dict[str, Any] = {DEFAULT: database, **others}
    for name, each in databases.items():
        if not isinstance(each, Database):
            raise UnsupportedOperationError(f"use_database(): {name} is a Database, not {each!r}")
    used, around = UsedDatabases(databases, _NOT_GIVEN), getattr(app.state, USED, None)
    with ExitStack() as stack:
        named = [session_of(name) for name in databases]
        stack.enter_context(
            _without(app.dependency_overrides, {session_dependency, unit_of_work_dependency, *named})
        )
        refused = {name: _Refused(name) for name in _databases_of(app) if name not in databases}
        for name, each in {**refused, **databases, USED: used}.items():
            stack.enter_context(_attribute(app.state, name, each))
        for mounted in _mounted_in(app):
            if getattr(mounted.state, USED, None) in (None, around):
                alone = UsedDatabases({}, _OF_ITS_OWN)
                stack.enter_context(
                    _attribute(mounted.state, USED, alone if _databases_of(mounted) else used)
                )
        yield


class _Refused:
    """What stands in the place of a database that was not given."""

    def __init__(self, name: str) -> None:
        vars(self)["_name"] = name

    def __getattr__(self, _: str) -> Any:
        raise UnsupportedOperationError(_NOT_GIVEN.format(name=vars(self)["_name"]))


def _databases_of(app: Any) -> list[str]:
    state: Mapping[str, Any] = vars(app.state).get("_state", {})
    return [name for name, each in state.items() if isinstance(each, Database)]


def _mounted_in(app: Any) -> Iterator[Any]:
    """The apps that are mounted in one, and in those."""
    for route in getattr(app, "routes", ()):
        # Beneath the middleware that a mount may have.
        mounted = getattr(route, "_base_app", None)
        if mounted is not None:
            if hasattr(mounted, "state"):
                yield mounted
            yield from _mounted_in(mounted)


@contextmanager
def _without(overrides: dict[Any, Any], keys: set[Any]) -> Iterator[None]:
    """A block in which a dict has none of some keys; what the block itself adds to them is gone after it."""
    before = {key: overrides.pop(key) for key in keys if key in overrides}
    try:
        yield
    finally:
        for key in keys:
            overrides.pop(key, None)
        overrides.update(before)


@contextmanager
def _attribute(state: Any, name: str, value: object) -> Iterator[None]:
    """A block in which an app's state has an attribute, which is then as it was."""
    before = getattr(state, name, _MISSING)
    setattr(state, name, value)
    try:
        yield
    finally:
        if before is not _MISSING:
            setattr(state, name, before)
        elif hasattr(state, name):
            delattr(state, name)
