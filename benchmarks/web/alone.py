"""FastAPI and pydantic alone: the same answer, of rows that are there already, from no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final

from fastapi import FastAPI, Query
from sqlalchemy import URL

from benchmarks.suite.schema import Sizes
from benchmarks.web.asking import CityOut, CityPage, Entrant

NAME: Final = "no database"


@asynccontextmanager
async def entrants(_: URL) -> AsyncIterator[list[Entrant]]:
    app = FastAPI()
    sizes = Sizes()
    everything = [
        CityOut(id=each, name=f"city {each}", people=each * 7, country_id=each % sizes.countries + 1)
        for each in range(1, sizes.cities + 1)
    ]
    large = [city for city in everything if city.people >= 1_000]
    seventh = [city for city in everything if city.country_id == 7]

    @app.get("/cities")
    async def cities(
        people_gte: int | None = None,
        country: str | None = None,
        page: Annotated[int, Query(ge=1)] = 1,
        size: Annotated[int, Query(ge=1, le=1000)] = 20,
    ) -> CityPage:
        found = seventh if people_gte is None else large
        items = found[(page - 1) * size : page * size]
        return CityPage(items=items, total=len(found), page=page, size=size)

    yield [Entrant(NAME, app)]
