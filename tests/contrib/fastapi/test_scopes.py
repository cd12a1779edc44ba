"""What outlives a request: background tasks, streams and endpoints that yield have sessions of their own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RepositoryError, UnsupportedOperationError, session_dependency
from django_like_repos.contrib.fastapi import install, provide, session_scope
from tests.contrib.fastapi.library import ShelfRepository, client_of, in_use, labels

CLOSED = "this session is closed: its block, or the endpoint that it was injected into, is over"

Kept = Annotated[ShelfRepository, Depends(provide(ShelfRepository, scope="request"))]


@pytest.fixture
def app(library: Database) -> FastAPI:
    app = FastAPI()
    install(app, library)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(app, raising=True) as client:
        yield client


async def test_it_commits_what_succeeds_and_nothing_else(app: FastAPI, library: Database) -> None:
    for source in (app, library):
        async with session_scope(source) as session:
            await ShelfRepository(session).create(label=type(source).__name__)

    async def failing() -> None:
        async with session_scope(app) as session:
            await ShelfRepository(session).flush().create(label="lost")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await failing()
    assert await labels(library) == ["first", "FastAPI", "Database"]
    with pytest.raises(UnsupportedOperationError, match=CLOSED):
        await ShelfRepository(session).objects.count()


async def test_sources_that_are_none(library: Database) -> None:
    untyped: Any = session_scope
    for source in (None, library.session, "sqlite://"):
        with pytest.raises(UnsupportedOperationError, match="takes a request, a websocket, an app or a Data"):
            async with untyped(source):
                pass
    with pytest.raises(RepositoryError, match=r"the app has no Database for its repositories: install\(app"):
        async with session_scope(FastAPI()):
            pass


async def test_a_background_task(app: FastAPI, client: AsyncClient, library: Database) -> None:
    async def later(request: Request) -> None:
        async with session_scope(request) as session:
            assert await ShelfRepository(session).objects.filter(label="now").exists()
            await ShelfRepository(session).create(label="later")

    @app.post("/")
    async def now(request: Request, tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> None:
        await shelves.create(label="now")
        tasks.add_task(later, request)

    await client.post("/")
    assert await labels(library) == ["first", "now", "later"]


async def test_a_background_task_that_fails(app: FastAPI, client: AsyncClient, library: Database) -> None:
    async def later() -> None:
        async with session_scope(app) as session:
            await ShelfRepository(session).flush().create(label="later")
            raise ValueError

    @app.post("/")
    async def now(tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> None:
        await shelves.create(label="now")
        tasks.add_task(later)

    with pytest.raises(ValueError):  # noqa: PT011
        await client.post("/")
    assert await labels(library) == ["first", "now"]


async def test_the_session_of_the_request_is_closed_for_them(
    app: FastAPI, client: AsyncClient, library: Database
) -> None:
    async def late(shelves: ShelfRepository) -> None:
        await shelves.commit().create(label="late")

    @app.get("/task")
    async def task(tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> None:
        tasks.add_task(late, shelves)

    @app.get("/stream")
    async def stream(shelves: ShelfRepository = Depends()) -> StreamingResponse:
        return StreamingResponse(shelves.objects.values_list("label", flat=True).__aiter__())

    @app.get("/yielding")
    async def yielding(shelves: ShelfRepository = Depends()) -> AsyncIterator[str]:
        async for label in shelves.objects.values_list("label", flat=True):
            yield label

    for path in ("/task", "/stream", "/yielding"):
        with pytest.raises(UnsupportedOperationError, match=CLOSED):
            await client.get(path)
        assert in_use(library) == 0
    assert await labels(library) == ["first"]


async def test_streams_of_their_own(app: FastAPI, client: AsyncClient, library: Database) -> None:
    @app.get("/scoped")
    async def scoped(request: Request) -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            async with session_scope(request) as session:
                await ShelfRepository(session).flush().create(label="scoped")
                async for label in ShelfRepository(session).objects.values_list("label", flat=True):
                    yield f"{label}\n"

        return StreamingResponse(lines())

    @app.get("/yielding")
    async def yielding(shelves: Kept) -> AsyncIterator[str]:
        await shelves.flush().create(label="yielding")
        async for label in shelves.objects.values_list("label", flat=True):
            yield label

    assert (await client.get("/scoped")).text == "first\nscoped\n"
    assert (await client.get("/yielding")).text == '"first"\n"scoped"\n"yielding"\n'
    assert await labels(library) == ["first", "scoped", "yielding"]


async def test_a_stream_that_is_left_keeps_no_session(app: FastAPI, library: Database) -> None:
    """Cancelled while the client takes what it gave, a generator is closed by nobody but the collector."""
    gone = asyncio.Event()
    streams: list[AsyncGenerator[str, None]] = []

    async def lines(request: Request) -> AsyncGenerator[str, None]:
        async with session_scope(request) as session, session_scope(request) as second:
            await ShelfRepository(session).flush().create(label="left")
            assert not await ShelfRepository(second).objects.filter(label="left").exists()
            yield "line"

    @app.get("/")
    async def stream(request: Request) -> StreamingResponse:
        streams.append(lines(request))
        return StreamingResponse(streams[0])

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            gone.set()
            await asyncio.Event().wait()

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert gone.is_set()
    assert in_use(library) == 0
    assert await labels(library) == ["first"]
    for each in streams:
        await each.aclose()


async def test_what_overrides_the_session_is_taken_for_them_too(
    app: FastAPI, client: AsyncClient, library: Database
) -> None:
    async def later(request: Request) -> None:
        async with session_scope(request) as session:
            await ShelfRepository(session).create(label="later")

    @app.post("/")
    async def now(request: Request, tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> None:
        await shelves.create(label="now")
        tasks.add_task(later, request)

    async with library.session() as session:

        async def asynchronous() -> AsyncSession:
            return session

        async def yielding() -> AsyncIterator[AsyncSession]:
            yield session

        def plain() -> Iterator[AsyncSession]:
            yield session

        for override in (lambda: session, asynchronous, yielding, plain):
            app.dependency_overrides[session_dependency] = override
            await client.post("/")
            assert await ShelfRepository(session).objects.count() == 3
            await session.rollback()

    app.dependency_overrides[session_dependency] = lambda request: None
    with pytest.raises(UnsupportedOperationError, match="takes parameters, and there is no request"):
        async with session_scope(app):
            pass
    assert await labels(library) == ["first"]
