"""Pages of an app: parameters, OpenAPI, models of the response, headers, and what is refused."""

from collections.abc import AsyncIterator
from inspect import iscoroutinefunction
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, cast

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, CursorPage, Page, QuerySet, UnsupportedOperationError
from django_like_repos.contrib.fastapi import (
    CursorParams,
    Injected,
    PageParams,
    cursor_params,
    page_params,
    response_models,
)
from django_like_repos.contrib.filters import FilterSet
from django_like_repos.injection import session_dependency
from tests.pages.tracks import Track


class TrackOut(BaseModel):
    id: int
    title: str


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    tracks = QuerySet(Track, session)

    @app.get("/pages", response_model=Page[TrackOut])
    async def pages(params: Annotated[PageParams, Depends()]) -> Any:
        return await params.page(tracks.order_by("id"), headers=True)

    @app.get("/small")
    async def small(
        params: Annotated[PageParams, Depends(page_params(size=2, max_size=3))],
    ) -> Page[TrackOut]:
        page = await params.page(tracks.order_by("id"), total="none", headers=True)
        return cast("Page[TrackOut]", page)

    @app.get("/cursors", response_model=CursorPage[TrackOut])
    async def cursors(params: Annotated[CursorParams, Depends()], rank: int = 0) -> Any:
        return await params.page(tracks.filter(rank__gte=rank).order_by("-code"), headers=True)

    @app.get("/few")
    async def few(
        params: Annotated[CursorParams, Depends(cursor_params(size=2, max_size=3))],
    ) -> CursorPage[TrackOut]:
        return cast("CursorPage[TrackOut]", await params.page(tracks))

    async with AsyncClient(transport=ASGITransport(app), base_url="http://tracks") as client:
        yield client


async def test_a_page(client: AsyncClient) -> None:
    answer = await client.get("/pages", params={"page": 2, "size": 5, "x": ["a>", "b\r\n"]})
    assert answer.status_code == 200
    page = answer.json()
    assert [item.keys() for item in page.pop("items")] == [{"id", "title"}] * 5
    assert page == {
        "page": 2,
        "size": 5,
        "total": 12,
        "pages": 3,
        "exact": True,
        "has_next": True,
        "has_previous": True,
    }
    assert answer.headers["x-total-count"] == "12"
    rest = "size=5&x=a%3E&x=b%0D%0A"
    assert answer.headers["link"] == (
        f'<?{rest}&page=1>; rel="first", <?{rest}&page=1>; rel="prev", '
        f'<?{rest}&page=3>; rel="next", <?{rest}&page=3>; rel="last"'
    )
    following = await client.get(answer.request.url.join(answer.links["next"]["url"]))
    assert [item["id"] for item in following.json()["items"]] == [11, 12]
    assert following.links.keys() == {"first", "prev", "last"}


async def test_sizes_of_a_route(client: AsyncClient) -> None:
    answer = await client.get("/small")
    assert len(answer.json()["items"]) == 2
    assert answer.links.keys() == {"first", "next"}
    assert "x-total-count" not in answer.headers
    assert (await client.get("/small", params={"size": 4})).status_code == 422
    assert len((await client.get("/few", params={"size": 3})).json()["items"]) == 3
    assert (await client.get("/few", params={"size": 4})).status_code == 422


@pytest.mark.parametrize("name", ["page", "size"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1e3", "1.5", str(10**30), "NaN", "\x00"])
async def test_numbers_that_are_none(client: AsyncClient, name: str, value: str) -> None:
    answer = await client.get("/pages", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", name]


async def test_cursors(client: AsyncClient) -> None:
    answer = await client.get("/cursors", params={"size": 3, "rank": 1})
    page = answer.json()
    codes = [item["id"] for item in page["items"]]
    assert page.keys() == {"items", "size", "next", "previous", "has_next", "has_previous"}
    assert answer.links.keys() == {"first", "next"}
    following = await client.get(answer.request.url.join(answer.links["next"]["url"]))
    assert not {item["id"] for item in following.json()["items"]} & {*codes}
    back = await client.get(answer.request.url.join(following.links["prev"]["url"]))
    assert back.json() == page | {"has_next": True, "next": back.json()["next"]}
    assert (await client.get(answer.request.url.join(back.links["first"]["url"]))).json()["items"] == page[
        "items"
    ]
    wrong: list[dict[str, Any]] = [
        {"after": page["next"], "rank": 2},
        {"after": page["next"][:-2] + "..", "rank": 1},
        {"after": "", "rank": 1},
        {"before": "x"},
        {"after": page["next"], "before": page["next"], "rank": 1},
    ]
    for params in wrong:
        refused = await client.get("/cursors", params=params)
        assert (refused.status_code, refused.json().keys()) == (400, {"detail"})
    assert (await client.get("/cursors", params={"after": "a" * 4097})).status_code == 422


async def test_openapi(client: AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    def said(path: str) -> dict[str, Any]:
        return {each["name"]: each["schema"] for each in paths[path]["get"]["parameters"]}

    assert said("/pages").keys() == {"page", "size"}
    assert said("/pages")["size"] | {"title": ""} == said("/cursors")["size"] | {"title": ""}
    size = said("/small")["size"]
    assert (size["default"], size["minimum"], size["maximum"]) == (2, 1, 3)
    assert said("/few").keys() == {"after", "before", "size"}
    schema = paths["/small"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Page_TrackOut_"}


@pytest.mark.parametrize("sized", [page_params, cursor_params])
def test_sizes_that_are_none_are_of_the_function_that_was_called(sized: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=rf"^{sized.__name__}\(\): size"):
        sized(size=0)
    with pytest.raises(UnsupportedOperationError, match=rf"^{sized.__name__}\(\): max_size"):
        sized(max_size=0)


def test_sized_parameters_are_awaited_and_need_no_thread() -> None:
    assert iscoroutinefunction(page_params(size=2))
    assert iscoroutinefunction(cursor_params(size=2))


@pytest.mark.parametrize(
    ("model", "times"), [(Page[TrackOut], 1), (Annotated[Page[TrackOut], ["without a hash"]], 3)]
)
async def test_what_a_route_answers_is_worked_out_once(
    session: AsyncSession, model: Any, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a type that can be remembered."""
    asked: list[Any] = []
    request: Any = SimpleNamespace(scope={"route": SimpleNamespace(response_model=model)})
    of = response_models.item_of

    def noted(model: Any) -> Any:
        asked.append(model)
        return of(model)

    response_models._known.cache_clear()
    monkeypatch.setattr(response_models, "item_of", noted)
    for _ in range(3):
        queryset: Any = response_models.answered(request, QuerySet(Track, session))
        assert "tracks.rank" not in queryset.sql()
    assert len(asked) == times


class Tracks(BaseRepository[Track]): ...


class TrackFilter(FilterSet[Track]):
    fields: ClassVar = {"rank": ["gte"]}


async def test_injected(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a class in Depends(), with one object a request; and nothing goes to a thread."""
    app = FastAPI()

    @app.get("/pages", response_model=Page[TrackOut])
    async def pages(
        filters: Injected[TrackFilter],
        params: Injected[PageParams],
        repo: Injected[Tracks],
        again: Injected[Tracks],
    ) -> Any:
        assert repo is again
        return await params.page(repo.objects.filter_by(filters).order_by("id"))

    @app.get("/cursors", response_model=CursorPage[TrackOut])
    async def cursors(params: Injected[CursorParams], repo: Injected[Tracks]) -> Any:
        return await params.page(repo.objects.order_by("id"), secret="0123456789abcdef")

    async def in_a_thread(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was called in a thread")

    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", in_a_thread)

    async def given() -> AsyncSession:
        return session

    app.dependency_overrides[session_dependency] = given
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tracks") as client:
        answer = await client.get("/pages", params={"rank__gte": 2, "size": 3})
        assert answer.status_code == 200
        assert len(answer.json()["items"]) == 3
        assert (await client.get("/pages", params={"rank": 2})).status_code == 422
        assert (await client.get("/cursors", params={"size": 3})).status_code == 200


def test_what_cannot_be_injected() -> None:
    asked: Any = Injected
    with pytest.raises(UnsupportedOperationError, match="takes a repository, a FilterSet, PageParams"):
        asked[int]
