"""advanced-alchemy's repository with fastapi-pagination's parameters and page."""

# Its packages need not be installed.
# mypy: disable-error-code="misc, no-any-return, unused-ignore"
# pyright: reportMissingImports=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from advanced_alchemy.filters import LimitOffset
from fastapi import Depends, FastAPI
from fastapi_pagination import Page, Params, create_page
from sqlalchemy import URL

from benchmarks.suite.alchemy import CityRepository
from benchmarks.suite.hand import sessions
from benchmarks.suite.schema import City
from benchmarks.web.asking import CityOut, Entrant

NAME: Final = "advanced-alchemy + fastapi-pagination"


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    async with sessions(url) as made:
        factory = made["transaction"]

        async def cities_of_request() -> AsyncIterator[Any]:
            async with factory() as session:
                yield CityRepository(session=session)

        @app.get("/cities", response_model=Page[CityOut])
        async def cities(
            params: Annotated[Params, Depends()],
            repository: Annotated[Any, Depends(cities_of_request)],
            people_gte: int | None = None,
            country: str | None = None,
        ) -> Any:
            wanted = []
            if people_gte is not None:
                wanted.append(City.people >= people_gte)
            if country is not None:
                wanted.append(City.country.has(name=country))
            rows, total = await repository.get_many_and_count(
                *wanted, LimitOffset(params.size, (params.page - 1) * params.size), order_by=("id", False)
            )
            return create_page(rows, total=total, params=params)

        yield [Entrant(NAME, app)]
