"""A database of which nothing is kept: every session of it is in one transaction, which is rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker

from django_like_repos.database import Database, metadata_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.testing.sharing import SHARED, SharedConnection, SharingSession


class RolledBackDatabase(Database):
    """A ``Database`` of one connection, in a transaction that is never committed.

    Its sessions commit and roll back savepoints. There are no replicas: whoever reads from one reads here.
    """

    def __init__(self, database: Database, connection: AsyncConnection, shared: SharedConnection) -> None:
        vars(self).update(vars(database))
        self._connection = connection
        self._shared = shared
        self._fleet = None
        options: dict[str, Any] = {**database.session_factory.kw}
        options.pop("fleet", None)
        options |= {
            "bind": connection,
            "join_transaction_mode": "create_savepoint",
            "sync_session_class": SharingSession,
            "info": {**options["info"], SHARED: shared},
        }
        self.session_factory = async_sessionmaker[AsyncSession](
            class_=database.session_factory.class_, **options
        )

    async def create_all(self, metadata: MetaData | type[Any]) -> None:
        """Creates the tables that are not there, in the transaction."""
        self._shared.check_there()
        await self._connection.run_sync(metadata_of(metadata).create_all)

    async def drop_all(self, metadata: MetaData | type[Any]) -> None:
        """Drops the tables that are there, in the transaction."""
        self._shared.check_there()
        await self._connection.run_sync(metadata_of(metadata).drop_all)

    async def close(self) -> None:
        """Nothing: whoever began it ends it."""


@asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[RolledBackDatabase]:
    """A ``Database`` in whose sessions code may commit and roll back, and of which nothing is left.

    All its sessions are in one transaction on one connection of ``database``, which is rolled back at the
    end: what one commits, the next one sees, and nobody else. Callbacks of ``on_commit()`` are called as
    ever. Sessions of other tasks wait for each other; a session in whose transaction another one's is open
    neither writes nor commits until that has ended, or it is an UnsupportedOperationError; so is whatever
    is asked after the block, or after its connection was lost, as in a query that was cancelled. What takes
    ``database.engine`` itself is not rolled back.
    """
    if not isinstance(database, Database):
        raise UnsupportedOperationError(f"rolled_back() takes a Database, not {type(database).__name__}")
    if isinstance(database, RolledBackDatabase):
        raise UnsupportedOperationError("this Database is one of rolled_back() already")
    async with database.engine.connect() as connection:
        transaction = await connection.begin()
        assert connection.sync_connection is not None
        shared = SharedConnection(connection.sync_connection, database.patience)
        try:
            yield RolledBackDatabase(database, connection, shared)
        finally:
            shared.close()
            if transaction.is_active:
                await transaction.rollback()
