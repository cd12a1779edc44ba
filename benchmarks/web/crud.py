"""FastCRUD's own endpoint, made by its `crud_router()`."""

# Its packages need not be installed.
# mypy: disable-error-code="misc, no-any-return, unused-ignore"
# pyright: reportMissingImports=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastcrud import FilterConfig, crud_router
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.hand import sessions
from benchmarks.suite.schema import City
from benchmarks.web.asking import CityOut, Entrant

NAME: Final = "FastCRUD"


def _read(body: Any) -> tuple[Any, Any]:
    return body["data"], body["total_count"]


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    async with sessions(url) as made:
        factory = made["transaction"]

        async def session_of_request() -> AsyncIterator[AsyncSession]:
            async with factory() as session:
                yield session

        router = crud_router(
            session=session_of_request,
            model=City,
            create_schema=CityOut,
            update_schema=CityOut,
            select_schema=CityOut,
            path="/cities",
            included_methods=["read_multi"],
            filter_config=FilterConfig(people__gte=None, **{"country.name": None}),
        )
        app.include_router(router)
        yield [
            Entrant(
                NAME,
                app,
                people="people__gte",
                country="country.name",
                size="itemsPerPage",
                more=(("sort", "id"),),
                read=_read,
            )
        ]
