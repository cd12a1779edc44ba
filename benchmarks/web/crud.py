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

from benchmarks.suite.schema import City
from benchmarks.web.asking import CityOut, Entrant
from benchmarks.web.sessions import session_of_request

NAME: Final = "FastCRUD"


def _read(body: Any) -> tuple[Any, Any]:
    return body["data"], body["total_count"]


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    async with session_of_request(url) as given:
        router = crud_router(
            session=given,
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
