"""The endpoint as a careful author writes it: FastAPI, a select, and its count."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Query
from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.suite.schema import City, Country
from benchmarks.web.asking import CityOut, CityPage, Entrant
from benchmarks.web.sessions import session_of_request

NAME: Final = "by hand"


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    async with session_of_request(url) as given:

        @app.get("/cities")
        async def cities(
            session: Annotated[AsyncSession, Depends(given)],
            people_gte: int | None = None,
            country: str | None = None,
            page: Annotated[int, Query(ge=1)] = 1,
            size: Annotated[int, Query(ge=1, le=1000)] = 20,
        ) -> CityPage:
            rows: Any = select(City)
            count: Any = select(func.count(City.id))
            if people_gte is not None:
                rows = rows.where(City.people >= people_gte)
                count = count.where(City.people >= people_gte)
            if country is not None:
                rows = rows.join(City.country).where(Country.name == country)
                count = count.join(City.country).where(Country.name == country)
            rows = rows.order_by(City.id).limit(size).offset((page - 1) * size)
            found = (await session.scalars(rows)).all()
            items = [CityOut.model_validate(city, from_attributes=True) for city in found]
            total: Any = await session.scalar(count)
            return CityPage(items=items, total=total, page=page, size=size)

        yield [Entrant(NAME, app)]
