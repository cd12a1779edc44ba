"""This library's endpoint: a repository, `PageParams` and `Page`; once more with reads in autocommit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final

from fastapi import Depends, FastAPI
from sqlalchemy import URL

from benchmarks.suite.entrant import POOL
from benchmarks.suite.schema import City
from benchmarks.web.asking import CityOut, Entrant
from django_like_repos import BaseRepository, Database, Page
from django_like_repos.contrib.fastapi import PageParams

NAME: Final = "ours"
AUTOCOMMIT: Final = "ours (autocommit)"


class CityRepository(BaseRepository[City]): ...


def application(database: Database) -> FastAPI:
    """The app on one database."""
    app = FastAPI()
    app.state.database = database

    @app.get("/cities", response_model=Page[CityOut])
    async def cities(
        params: Annotated[PageParams, Depends()],
        repository: Annotated[CityRepository, Depends()],
        people_gte: int | None = None,
        country: str | None = None,
    ) -> Page[City]:
        found = repository.objects.order_by("id")
        if people_gte is not None:
            found = found.filter(people__gte=people_gte)
        if country is not None:
            found = found.filter(country__name=country)
        return await params.page(found)

    return app


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    async with Database(url, pool_size=POOL) as database:
        found = [Entrant(NAME, application(database))]
        if url.get_backend_name() == "postgresql":
            autocommit = Database(database.engine, reads="autocommit")
            found.append(Entrant(AUTOCOMMIT, application(autocommit)))
        yield found
