"""Rounds of the storms, the figures that they print, and the shelves that they write to."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import URL

from django_like_repos import Database
from tests.database.models import Base
from tests.examples import is_fuzzing, is_thorough
from tests.figures import FIGURES

Record = Callable[..., None]
POOL = 10


@pytest.fixture
def rounds() -> int:
    """How often a storm is repeated: once each time, more thoroughly, many times in `make soak`."""
    return 12 if is_fuzzing() else 4 if is_thorough() else 1


@pytest.fixture
def record_figures(request: pytest.FixtureRequest) -> Record:
    """Keeps figures of a test for the end of the run."""

    def record(**figures: object) -> None:
        line = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        request.node.user_properties.append((FIGURES, f"{request.node.name}: {line}"))

    return record


@pytest.fixture
async def pooled(fresh_database: Database) -> AsyncIterator[Database]:
    """Empty shelves by a pool of ten."""
    await fresh_database.create_all(Base.metadata)
    url: URL = fresh_database.engine.url
    async with Database(url, pool_size=POOL, max_overflow=0, pool_timeout=60, patience=60) as database:
        yield database


def out(database: Database) -> int:
    """Connections that were not given back."""
    pool: Any = database.engine.pool
    checked_out: int = pool.checkedout()
    return checked_out
