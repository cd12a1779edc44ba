"""Factories of rows, of factory_boy and polyfactory, that put what they make into a session."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.errors import UnsupportedOperationError


@contextmanager
def use_factories(session: AsyncSession, *factories: Any) -> Iterator[None]:
    """A block in which factories, and those derived from them, work with a session.

    factory_boy's ``SQLAlchemyModelFactory`` adds what it makes, ``SectionFactory()``; where it is to flush
    or to read, ``await session.run_sync(lambda _: SectionFactory())``. polyfactory's ``SQLAlchemyFactory``
    writes by ``await SectionFactory.create_async()``, and commits. Raises UnsupportedOperationError for what
    is neither, and for what is no AsyncSession.
    """
    if not isinstance(session, AsyncSession):
        raise UnsupportedOperationError(
            f"use_factories() takes the AsyncSession that they are to work with, not {session!r}: "
            "use_factories(session, SectionFactory)"
        )
    with ExitStack() as stack:
        for each in factories:
            for place, name, value in _places(each, session):
                stack.enter_context(patch.object(place, name, value))
        yield


def _places(factory: Any, session: AsyncSession) -> Iterator[tuple[Any, str, object]]:
    """Where a factory looks for its session, and what is to be found there."""
    if isinstance(factory, type) and hasattr(factory, "__async_session__"):
        yield factory, "__async_session__", session
        return
    options = getattr(factory, "_meta", None)
    if not isinstance(factory, type) or not hasattr(options, "sqlalchemy_session"):
        raise UnsupportedOperationError(
            "use_factories() takes classes of factory_boy's SQLAlchemyModelFactory or polyfactory's "
            f"SQLAlchemyFactory, not {factory!r}"
        )
    # Each class has options of its own.
    for each in _with_derived(factory):
        yield each._meta, "sqlalchemy_session", session.sync_session
        if getattr(each._meta, "sqlalchemy_session_factory", None) is not None:
            yield each._meta, "sqlalchemy_session_factory", None


def _with_derived(kind: Any) -> Iterator[Any]:
    yield kind
    for derived in kind.__subclasses__():
        yield from _with_derived(derived)
