"""``Replicas``: what an application says of them, and the fleet that is made of it."""

import os.path
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, Final

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from django_like_repos import postgresql, sqlite
from django_like_repos.postgresql import Pooler
from django_like_repos.replicas.fleet import Fleet
from django_like_repos.replicas.positions import FilePositions, LogPositions, Positions
from django_like_repos.replicas.replica import Replica

Address = str | URL | AsyncEngine
MakeEngine = Callable[[URL, dict[str, Any], Pooler | None], AsyncEngine]

GIVES_UP_AFTER: Final = 1.0
"""Seconds for which a read waits for a free connection to a replica; then the primary is read."""
_READ_ONLY: Final = "default_transaction_read_only"


class Replicas:
    """Servers that follow the primary, for ``Database(primary, replicas=Replicas([…], …))``.

    Takes URLs, or engines of the user's. ``wait``: seconds for which a read of what its session has written
    waits until a replica has it; then the primary is read. ``max_lag``: seconds that a replica may be behind,
    None for any. ``check_every``: seconds between two looks at where each is. ``positions``: how that is
    asked, where it is not by PostgreSQL's log. ``pooler`` and engine options are for all of them; without any
    they have the options of the ``Database``.

    Connections are in AUTOCOMMIT, and read only. Raises TypeError and ValueError for what cannot be.
    """

    def __init__(
        self,
        addresses: Iterable[Address],
        *,
        wait: float = 0.5,
        max_lag: float | None = 10.0,
        check_every: float = 1.0,
        positions: Positions | None = None,
        pooler: Pooler | None = None,
        **engine_options: Any,
    ) -> None:
        if isinstance(addresses, Address):
            raise TypeError("replicas are a list: replicas=[url]")
        self.addresses: Sequence[URL | AsyncEngine] = [
            each if isinstance(each, AsyncEngine) else make_url(each) for each in addresses
        ]
        bounds = {"wait": wait, "check_every": check_every, "max_lag": 0 if max_lag is None else max_lag}
        for name, bound in bounds.items():
            if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not bound >= 0:
                raise ValueError(f"wait, max_lag and check_every are seconds, from 0 on: {name}={bound!r}")
        _check_positions(positions)
        if "isolation_level" in engine_options:
            raise ValueError("replicas have no isolation_level: each statement sees its own moment there")
        if engine_options and any(isinstance(each, AsyncEngine) for each in self.addresses):
            raise TypeError("engine options go with URLs; an engine has its own already")
        self._positions = positions
        self._bounds = {"wait": wait, "max_lag": max_lag, "check_every": check_every}
        self._pooler: Pooler | None = pooler
        self._options = engine_options

    def fleet(self, primary: AsyncEngine, options: Mapping[str, Any], make: MakeEngine) -> Fleet:
        """These replicas of a primary that has these options; ``make`` makes their engines."""
        level = options.get("isolation_level") or primary.get_execution_options().get("isolation_level")
        if level not in (None, "AUTOCOMMIT", "READ COMMITTED"):
            raise ValueError(
                f"with {level} for every transaction nothing can be read from a replica, which sees its own "
                "moment: give the level to the sessions that want it, "
                "by await session.connection(execution_options={'isolation_level': …})"
            )
        usual = {name: each for name, each in options.items() if name != "isolation_level"}
        shared = {"pool_timeout": GIVES_UP_AFTER, **usual, **self._options}
        positions = self._positions or _positions_of(primary)
        replicas = []
        for each in self.addresses:
            engine = each if isinstance(each, AsyncEngine) else make(each, {**shared}, self._pooler)
            _check_follows(primary, engine, positions)
            _set_up(engine, self._pooler)
            replicas.append(Replica(engine, positions))
        bounds: Any = self._bounds
        return Fleet(primary, replicas, positions, **bounds)


def _check_positions(positions: Positions | None) -> None:
    """Raises TypeError for what says no positions, or says them in a coroutine."""
    for name in ("written", "followed") if positions is not None else ():
        method = getattr(positions, name, None)
        if not callable(method) or iscoroutinefunction(method):
            raise TypeError(
                f"positions= has a plain method {name}(connection), which asks SQLAlchemy's Connection"
            )


def _positions_of(primary: AsyncEngine) -> Positions:
    return FilePositions() if primary.dialect.name == "sqlite" else LogPositions()


def _check_follows(primary: AsyncEngine, replica: AsyncEngine, positions: Positions) -> None:
    """Raises ValueError for what is no replica of the primary."""
    if replica.dialect.name != primary.dialect.name:
        raise ValueError(f"a replica of {primary.dialect.name} is none of {replica.dialect.name}")
    if isinstance(positions, FilePositions) and _file(replica.url) != _file(primary.url):
        raise ValueError(
            "on SQLite a replica is the file of the primary, opened to be read: of a copy nobody knows how "
            f"far it is, and {replica.url!r} is another file than {primary.url!r}"
        )


def _file(url: URL) -> str:
    name = (url.database or "").removeprefix("file:").partition("?")[0]
    if name in ("", ":memory:") or url.query.get("mode") == "memory":
        raise ValueError("a SQLite database in memory has no replicas: nobody else can open it")
    return os.path.realpath(name)


def _set_up(engine: AsyncEngine, pooler: Pooler | None) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _only_read)
        sqlite.set_up(engine.sync_engine)
        return
    if pooler is None:
        # Before all other listeners, so that whatever is sent by mistake is refused.
        event.listen(engine.sync_engine, "do_connect", _connect_to_read)
    postgresql.set_up(engine.sync_engine)


def _only_read(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _connect_to_read(dialect: Any, _record: object, _args: Any, options: dict[str, Any]) -> None:
    """A standby refuses to write; what was promoted, or is none, has to be told."""
    if dialect.driver == "asyncpg":
        options["server_settings"] = {_READ_ONLY: "on", **options.get("server_settings", {})}
