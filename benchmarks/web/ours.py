"""This library's endpoint: a `FilterSet`, a repository, `PageParams` and `Page`, each `Injected`.

Once more by classes in `Depends()`, which FastAPI calls in threads; with parameters written by hand instead
of the `FilterSet`; and with reads in autocommit.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, Final

from fastapi import Depends, FastAPI
from sqlalchemy import URL

from benchmarks.places import reading_in_autocommit
from benchmarks.suite.entrant import POOL
from benchmarks.suite.schema import City
from benchmarks.web.asking import CityOut, Entrant
from django_like_repos import BaseRepository, Database, Page
from django_like_repos.contrib.fastapi import Injected, PageParams
from django_like_repos.contrib.filters import FilterSet

NAME: Final = "ours"
CLASSES: Final = "ours, classes in Depends()"
PLAIN: Final = "ours, plain parameters"
AUTOCOMMIT: Final = "ours, in autocommit"


class CityRepository(BaseRepository[City]): ...


class CityFilter(FilterSet[City]):
    fields: ClassVar = {"people": ["gte"], "country__name": ["exact"]}


def filtered(database: Database) -> FastAPI:
    """The app on one database, its filters declared."""
    app = FastAPI()
    app.state.database = database

    @app.get("/cities", response_model=Page[CityOut])
    async def cities(
        filters: Injected[CityFilter], params: Injected[PageParams], repository: Injected[CityRepository]
    ) -> Page[City]:
        return await params.page(repository.objects.filter_by(filters).order_by("id"))

    return app


def by_classes(database: Database) -> FastAPI:
    """The same, where FastAPI calls the classes, in threads."""
    app = FastAPI()
    app.state.database = database

    @app.get("/cities", response_model=Page[CityOut])
    async def cities(
        filters: Annotated[CityFilter, Depends()],
        params: Annotated[PageParams, Depends()],
        repository: Annotated[CityRepository, Depends()],
    ) -> Page[City]:
        return await params.page(repository.objects.filter_by(filters).order_by("id"))

    return app


def plain(database: Database) -> FastAPI:
    """The app on one database, its filters written into the endpoint."""
    app = FastAPI()
    app.state.database = database

    @app.get("/cities", response_model=Page[CityOut])
    async def cities(
        params: Injected[PageParams],
        repository: Injected[CityRepository],
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


def _declared(name: str, app: FastAPI) -> Entrant:
    return Entrant(name, app, people="people__gte", country="country__name")


@asynccontextmanager
async def entrants(url: URL) -> AsyncIterator[list[Entrant]]:
    async with Database(url, pool_size=POOL) as database:
        found = [
            _declared(NAME, filtered(database)),
            _declared(CLASSES, by_classes(database)),
            Entrant(PLAIN, plain(database)),
        ]
        if url.get_backend_name() == "postgresql":
            found.append(_declared(AUTOCOMMIT, filtered(reading_in_autocommit(database))))
        yield found
