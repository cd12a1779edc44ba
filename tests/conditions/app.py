"""An application that searches tracks by bodies."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from django_like_repos import BaseRepository, Database
from django_like_repos.contrib.filters import Conditions, Sort, Where
from tests.conditions.declared import TrackFilter
from tests.pages.tracks import Track


class TrackRepository(BaseRepository[Track]):
    ordering = ("id",)


class TrackSearch(Conditions[TrackFilter]):
    size: int = 20


class Wishes(BaseModel):
    """A body of somebody's own."""

    where: Where[TrackFilter]
    sort: Sort[TrackFilter] | None = None


Tracks = Annotated[TrackRepository, Depends()]


def app_on(database: Database) -> FastAPI:
    app = FastAPI()
    app.state.database = database

    @app.post("/search")
    async def search(body: Conditions[TrackFilter], tracks: Tracks) -> list[int]:
        return await tracks.objects.filter_by(body).values_list("id", flat=True)

    @app.post("/sized")
    async def sized(body: TrackSearch, tracks: Tracks) -> list[int]:
        return await tracks.objects.filter_by(body).values_list("id", flat=True)[: body.size]

    @app.post("/wishes")
    async def wishes(body: Wishes, tracks: Tracks) -> Any:
        found = tracks.objects.filter_by(body.where)
        ordered = found if body.sort is None else found.filter_by(body.sort)
        return [await ordered.values_list("id", flat=True), body.model_dump(exclude_none=True)]

    return app
