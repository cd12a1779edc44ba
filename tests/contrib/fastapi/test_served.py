"""At a server: what a client who leaves cancels, websockets, many requests at once, and the end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection
from fastapi.responses import StreamingResponse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from django_like_repos import Database
from django_like_repos.contrib.fastapi import install, provide, session_scope
from tests.contrib.fastapi.conftest import POOL
from tests.contrib.fastapi.library import ShelfRepository, client_of, in_use, labels
from tests.contrib.fastapi.serving import Server, served
from tests.examples import is_fuzzing, is_thorough

Kept = Annotated[ShelfRepository, Depends(provide(ShelfRepository, scope="request"))]

AT_ONCE = 200


class Stage:
    """What the tests and the endpoints tell each other."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.written = asyncio.Event()
        self.go_on = asyncio.Event()
        self.over = asyncio.Event()
        self.how: list[str] = []
        self.awaited = 1

    def arrive(self) -> None:
        self.awaited -= 1
        if not self.awaited:
            self.begun.set()

    async def act(self) -> None:
        self.begun.set()
        await self.go_on.wait()

    def end(self, how: str) -> None:
        self.how.append(how)
        self.over.set()

    @contextmanager
    def cancelled(self) -> Iterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            self.end("cancelled")
            raise


@pytest.fixture
def stage() -> Stage:
    return Stage()


router = APIRouter()


def stage_of(connection: HTTPConnection) -> Stage:
    stage: Stage = connection.app.state.stage
    return stage


OfStage = Annotated[Stage, Depends(stage_of)]


@router.post("/plain/{label}")
async def plain(
    label: str, stage: OfStage, tasks: BackgroundTasks, shelves: ShelfRepository = Depends()
) -> None:
    stage.arrive()
    await shelves.flush().create(label=label)
    stage.written.set()
    await stage.go_on.wait()
    tasks.add_task(stage.end, "answered")


@router.get("/scoped")
async def scoped(stage: OfStage, request: Request) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        with stage.cancelled():
            async with session_scope(request) as session:
                await ShelfRepository(session).flush().create(label="scoped")
                yield "one\n"
                await stage.act()
                yield "two\n"

    return StreamingResponse(lines())


@router.get("/kept")
async def kept(stage: OfStage, shelves: Kept) -> AsyncIterator[str]:
    with stage.cancelled():
        await shelves.flush().create(label="kept")
        yield "one"
        await stage.act()


@router.websocket("/injected")
async def injected(stage: OfStage, websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
    await websocket.accept()
    try:
        while True:
            label = await websocket.receive_text()
            await shelves.flush().create(label=label)
            await websocket.send_text(label)
    finally:
        stage.end("disconnected")


@router.websocket("/messages")
async def messages(stage: OfStage, websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            label = await websocket.receive_text()
            async with session_scope(websocket) as session:
                await ShelfRepository(session).create(label=label)
            await websocket.send_text(label)
    except WebSocketDisconnect:
        stage.end("disconnected")


@router.websocket("/raising")
async def raising(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
    await websocket.accept()
    await shelves.objects.get(id=int(await websocket.receive_text()))


@router.post("/shelves/{label}")
async def create(label: str, shelves: ShelfRepository = Depends()) -> None:
    await shelves.create(label=label)


@pytest.fixture
def app(library: Database, stage: Stage) -> FastAPI:
    app = FastAPI()
    install(app, library, handlers=True)
    app.include_router(router)
    app.state.stage = stage
    return app


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Server]:
    async with served(app) as server:
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://{server.address}"
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        yield client


async def test_who_leaves_cancels_no_endpoint(
    client: httpx.AsyncClient, stage: Stage, library: Database
) -> None:
    asking = asyncio.create_task(client.post("/plain/new"))
    await stage.written.wait()
    asking.cancel()
    await asyncio.wait([asking])
    stage.go_on.set()
    await stage.over.wait()
    assert (stage.how, await labels(library)) == (["answered"], ["first", "new"])


async def leave_after_a_line(client: httpx.AsyncClient, path: str, stage: Stage) -> None:
    async with client.stream("GET", path) as answer:
        async for line in answer.aiter_lines():
            assert "one" in line
            await stage.begun.wait()
            break
    await stage.over.wait()


async def test_who_leaves_cancels_a_stream_and_its_own_session(
    client: httpx.AsyncClient, server: Server, stage: Stage, library: Database
) -> None:
    await leave_after_a_line(client, "/scoped", stage)
    await server.stopped()
    assert (stage.how, await labels(library)) == (["cancelled"], ["first"])


async def test_who_leaves_cancels_an_endpoint_that_yields_and_its_session_is_committed(
    client: httpx.AsyncClient, server: Server, stage: Stage, library: Database
) -> None:
    """The stream's end is no error to FastAPI."""
    await leave_after_a_line(client, "/kept", stage)
    await server.stopped()
    assert (stage.how, await labels(library)) == (["cancelled"], ["first", "kept"])


async def test_a_websocket_that_ends_by_the_client_undoes_its_session(
    server: Server, stage: Stage, library: Database
) -> None:
    async with connect(f"ws://{server.address}/injected", proxy=None) as websocket:
        for label in ("a", "b"):
            await websocket.send(label)
            assert await websocket.recv() == label
    await stage.over.wait()
    await server.stopped()
    assert await labels(library) == ["first"]


async def test_a_session_for_each_message(server: Server, stage: Stage, library: Database) -> None:
    async with connect(f"ws://{server.address}/messages", proxy=None) as websocket:
        for label in ("a", "b"):
            await websocket.send(label)
            assert await websocket.recv() == label
            assert label in await labels(library)
    await stage.over.wait()
    assert await labels(library) == ["first", "a", "b"]


async def test_errors_close_a_websocket(server: Server) -> None:
    async with connect(f"ws://{server.address}/raising", proxy=None) as websocket:
        await websocket.send("77")
        with pytest.raises(ConnectionClosed) as closed:
            await websocket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Not Found")


async def test_more_requests_than_connections(app: FastAPI, library: Database) -> None:
    """Each is answered, and none keeps its connection."""
    number = AT_ONCE * (10 if is_fuzzing() else 2 if is_thorough() else 1)
    async with client_of(app) as client:
        answers = await asyncio.gather(*[client.post(f"/shelves/{each}") for each in range(number)])
    assert {answer.status_code for answer in answers} == {200}
    assert len(await labels(library)) == number + 1
    pool: Any = library.engine.pool
    assert (pool.size(), in_use(library)) == (POOL, 0)


async def test_the_end_under_load(
    client: httpx.AsyncClient, server: Server, stage: Stage, library: Database
) -> None:
    """What has begun is answered, and then the database is closed."""
    stage.awaited = number = 2 * POOL
    asking = [asyncio.create_task(client.post(f"/plain/{each}")) for each in range(number)]
    await stage.begun.wait()
    ended = asyncio.create_task(server.stopped())
    stage.go_on.set()
    assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
    await ended
    pool: Any = library.engine.pool
    assert (pool.checkedin(), pool.checkedout(), stage.how) == (0, 0, ["answered"] * number)
    assert len(await labels(library)) == number + 1


async def test_an_end_that_waits_for_nobody(
    client: httpx.AsyncClient, server: Server, stage: Stage, library: Database
) -> None:
    """What is cancelled keeps nothing, and no connection."""
    server.config.timeout_graceful_shutdown = 0
    asking = asyncio.create_task(client.post("/plain/new"))
    await stage.written.wait()
    await server.stopped()
    await asyncio.wait([asking])
    assert isinstance(asking.exception(), httpx.HTTPError) or asking.result().status_code == 500
    assert (in_use(library), stage.how) == (0, [])
    async with session_scope(library) as session:
        # Nobody has the lock of the label that was not to be.
        await ShelfRepository(session).create(label="new")
