"""The session of a request, as the applications have it that are written with SQLAlchemy's own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.hand import sessions


@asynccontextmanager
async def session_of_request(url: URL) -> AsyncIterator[Callable[[], AsyncIterator[AsyncSession]]]:
    """The dependency that gives a request its session."""
    async with sessions(url) as made:
        factory = made["transaction"]

        async def dependency() -> AsyncIterator[AsyncSession]:
            async with factory() as session:
                yield session

        yield dependency
