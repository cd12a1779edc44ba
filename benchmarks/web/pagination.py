"""fastapi-pagination's `apaginate()` of a select of SQLAlchemy's."""

# Its packages need not be installed.
# mypy: disable-error-code="misc, no-any-return, unused-ignore"
# pyright: reportMissingImports=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI
from fastapi_pagination import Page, Params
from fastapi_pagination.ext.sqlalchemy import apaginate
from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.schema import City, Country
from benchmarks.web.asking import CityOut, Entrant
from benchmarks.web.sessions import session_of_request

NAME: Final = "fastapi-pagination"


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    async with session_of_request(url) as given:

        @app.get("/cities", response_model=Page[CityOut])
        async def cities(
            params: Annotated[Params, Depends()],
            session: Annotated[AsyncSession, Depends(given)],
            people_gte: int | None = None,
            country: str | None = None,
        ) -> Any:
            wanted = select(City).order_by(City.id)
            if people_gte is not None:
                wanted = wanted.where(City.people >= people_gte)
            if country is not None:
                wanted = wanted.join(City.country).where(Country.name == country)
            return await apaginate(session, wanted, params)

        yield [Entrant(NAME, app)]
