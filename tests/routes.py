"""What the direct path does, counted: which reads took it, what each operation asks of driver and loop."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import aiosqlite.core
import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy.ext.asyncio import session as sessions

from django_like_repos.execution.direct import sending
from tests.recording import MUTED

_LOOKING = (
    "test_alone",
    "test_autocommit_reads",
    "test_capturing",
    "test_direct",
    "test_plugin",
    "test_shielding",
)


def looks(item: pytest.Item) -> bool:
    """Whether a test looks which way statements went, or models were made."""
    fixtures = getattr(item, "fixturenames", ())
    return item.path.name.startswith(_LOOKING) or "ways" in fixtures


@contextmanager
def noted_routes() -> Iterator[list[bool]]:
    """Of each SELECT whether it took the direct path."""
    found: list[bool] = []
    read = sending.read

    def noted(*given: Any) -> Any:
        taken = True
        try:
            rows = read(*given)
            taken = rows is not None
        finally:
            if not MUTED:
                found.append(taken)
        return rows

    with patch.object(sending, "read", noted):
        yield found


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Ways to the thread of aiosqlite, calls of asyncpg that ask the server, and greenlets."""
    found: Counter[str] = Counter()
    with ExitStack() as stack:
        for owner, name in (
            (aiosqlite.core.Connection, "_execute"),
            (PreparedStatement, "fetch"),
            (asyncpg.Connection, "prepare"),
            (asyncpg.Connection, "execute"),
            (sessions, "greenlet_spawn"),
        ):
            stack.enter_context(patch.object(owner, name, _counting(found, name, getattr(owner, name))))
        yield found


def _counting(found: Counter[str], name: str, call: Any) -> Any:
    def counting(*given: Any, **options: Any) -> Any:
        found[name] += 1
        return call(*given, **options)

    return counting
