"""``UnitOfWork``: the repositories of one piece of work, and one place that says when it is kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.atomic import on_commit
from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.blocks import promise
from django_like_repos.execution.committed import OnCommit
from django_like_repos.injection import AppDependency
from django_like_repos.repository import BaseRepository

Repository = TypeVar("Repository", bound=BaseRepository[Any, Any])


class UnitOfWork:
    """Repositories of one session, and nothing kept of what they write before ``commit()``.

    ``async with UnitOfWork(database) as work``, or by hand ``begin()`` and ``close()``. What is not committed
    at the end is rolled back, with an error or without. It may begin again after its end, in another session.
    """

    def __init__(self, database: Database) -> None:
        if not isinstance(database, Database):
            raise UnsupportedOperationError(
                "a UnitOfWork is made of a Database, UnitOfWork(database), "
                f"and not of {type(database).__name__}"
            )
        self._database = database
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        """The session of all its repositories. Raises UnsupportedOperationError before ``begin()``."""
        if self._session is None:
            raise UnsupportedOperationError(
                "this UnitOfWork has not begun, or has ended: async with work, or await work.begin()"
            )
        return self._session

    def repository(self, repository: type[Repository]) -> Repository:
        """A repository in the session of the work.

        Raises UnsupportedOperationError before ``begin()``, and for what is no class of repositories.
        """
        if not (isinstance(repository, type) and issubclass(repository, BaseRepository)):
            raise UnsupportedOperationError(
                f"repository() takes a class of repositories, work.repository(BookRepository), "
                f"not {repository!r}"
            )
        return repository(self.session)

    async def on_commit(self, callback: OnCommit, /, *, robust: bool = True) -> None:
        """Has a function called after the next ``commit()``, as ``on_commit()`` does."""
        await on_commit(callback, self.session, robust=robust)

    async def begin(self) -> Self:
        """Begins. Raises UnsupportedOperationError where it has begun."""
        if self._session is not None:
            raise UnsupportedOperationError(
                "this UnitOfWork has begun: commit() and rollback() go on with the next transaction, and "
                "close() ends it; work that runs beside it takes a UnitOfWork of its own"
            )
        self._session = self._database.session_factory()
        # A block of atomic() in it is a part of the work.
        promise(self._session.sync_session)
        return self

    async def commit(self) -> None:
        """Keeps what was written since ``begin()``, or since the last of these; the work may go on."""
        await self.session.commit()

    async def rollback(self) -> None:
        """Undoes what was written since ``begin()``, or since the last ``commit()``; the work may go on."""
        await self.session.rollback()

    async def close(self) -> None:
        """Ends it, and undoes what is not committed. Twice does no harm."""
        session, self._session = self._session, None
        if session is not None:
            # Whoever is cancelled meanwhile loses no connection.
            await asyncio.shield(asyncio.ensure_future(session.close()))

    async def __aenter__(self) -> Self:
        return await self.begin()

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


class UnitOfWorkDependency(AppDependency):
    """A FastAPI dependency: a UnitOfWork of the app's ``Database``, that is closed with the request.

    The app names it as for ``session_dependency``. The endpoint begins it, ``async with work``, and commits.
    """

    async def __call__(self, connection: Any) -> AsyncIterator[UnitOfWork]:
        work = UnitOfWork(self.database(connection))
        try:
            yield work
        finally:
            await work.close()


unit_of_work_dependency: Final = UnitOfWorkDependency()
