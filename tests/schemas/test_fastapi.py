"""Pages of FastAPI whose models are loaded with what the ``response_model`` of their route reads."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, NamedTuple, cast

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import CursorPage, Page, QuerySet, UnorderedPageWarning, UnsupportedOperationError
from django_like_repos.contrib.fastapi import CursorParams, PageParams
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Track
from tests.schemas.music import rows as rows

SECRET = "a secret that is long enough"


class SingerOut(BaseModel):
    name: str


class PlayOut(BaseModel):
    place: str


class TrackOut(BaseModel):
    title: str
    singer: SingerOut
    plays: list[PlayOut]


class Broken(BaseModel):
    titel: str


class Pair(NamedTuple):
    id: int
    title: str


class Plain(BaseModel):
    id: int
    title: str


class Video(BaseModel):
    medium: Literal["video"]
    width: int


class Other(BaseModel):
    medium: Literal["track"]
    singer: SingerOut


def _further(app: FastAPI, tracks: QuerySet[Track]) -> None:
    @app.get("/either", response_model=Page[Annotated[Video | Other, Field(discriminator="medium")]])
    async def either(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks)

    @app.get("/perhaps", response_model=Annotated[Page[TrackOut] | None, "a page"])
    async def perhaps(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks, headers=True)

    @app.get("/tuples", response_model=Page[Pair])
    async def tuples(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks)

    @app.get("/tuples/into", response_model=Page[Pair])
    async def tuples_into(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.order_by("title").into(Pair))


@pytest.fixture
async def client(session: AsyncSession, sql: RecordedSQL) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    tracks = QuerySet(Track, session).order_by("id")
    _further(app, tracks)

    @app.get("/pages", response_model=Page[TrackOut])
    async def pages(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks)

    @app.get("/cursors")
    async def cursors(
        params: Annotated[CursorParams, Depends()],
    ) -> Annotated[CursorPage[Annotated[TrackOut, "an item"]], "a page"]:
        return cast("CursorPage[TrackOut]", await params.page(tracks, secret=SECRET))

    @app.get("/whole", response_model=Page[Plain])
    async def whole(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks, load=False)

    @app.get("/values", response_model=Page[Plain])
    async def values(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.values("id", "title"))

    @app.get("/into", response_model=Page[Plain])
    async def into(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.into(Plain))

    @app.get("/union", response_model=Page[Plain])
    async def union(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.order_by().union(tracks.order_by()).order_by("id"))

    @app.get("/others", response_model=None)
    async def others(params: Annotated[PageParams, Depends()]) -> Any:
        return [track.id for track in (await params.page(tracks)).items]

    @app.get("/some", response_model=Page[int])
    async def some(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.values_list("id", flat=True))

    @app.get("/broken", response_model=Page[Broken])
    async def broken(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://tracks") as client:
        sql.clear()
        yield client


@pytest.mark.parametrize("path", ["/pages", "/cursors", "/perhaps"])
async def test_pages_load_what_is_answered(client: AsyncClient, sql: RecordedSQL, path: str) -> None:
    answer = await client.get(path, params={"size": 2})
    assert answer.json()["items"] == [
        {"title": "t1", "singer": {"name": "Bob"}, "plays": [{"place": "b"}, {"place": "c"}]},
        {"title": "t2", "singer": {"name": "Cy"}, "plays": [{"place": "b"}, {"place": "c"}]},
    ]
    found, plays, *number = [statement for statement, _ in sql.statements]
    assert ("seconds" in found, "bio" in found, "country" in found) == (False, False, False)
    assert "country" not in plays
    assert len(number) == (path != "/cursors")


async def test_a_page_of_several_types(client: AsyncClient, sql: RecordedSQL) -> None:
    answer = await client.get("/either", params={"page": 3, "size": 2})
    assert answer.json()["items"] == [
        {"medium": "track", "singer": {"name": "Cy"}},
        {"medium": "video", "width": 640},
    ]
    assert not any("lyrics" in statement for statement, _ in sql.statements)


@pytest.mark.by_turns
@pytest.mark.parametrize("path", ["/whole", "/values", "/into", "/union", "/others", "/some"])
async def test_what_is_no_page_of_models_is_left_alone(
    client: AsyncClient, sql: RecordedSQL, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert len(sql) == 1
    assert ("seconds" in sql.last) == (path in ("/whole", "/union", "/others"))


async def test_what_is_not_there_is_refused(client: AsyncClient, sql: RecordedSQL) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"Broken.titel: Track has no attribute 'titel'"):
        await client.get("/broken")
    assert len(sql) == 0


async def test_what_pydantic_makes_of_no_model(client: AsyncClient, sql: RecordedSQL) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"Pair, a named tuple, .* or the rows by into\(\)"):
        await client.get("/tuples")
    assert len(sql) == 0
    with pytest.warns(UnorderedPageWarning) as warned:
        answer = await client.get("/tuples/into", params={"size": 1})
    assert answer.json()["items"] == [[1, "t1"]]
    assert [each.filename for each in warned] == [__file__]


async def test_the_way_back_from_beyond_the_last_page(client: AsyncClient) -> None:
    answer = await client.get("/perhaps", params={"page": 98, "size": 4})
    assert answer.json()["items"] == []
    assert '<?size=4&page=2>; rel="prev"' in answer.headers["Link"]
    answer = await client.get("/perhaps", params={"page": 2, "size": 4})
    assert '<?size=4&page=1>; rel="prev"' in answer.headers["Link"]
