"""Filters of an app: what OpenAPI says of them, rows, pages beside them, and what is refused."""

import copy
import inspect
import pickle
import sys
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from django_like_repos import UnsupportedOperationError
from django_like_repos.contrib.fastapi import PageParams, filter_params
from django_like_repos.contrib.filters import FilterSet, Lookup
from tests.contrib.filters.app import app, tenant_of
from tests.contrib.filters.declared import TrackFilter
from tests.pages.tracks import Singer, Track
from tests.recording import RecordedSQL

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what is refused before any database is asked."""


async def ids(client: AsyncClient, path: str) -> list[int]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [item["id"] for item in found["items"]] if isinstance(found, dict) else found


ANSWERS: dict[str, list[int]] = {
    "/tracks?title=b&page=2&size=2": [9, 12],
    "/tracks?min_price=0.5&price__lte=2.5&order=-id": [11, 7, 3],
    "/tracks?id__in=1&id__in=3&tenant=4&verbose=true&tag[]=x&tag[]=y": [1, 3],
    "/tracks?rank__range=2&rank__range=3&kind=3&order=-newest&order=-id&size=2": [10, 6],
    "/tracks?kind__in=1&kind__in=2&done=1": [11, 12, 13, 14],
    "/tracks?q=bob": [14],
    "/tracks?singer__country=at": [13],
    "/tracks?plays__place=b&plays__id__gte=4": [3],
    "/tracks?popular=2&good=false": [2, 3],
    "/tracks?the-code=c4": [4],
    "/tracks?title=a%2Bb&title__icontains=%25": [],
    "/cursors?title__icontains=A&size=3&order=-id": [11, 10, 8],
    "/ignoring?id=1&nonsense=5": [1],
    "/alone?id__in=1&id__in=2&order=-id": [2, 1],
    "/two?country=at&place=a": [2, 2],
    "/beside?id=2&columns=few&wide=1": [2],
    "/anything?id=2&whatever=1": [2],
    "/keyed/tracks?id=2&key=secret": [2],
    "/aliases?id=2&w=x": [2],
    "/strict?title=B&rank__gte=2&whatever=1": [6],
}


async def test_answers(client: AsyncClient) -> None:
    assert {path: await ids(client, path) for path in ANSWERS} == ANSWERS


async def test_pages_keep_the_filters(client: AsyncClient) -> None:
    first = await client.get("/tracks?id__in=1&id__in=3&id__in=5&size=2&order=-id")
    following = await client.get(first.request.url.join(first.links["next"]["url"]))
    assert [item["id"] for item in following.json()["items"]] == [1]


@SQLITE
async def test_a_body(client: AsyncClient, sql: RecordedSQL) -> None:
    answer = await client.post("/asked", json={"id__in": [1, 2], "order": ["-id"]})
    assert answer.json() == [2, 1]
    sql.clear()
    refused = await client.post("/asked", json={"id__in": [1, 2], "password": "x"})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "password"])
    assert len(sql) == 0


WRONG: dict[str, list[Any]] = {
    "/tracks?nonsense=1": ["extra_forbidden", "nonsense"],
    "/tracks?price=1": ["extra_forbidden", "price"],
    "/tracks?Title=b": ["extra_forbidden", "Title"],
    "/tracks?code=c4": ["extra_forbidden", "code"],
    "/tracks?door=1": ["extra_forbidden", "door"],
    "/tracks?p0=1": ["extra_forbidden", "p0"],
    "/tracks?filters=1": ["extra_forbidden", "filters"],
    "/tracks?id[]=1": ["extra_forbidden", "id[]"],
    "/tracks?agent=1": ["extra_forbidden", "agent"],
    "/tracks?crumb=1": ["extra_forbidden", "crumb"],
    "/tracks?key=secret": ["extra_forbidden", "key"],
    "/tracks?after=x": ["extra_forbidden", "after"],
    "/cursors?page=1": ["extra_forbidden", "page"],
    "/alone?nonsense=1": ["extra_forbidden", "nonsense"],
    "/alone?page=1": ["extra_forbidden", "page"],
    "/two?title=x": ["extra_forbidden", "title"],
    "/beside?shown=x": ["extra_forbidden", "shown"],
    "/keyed/tracks?key=secret&nonsense=1": ["extra_forbidden", "nonsense"],
    "/strict": ["missing", "title"],
    "/strict?title=none": ["value_error", "title"],
    "/aliases?v=x": ["extra_forbidden", "v"],
    "/tracks?title=a&title=b": ["repeated", "title"],
    "/tracks?rank__range=1": ["too_short", "rank__range"],
    "/tracks?rank__range=1&rank__range=2&rank__range=3": ["too_long", "rank__range"],
    "/tracks?min_price=-1": ["greater_than_equal", "min_price"],
    "/tracks?min_price=x": ["decimal_parsing", "min_price"],
    "/tracks?kind=4": ["enum", "kind"],
    "/tracks?order=nonsense": ["literal_error", "order"],
    "/tracks?order=id&order=-id": ["filter_value", "order"],
    "/tracks?title=%00": ["filter_value", "title"],
    "/tracks?title__regex=(": ["filter_value", "title__regex"],
    "/tracks?popular=0": ["greater_than_equal", "popular"],
    "/tracks?born=20": ["filter_value", "born"],
    "/tracks?q=a+b+c+d+e+f+g+h+i": ["too_long", "q"],
    "/tracks?ranked=nan": ["filter_value", "ranked"],
    "/tracks?called=%00": ["filter_value", "called"],
    "/tracks?ranked=1&ranked=2": ["repeated", "ranked"],
    "/ignoring?title=%00&nonsense=5": ["filter_value", "title"],
}


@SQLITE
async def test_wrong(client: AsyncClient, sql: RecordedSQL) -> None:
    sql.clear()
    for path, (kind, name) in WRONG.items():
        answer = await client.get(path)
        assert answer.status_code == 422, path
        first, *_ = answer.json()["detail"]
        assert [first["type"], *first["loc"][:2]] == [kind, "query", name]
        assert first.keys() >= {"type", "loc", "msg", "input"}
    assert len(sql) == 0


@SQLITE
async def test_too_many_conditions(client: AsyncClient) -> None:
    sent = {
        each.name: each.examples[0]
        for each in TrackFilter.__declared__.parameters.values()
        if each.examples and "regex" not in each.name
    }
    answer = await client.get("/tracks", params={**sent, "score__gt": "inf"})
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert (error["loc"], error["msg"]) == (["query"], "There should be at most 20 conditions")


@SQLITE
async def test_validators_of_ones_own(client: AsyncClient) -> None:
    answer = await client.get("/strict?title=b&rank__gte=2&rank__lte=1")
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert (error["loc"], error["msg"]) == (["query"], "Value error, from the lower rank to the higher")
    assert error["input"] == {"title": "b", "rank__gte": "2", "rank__lte": "1"}


@SQLITE
async def test_as_many_as_are_told(client: AsyncClient) -> None:
    answer = await client.get("/tracks", params={f"x{number}": 1 for number in range(100)})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == 20


@SQLITE
async def test_openapi(client: AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    said = {each["name"]: each for each in document["paths"]["/tracks"]["get"]["parameters"]}
    own = {each.name for each in TrackFilter.__declared__.parameters.values()}
    assert said.keys() == own | {"page", "size", "tenant", "tag[]", "verbose", "agent", "crumb"}
    assert not any(said[name]["required"] for name in own)
    assert all(said[name]["description"] for name in own - {"good", "called", "ranked"})
    assert all(said[name]["schema"]["examples"] for name in own)

    def schema(name: str) -> Any:
        told = {**said[name]["schema"]}
        for key in ("title", "description", "examples"):
            told.pop(key, None)
        return told

    assert schema("title") == {"type": "string", "maxLength": 200}
    assert schema("id__in") == {"type": "array", "items": {"type": "integer"}, "maxItems": 100}
    assert schema("rank__range") == {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 2,
        "maxItems": 2,
    }
    assert schema("kind") == {"$ref": "#/components/schemas/Kind"}
    assert document["components"]["schemas"]["Kind"]["enum"] == [1, 2, 3]
    assert schema("born") == {"type": "string", "format": "date"}
    assert schema("played__gte") == {"type": "string", "format": "date-time"}
    assert schema("uid") == {"type": "string", "format": "uuid"}
    assert schema("order")["items"]["enum"][:4] == ["title", "-title", "id", "-id"]
    price = said["min_price"]
    assert (price["description"], price["schema"]["examples"]) == ("The least price.", ["2.50"])
    assert said["title__icontains"]["description"] == "Contains this, whatever the case."
    assert said["popular"]["description"] == "Played so often, or more."
    alone = document["paths"]["/alone"]["get"]["parameters"]
    assert {each["name"] for each in alone} == own | {"tenant", "tag[]"}


@SQLITE
async def test_examples_are_taken(client: AsyncClient) -> None:
    for each in TrackFilter.__declared__.parameters.values():
        answer = await client.get("/tracks", params={each.name: each.examples[0]})
        assert answer.status_code == 200, (each.name, answer.text)


@SQLITE
async def test_dependencies_that_are_overridden(client: AsyncClient) -> None:
    def other(realm: str = "") -> int:
        return 0

    app.dependency_overrides[tenant_of] = other
    try:
        assert await ids(client, "/tracks?realm=x&id=1") == [1]
        assert (await client.get("/tracks?tenant=1")).status_code == 422
    finally:
        app.dependency_overrides.clear()
    assert await ids(client, "/tracks?tenant=1&id=1") == [1]
    assert (await client.get("/tracks?realm=x")).status_code == 422


SOCKETS: dict[str, Any] = {
    "id=3": "[3]",
    "id=x": None,
    "ranked=nan": None,
    "nonsense=1": None,
    "title=a&title=b": None,
}


@SQLITE
@pytest.mark.usefixtures("served")
async def test_websockets() -> None:
    for query, answer in SOCKETS.items():
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any, sent: list[dict[str, Any]] = sent) -> None:
            sent.append(message)

        path, scope = "/socket", {"type": "websocket", "query_string": query.encode(), "headers": []}
        await app({**scope, "path": path, "raw_path": path.encode(), "scheme": "ws"}, receive, send)
        told = [message.get("text") for message in sent if message["type"] == "websocket.send"]
        assert told == ([answer] if answer else [])
        assert sent[-1]["code"] == (1000 if answer else 1008)


def test_the_signature_where_fastapi_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*inspect.signature(TrackFilter).parameters][:2] == ["door", "p0"]
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert inspect.signature(TrackFilter).parameters.keys() >= {"title", "plays__place"}


async def test_it_can_be_pickled() -> None:
    kept: list[Any] = []

    async def keep(filters: Annotated[TrackFilter, Depends()]) -> None:
        kept.append(filters)

    own = FastAPI()
    own.get("/")(keep)
    async with AsyncClient(transport=ASGITransport(own), base_url="http://own") as asking:
        assert (await asking.get("/?title=b&kind__in=2")).status_code == 200
    (filters,) = kept
    made = TrackFilter(title="b", kind__in=["2"])
    assert filters == made
    assert pickle.loads(pickle.dumps(filters)) == copy.deepcopy(filters) == made
    assert (repr(filters), filters.model_dump()) == (repr(made), made.model_dump())


class Sized(FilterSet[Track]):
    fields = {"title": ["exact"], "rank": ["exact"]}
    size: Annotated[int, Lookup("rank__gte")]


class Named(FilterSet[Singer]):
    fields = {"name": ["exact"]}
    title: Annotated[str, Lookup("country")]


CLASHES: dict[str, Any] = {
    "size": lambda sized, page: None,
    "rank": lambda sized, rank: None,
    "title": lambda sized, named: None,
    "": lambda sized, again, name: None,
}
TYPES: dict[str, Any] = {
    "sized": Annotated[Sized, Depends()],
    "again": Annotated[Sized, Depends(filter_params(Sized, undeclared="ignore"))],
    "named": Annotated[Named, Depends()],
    "page": Annotated[PageParams, Depends()],
    "rank": int,
    "name": str,
}


@pytest.mark.parametrize("name", CLASHES)
@pytest.mark.parametrize("undeclared", ["sized", "again"])
async def test_one_name_for_two_parameters(name: str, undeclared: str) -> None:
    endpoint = CLASHES[name]
    endpoint.__annotations__ = {
        **{each: TYPES[each] for each in inspect.signature(endpoint).parameters},
        "sized": TYPES[undeclared],
    }
    own = FastAPI()
    own.get("/")(endpoint)
    async with AsyncClient(transport=ASGITransport(own), base_url="http://own") as asking:
        if name:
            with pytest.raises(UnsupportedOperationError, match=f"'{name}' of Sized is a query parameter"):
                await asking.get("/?rank=1")
        else:
            assert (await asking.get("/?name=x&size=1")).status_code == 200


BODIES: dict[str, list[str]] = {
    '{"score__gt": NaN}': ["score__gt"],
    '{"title": "\\ud800"}': ["title"],
    '{"\\ud800": 1}': [],
    '{"id__in": [NaN, "\\udc00"]}': ["id__in"],
    '{"title": {"a": [Infinity]}}': ["title"],
}


@SQLITE
async def test_a_body_that_no_answer_could_tell(client: AsyncClient) -> None:
    for body, name in BODIES.items():
        answer = await client.post("/asked", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["detail"][0]["loc"][1:2]) == (422, name), body
