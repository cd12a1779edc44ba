"""``Database``: an engine with the settings that the rest relies on, and its sessions."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from sqlalchemy import URL, MetaData, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from django_like_repos import postgresql, sqlite
from django_like_repos.clauses import checked_form, checked_place
from django_like_repos.constructs import zone_name
from django_like_repos.execution.direct.clearance import AUTOCOMMIT, OF_SESSION, READS
from django_like_repos.execution.sessions import SHOW_VALUES, SIGNER, TIME_ZONE, WRITES
from django_like_repos.plans import Plans, plans_of
from django_like_repos.pool import PoolOfALoop
from django_like_repos.postgresql import Pooler
from django_like_repos.query.places import Place
from django_like_repos.query.writes import KEYS, Writes
from django_like_repos.replicas import Replica, Replicas, RoutedSession, position_of, text_of
from django_like_repos.replicas.declared import Address
from django_like_repos.session import Session
from django_like_repos.tokens import Signer

Reads = Literal["transaction", "autocommit"]


class Database:
    """An AsyncEngine and a session factory, made for this library.

    Takes a URL (text or ``sqlalchemy.URL``) and options for ``create_async_engine()``, or an engine of the
    user's. On SQLite every connection gets foreign keys, WAL, a busy timeout of five seconds, transactions
    that hold savepoints and begin with the lock, in turn, before the first write, Unicode ``lower()`` and
    ``upper()``, regular expressions, and the functions behind date parts and JSON paths;
    ``DateTime(timezone=True)`` is stored as UTC and comes back aware. By asyncpg the first and the last
    moment of Python's calendar are stored as such, and not as infinity. Sessions keep the attributes of their
    objects after a commit (``expire_on_commit=False``), and commit nothing by themselves.

    In ``time_zone``, an IANA name or a ZoneInfo, aware datetimes are read where a query asks for their
    date, their hour and so on. Raises ValueError for a zone that does not exist.

    On PostgreSQL, by asyncpg, a URL's engine has timeouts, an application's name, connections that are made
    anew in time and checked without asking; ``connect_args`` and other options of the user's say otherwise.
    ``pooler`` names the mode of a pooler before the database, ``"transaction"`` or ``"session"``.

    Its connections belong to one event loop at a time: the next may begin when that is closed.

    ``replicas``: servers that follow this one, as a list of URLs or engines or as ``Replicas``. What a
    session, a repository or a queryset says may be read there is.

    ``patience``: seconds for which the end of a session waits for a query that another task still runs in it,
    before it cancels that.

    ``show_values``, for development: errors such as DoesNotExist, and ``repr`` of querysets, show the values
    of a query, and not only of what kind they are; unless the engine has ``hide_parameters``.

    ``reads="autocommit"``: what is known to read and nothing else begins no transaction on PostgreSQL, where
    none has begun yet. Raises ValueError for another word, and with a pooler of transactions.

    ``writes="direct"``: UPDATE and DELETE of a queryset's rows are said with one condition where that has the
    same rows, and is as safe where transactions race; else, with ``"keys"``, by a subquery of keys. Raises
    UnsupportedOperationError for another word.

    ``direct=False``: its sessions leave every statement to SQLAlchemy, also those that could go straight to
    the driver.

    ``secret`` signs the cursors of ``cursor_page()``: at least 16 bytes, the same in all processes; of
    several the newest is the last, and all are taken.
    """

    def __init__(
        self,
        url: str | URL | AsyncEngine,
        *,
        time_zone: str | ZoneInfo = "UTC",
        patience: float = 5.0,
        show_values: bool = False,
        pooler: Pooler | None = None,
        replicas: Replicas | Iterable[Address] = (),
        reads: Reads = "transaction",
        writes: Writes = KEYS,
        direct: bool = True,
        secret: str | bytes | Iterable[str | bytes] | None = None,
        **engine_options: Any,
    ) -> None:
        self.time_zone = zone_name(time_zone)
        self.patience = patience
        _check_reads(reads, pooler)
        form = checked_form(writes, "Database(writes=…)")
        if isinstance(url, AsyncEngine):
            if engine_options or pooler:
                raise TypeError("engine options go with a URL; this engine has its own already")
            self.engine = url
        else:
            self.engine = _engine(make_url(url), engine_options, pooler)
        if self.engine.dialect.name == "sqlite":
            sqlite.set_up(self.engine.sync_engine)
        else:
            postgresql.set_up(self.engine.sync_engine)
        declared = replicas if isinstance(replicas, Replicas) else Replicas(replicas)
        self._fleet = declared.fleet(self.engine, engine_options, _engine) if declared.addresses else None
        routed: dict[str, Any] = (
            {} if self._fleet is None else {"sync_session_class": RoutedSession, "fleet": self._fleet}
        )
        self.session_factory = async_sessionmaker[AsyncSession](
            self.engine,
            class_=Session,
            patience=patience,
            expire_on_commit=False,
            **routed,
            info={
                TIME_ZONE: self.time_zone,
                **({SHOW_VALUES: True} if show_values else {}),
                **({READS: AUTOCOMMIT} if reads == AUTOCOMMIT else {}),
                **({} if form == KEYS else {WRITES: form}),
                **({} if direct else {OF_SESSION: False}),
                **({} if secret is None else {SIGNER: Signer(secret)}),
            },
        )

    @asynccontextmanager
    async def session(
        self, *, reads: Place | None = None, after: str | None = None
    ) -> AsyncIterator[AsyncSession]:
        """A session, closed at the end: what was not committed is rolled back.

        ``reads``: where it reads what no queryset or repository says otherwise of, ``"replica"`` or the
        primary. ``after``: what ``position()`` gave elsewhere; replicas that are not so far yet are not read.
        Raises UnsupportedOperationError and ValueError for what is none.
        """
        options: dict[str, Any] = {}
        if reads is not None:
            options["reads"] = checked_place(reads, "session(reads=…)")
        if after is not None:
            position = position_of(after)
            options |= {} if self._fleet is None else {"after": position}
        async with self.session_factory(**options) as session:
            yield session

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """What is known of each replica: ``trouble`` says why it is left out, None that it is not."""
        return () if self._fleet is None else self._fleet.replicas

    async def check_replicas(self) -> tuple[Replica, ...]:
        """The replicas, when each has been asked where it is; reads do that by themselves."""
        if self._fleet is not None:
            await self._fleet.check()
        return self.replicas

    async def position(self, session: AsyncSession) -> str | None:
        """How far the primary has written what a session has committed, for ``session(after=…)`` elsewhere.

        None where it has written nothing, and was given nothing to wait for, and without replicas. Raises
        UnsupportedOperationError for what is not committed.
        """
        position = await session.run_sync(lambda sync: getattr(sync, "position", _nowhere)())
        return None if position is None else text_of(position)

    @property
    def plans(self) -> Plans:
        """The statements that are planned already: ``plans.info()`` counts hits and misses."""
        return plans_of(self.engine.sync_engine)

    async def create_all(self, metadata: MetaData | type[Any]) -> None:
        """Creates the tables that are not there; takes a MetaData, or a declarative base."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata_of(metadata).create_all)

    async def drop_all(self, metadata: MetaData | type[Any]) -> None:
        """Drops the tables that are there; takes a MetaData, or a declarative base."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata_of(metadata).drop_all)

    async def close(self) -> None:
        """Closes every connection."""
        if self._fleet is not None:
            await self._fleet.close()
        await self.engine.dispose()
        await sqlite.all_ended(self.patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Database({self.engine.url!r})"


def _nowhere() -> None:
    return None


def _check_reads(reads: str, pooler: str | None) -> None:
    if reads not in ("transaction", AUTOCOMMIT):
        raise ValueError(f"reads is 'transaction' or 'autocommit', not {reads!r}")
    if reads == AUTOCOMMIT and pooler == "transaction":
        raise ValueError(
            "reads='autocommit' needs a connection of its own: outside of a transaction, one of a pooler of "
            "transactions may be another for each message"
        )


def metadata_of(source: MetaData | type[Any]) -> MetaData:
    """A MetaData, or that of a declarative base."""
    metadata: MetaData = source if isinstance(source, MetaData) else source.metadata
    return metadata


def _engine(url: URL, options: dict[str, Any], pooler: Pooler | None) -> AsyncEngine:
    if _is_in_memory(url) and "poolclass" not in options:
        # The one connection is the database: sessions take turns, or one ends what another began.
        options = {"pool_size": 1, "max_overflow": 0, **options}
    return create_async_engine(
        url, **{"poolclass": PoolOfALoop, **postgresql.with_defaults(url, options, pooler)}
    )


def _is_in_memory(url: URL) -> bool:
    database = url.database or ":memory:"
    named = url.query.get("mode") == "memory" or "mode=memory" in database
    return url.get_backend_name() == "sqlite" and (named or database.removeprefix("file:") == ":memory:")
