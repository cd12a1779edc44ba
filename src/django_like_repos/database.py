"""``Database``: an engine with the settings that the rest relies on, and its sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from sqlalchemy import URL, MetaData, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos.builder.plans import Plans, plans_of


class Database:
    """An AsyncEngine and a session factory, made for this library.

    Takes a URL (text or ``sqlalchemy.URL``) and options for ``create_async_engine()``, or an engine of the
    user's. On SQLite every connection gets foreign keys, WAL, a busy timeout of five seconds, Unicode
    ``lower()`` and ``upper()``, and transactions that hold savepoints. Sessions keep the attributes of
    their objects after a commit (``expire_on_commit=False``), and commit nothing by themselves.
    """

    def __init__(self, url: str | URL | AsyncEngine, **engine_options: Any) -> None:
        if isinstance(url, AsyncEngine):
            if engine_options:
                raise TypeError("engine options go with a URL; this engine has its own already")
            self.engine = url
        else:
            self.engine = create_async_engine(url, **engine_options)
        engine = self.engine.sync_engine
        if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _set_up_sqlite):
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        self.session_factory = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session, closed at the end: what was not committed is rolled back."""
        async with self.session_factory() as session:
            yield session

    @property
    def plans(self) -> Plans:
        """The statements that are planned already: ``plans.info()`` counts hits and misses."""
        return plans_of(self.engine.sync_engine)

    async def create_all(self, metadata: MetaData | type[Any]) -> None:
        """Creates the tables that are not there; takes a MetaData, or a declarative base."""
        async with self.engine.begin() as connection:
            await connection.run_sync(_metadata(metadata).create_all)

    async def drop_all(self, metadata: MetaData | type[Any]) -> None:
        """Drops the tables that are there; takes a MetaData, or a declarative base."""
        async with self.engine.begin() as connection:
            await connection.run_sync(_metadata(metadata).drop_all)

    async def close(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Database({self.engine.url!r})"


def _metadata(source: MetaData | type[Any]) -> MetaData:
    metadata: MetaData = source if isinstance(source, MetaData) else source.metadata
    return metadata


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions begin late and let savepoints escape a rollback; see _begin_sqlite.
    connection.isolation_level = None
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("upper", 1, _upper, deterministic=True)
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value
