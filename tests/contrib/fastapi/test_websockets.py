"""What becomes of errors of a websocket: it is closed, or, where it is over, they go on to the server."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from sqlalchemy.exc import IntegrityError

from django_like_repos import Database, DoesNotExist
from django_like_repos.contrib.fastapi import get_or_404, install, provide
from tests.contrib.fastapi.library import ShelfRepository, labels

Later = Annotated[ShelfRepository, Depends(provide(ShelfRepository, scope="request"))]
LEAVES = {"type": "websocket.disconnect", "code": 1001}


async def spoken(app: FastAPI, path: str, *received: dict[str, Any]) -> list[dict[str, Any]]:
    """What an app sends by a websocket that says this; whatever the app raises is raised."""
    sent: list[dict[str, Any]] = []
    messages = iter(({"type": "websocket.connect"}, *received))

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        if sent and sent[-1]["type"] == "websocket.close":
            raise RuntimeError("closed already")
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": path,
        "headers": [],
        "query_string": b"",
        "subprotocols": [],
        "app": app,
    }
    await app(scope, receive, send)
    return sent


@pytest.fixture
def app(library: Database) -> FastAPI:
    app = FastAPI()
    install(app, library, handlers=True)

    @app.websocket("/closed")
    async def closed(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
        await websocket.accept()
        await shelves.create(label="first")  # Refused by the commit.
        await websocket.close()

    @app.websocket("/later")
    async def later(websocket: WebSocket, shelves: Later) -> None:
        await websocket.accept()
        await shelves.create(label="first")  # Refused by a commit, after the endpoint is through.
        await websocket.close()

    @app.websocket("/left")
    async def left(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
        await websocket.accept()
        try:
            await websocket.receive_text()
        except WebSocketDisconnect:
            await shelves.objects.get(id=77)

    @app.websocket("/open")
    async def opened(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
        await websocket.accept()
        await shelves.create(label="first")

    @app.websocket("/missing")
    async def missing(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
        await websocket.accept()
        await get_or_404(shelves, id=77)

    @app.websocket("/refused")
    async def refused(websocket: WebSocket, shelves: ShelfRepository = Depends()) -> None:
        await get_or_404(shelves, id=77)

    return app


async def test_an_error_after_the_end_goes_on(app: FastAPI, library: Database) -> None:
    for path in ("/closed", "/later"):
        with pytest.raises(IntegrityError):
            await spoken(app, path)
    with pytest.raises(DoesNotExist):
        await spoken(app, "/left", LEAVES)
    assert await labels(library) == ["first"]


async def test_before_it_is_closed(app: FastAPI) -> None:
    accepted, closed = await spoken(app, "/open")
    assert (accepted["type"], closed["type"], closed["code"]) == ("websocket.accept", "websocket.close", 1008)
    assert closed["reason"] == "there is one with the same label already"
    _, closed = await spoken(app, "/missing")
    assert (closed["type"], closed["code"], closed["reason"]) == ("websocket.close", 1008, "Shelf not found")


async def test_what_is_not_accepted_is_answered(app: FastAPI) -> None:
    started, *_ = await spoken(app, "/refused")
    assert (started["type"], started["status"]) == ("websocket.http.response.start", 404)
