"""An app under test, whose sessions are those of the test's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.injection import SessionDependency, session_dependency
from django_like_repos.unit_of_work import UnitOfWorkDependency, unit_of_work_dependency

_MISSING: Any = object()


@contextmanager
def use_database(app: Any, database: Database) -> Iterator[None]:
    """A block in which a FastAPI app works with a ``Database``, whatever its lifespan opens.

    Its repositories, ``session_dependency`` and ``unit_of_work_dependency`` get sessions of it, and
    ``app.state.database`` is it. An app that is mounted in another has its own. Raises
    UnsupportedOperationError for what is no FastAPI app.
    """
    overrides: Any = getattr(app, "dependency_overrides", None)
    if overrides is None or not hasattr(app, "state"):
        raise UnsupportedOperationError(f"use_database() takes a FastAPI app, not {type(app).__name__}")
    others = {
        session_dependency: SessionDependency(session_dependency.reads, database=database),
        unit_of_work_dependency: UnitOfWorkDependency(database),
    }
    before = {each: overrides.get(each, _MISSING) for each in others}
    was = getattr(app.state, "database", _MISSING)
    overrides.update(others)
    app.state.database = database
    try:
        yield
    finally:
        for each, former in before.items():
            if former is _MISSING:
                overrides.pop(each, None)
            else:
                overrides[each] = former
        if was is not _MISSING:
            app.state.database = was
        elif hasattr(app.state, "database"):
            del app.state.database
