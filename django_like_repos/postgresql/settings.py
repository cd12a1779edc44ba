"""The settings of engines on PostgreSQL by asyncpg that are not asked for otherwise."""

import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import URL

Pooler = Literal["session", "transaction"]

POOLERS: Final = ("session", "transaction")
APPLICATION: Final = "django_like_repos"
CONNECTS_WITHIN: Final = 10.0
"""Seconds for a connection to be made."""
STATEMENT_ENDS_WITHIN: Final = 60.0
"""Seconds after which the server ends a statement."""
COMMAND_ENDS_WITHIN: Final = 65.0
"""Seconds after which the driver ends one that the server has not ended."""
RECYCLED_AFTER: Final = 1800
"""Seconds after which a connection that is used again is made anew."""


def with_defaults(url: URL, options: Mapping[str, Any], pooler: Pooler | None) -> dict[str, Any]:
    """Options for ``create_async_engine()``: those that are given, and defaults for the rest.

    What the URL's query or ``connect_args`` says stands. Raises TypeError or ValueError for a pooler that
    there is not.
    """
    if pooler is not None and pooler not in POOLERS:
        raise ValueError(f"a pooler is one of {', '.join(map(repr, POOLERS))}, or None: not {pooler!r}")
    if url.get_dialect().driver != "asyncpg":
        if pooler is not None:
            raise TypeError("a pooler goes with PostgreSQL by asyncpg: 'postgresql+asyncpg://…'")
        return dict(options)
    given = dict(options.get("connect_args", {}))
    connect = {name: value for name, value in _connect(pooler).items() if name not in url.query}
    settings = {**_server(pooler), **given.pop("server_settings", {})}
    return {
        "pool_recycle": RECYCLED_AFTER,
        **options,
        "connect_args": {**connect, **given, "server_settings": settings},
    }


def _connect(pooler: Pooler | None) -> dict[str, Any]:
    connect: dict[str, Any] = {"timeout": CONNECTS_WITHIN, "command_timeout": COMMAND_ENDS_WITHIN}
    if pooler == "transaction":
        # A statement that is remembered is another connection's in the next transaction.
        connect |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": _unique_name,
        }
    return connect


def _server(pooler: Pooler | None) -> dict[str, str]:
    settings = {"application_name": APPLICATION}
    if pooler is None:
        # Poolers refuse what they cannot set on each connection of theirs.
        settings["statement_timeout"] = str(round(STATEMENT_ENDS_WITHIN * 1000))
    return settings


def _unique_name() -> str:
    return f"__{APPLICATION}_{uuid.uuid4().hex}"
