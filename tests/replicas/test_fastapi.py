"""Requests that read from a replica, and those that follow one that wrote."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException

from django_like_repos import Database, UnsupportedOperationError, session_dependency
from django_like_repos.contrib.fastapi import ReadYourWrites, reads_from
from django_like_repos.injection import SessionDependency
from tests.database.models import ShelfRepository
from tests.replicas.conftest import Pair


class FarShelfRepository(ShelfRepository):
    reads = "replica"


async def _name(shelves: ShelfRepository) -> str:
    name: str = await shelves.objects.filter(id=1).values_list("name", flat=True).get()
    return name


@pytest.fixture
def app(two: Database) -> FastAPI:
    app = FastAPI()
    app.state.database = two
    app.add_middleware(ReadYourWrites)

    @app.get("/usual")
    async def usual(shelves: ShelfRepository = Depends()) -> str:
        return await _name(shelves)

    @app.get("/declared", dependencies=[reads_from("replica")])
    async def declared(shelves: ShelfRepository = Depends()) -> str:
        return await _name(shelves)

    @app.get("/repository")
    async def repository(shelves: FarShelfRepository = Depends()) -> str:
        return await _name(shelves)

    @app.post("/write")
    async def write(fail: bool = False, shelves: FarShelfRepository = Depends()) -> None:
        await shelves.create(name="new")
        if fail:
            raise HTTPException(400)

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_who_says_where_a_request_reads(client: httpx.AsyncClient, app: FastAPI) -> None:
    paths = ("/usual", "/declared", "/repository")
    assert [(await client.get(path)).json() for path in paths] == ["primary", "replica", "replica"]
    app.dependency_overrides[session_dependency] = SessionDependency(reads="replica")
    assert (await client.get("/usual")).json() == "replica"


async def test_a_client_reads_what_he_wrote(client: httpx.AsyncClient, pair: Pair) -> None:
    assert (await client.get("/declared")).headers.get("set-cookie") is None
    pair.told.primary = 101
    said = (await client.post("/write")).headers["set-cookie"]
    assert said == "written=0/00000065; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
    assert [(await client.get(path)).json() for path in ("/declared", "/repository")] == ["primary"] * 2
    async with httpx.AsyncClient(transport=client._transport, base_url="http://test") as another:
        assert (await another.get("/declared")).json() == "replica"
    pair.told.replica = 101
    later = await client.get("/declared")
    assert (later.json(), later.headers.get("set-cookie")) == ("replica", None)


async def test_what_failed_has_no_position(client: httpx.AsyncClient) -> None:
    refused = await client.post("/write", params={"fail": True})
    assert (refused.status_code, refused.headers.get("set-cookie")) == (400, None)


@pytest.mark.parametrize("cookie", ["x", "FFFFFFFFF/0", "0/1;written=x", '"', "a=b; written", "\xff"])
async def test_a_cookie_that_is_no_position(client: httpx.AsyncClient, cookie: str) -> None:
    headers = [(b"cookie", b"written=" + cookie.encode("latin-1"))]
    answer = await client.get("/declared", headers=headers)
    assert answer.status_code == 200
    assert answer.json() in ("replica", "primary")


async def test_a_position_beyond_all_is_read_on_the_primary(client: httpx.AsyncClient) -> None:
    answer = await client.get("/declared", headers={"cookie": "written=FFFFFFFF/FFFFFFFF"})
    assert answer.json() == "primary"


def test_other_names_are_refused() -> None:
    with pytest.raises(UnsupportedOperationError, match=r"reads_from\(\) takes 'primary' or 'replica'"):
        reads_from("nope")  # type: ignore[arg-type]
