"""``Database``: an engine with the settings that the rest relies on, and its sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from sqlalchemy import URL, AsyncAdaptedQueuePool, MetaData, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from django_like_repos.builder.plans import Plans, plans_of

_SET_UP: Final = "django_like_repos.set_up"


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
            if _is_in_memory(make_url(url)) and "poolclass" not in engine_options:
                # The one connection is the database: sessions take turns, or one ends what another began.
                in_turn = {"poolclass": AsyncAdaptedQueuePool, "pool_size": 1, "max_overflow": 0}
                engine_options = {**in_turn, **engine_options}
            self.engine = create_async_engine(url, **engine_options)
        engine = self.engine.sync_engine
        if engine.dialect.name == "sqlite" and not event.contains(engine, "checkout", _set_up_sqlite):
            event.listen(engine, "checkout", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            event.listen(engine, "checkin", _end_sqlite)
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


def _is_in_memory(url: URL) -> bool:
    database = url.database or ":memory:"
    return url.get_backend_name() == "sqlite" and (database == ":memory:" or "mode=memory" in database)


def _set_up_sqlite(connection: Any, record: Any, _proxy: object) -> None:
    # At the first checkout, and not when it is made: an engine of the user's may have connections already.
    if _SET_UP in record.info:
        return
    record.info[_SET_UP] = True
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


def _end_sqlite(connection: Any, _record: object) -> None:
    # A COMMIT that fails, for a deferred foreign key say, leaves SQLite in the transaction.
    if connection is not None and connection.driver_connection.in_transaction:
        connection.rollback()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value
