"""Repositories in FastAPI: which session they get, when it commits, and what a client sees of that."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, WebSocket
from fastapi.exceptions import DependencyScopeError
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, RepositoryError, session_dependency
from tests.database.models import Base, BookRepository, ShelfRepository
from tests.database.postponed import router as postponed_router

Client = Callable[[FastAPI], AbstractAsyncContextManager[AsyncClient]]


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[AsyncClient]:
    # As a server does, an exception of the app becomes a response and not an error of the client.
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class Tagged(ShelfRepository):
    """With a parameter of its own, that the request fills."""

    def __init__(self, session: AsyncSession, tag: Annotated[str, Header(alias="X-Tag")] = "none") -> None:
        super().__init__(session)
        self.tag = tag


def limit(size: int = 10) -> int:
    return size


class Limited(Tagged):
    def __init__(self, session: AsyncSession, size: int = Depends(limit), *, tag: str = "fixed") -> None:
        super().__init__(session, tag)
        self.size = size


router = APIRouter()
router.include_router(postponed_router)


@router.get("/shelves")
async def names(repo: ShelfRepository = Depends()) -> list[str]:
    return await repo.objects.order_by("id").values_list("name", flat=True)


@router.get("/annotated")
async def annotated(repo: Annotated[ShelfRepository, Depends()]) -> int:
    return await repo.objects.count()


@router.post("/shelves")
async def create(name: str, repo: ShelfRepository = Depends()) -> str:
    await repo.create(name=name)
    return name


@router.post("/orphans")
async def create_orphan(repo: BookRepository = Depends()) -> str:
    await repo.flush().create(title="x", shelf_id=77)
    return "answered"


@router.post("/failing")
async def failing(error: str, repo: ShelfRepository = Depends()) -> None:
    await repo.flush().create(name="failing")
    raise HTTPException(409) if error == "http" else RuntimeError("no")


@router.post("/both")
async def both(shelves: ShelfRepository = Depends(), books: BookRepository = Depends()) -> dict[str, bool]:
    shelf = await shelves.create(name="both")
    await books.create(title="x", shelf=shelf)
    return {"one session": shelves._session is books._session}


async def nested(books: Annotated[BookRepository, Depends()]) -> BookRepository:
    return books


@router.get("/nested")
async def with_nested(
    session: Annotated[AsyncSession, Depends(session_dependency, scope="function")],
    shelves: ShelfRepository = Depends(),
    books: BookRepository = Depends(nested, scope="function"),
) -> bool:
    return shelves._session is books._session is session


@router.get("/tagged")
async def tagged(repo: Tagged = Depends()) -> str:
    return repo.tag


@router.get("/limited")
async def limited(repo: Limited = Depends()) -> list[object]:
    return [repo.size, repo.tag, await repo.objects.count()]


@pytest.fixture
def app(shelves: Database) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    app.state.database = shelves
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(app) as client:
        yield client


async def stored(database: Database) -> list[str]:
    async with database.session() as session:
        return await ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)


def ok(response: Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


async def test_injection(client: AsyncClient) -> None:
    assert ok(await client.get("/shelves")) == ["Проза", "Poésie"]
    assert ok(await client.get("/annotated")) == 2


async def test_a_handler_that_succeeds_commits(client: AsyncClient, shelves: Database) -> None:
    assert ok(await client.post("/shelves", params={"name": "Новости"})) == "Новости"
    assert await stored(shelves) == ["Проза", "Poésie", "Новости"]


async def test_the_commit_comes_before_the_response(app: FastAPI, shelves: Database) -> None:
    order: list[str] = []
    event.listen(shelves.engine.sync_engine, "commit", lambda _: order.append("commit"))

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            order.append(message["type"])
            await send(message)

        await app(scope, receive, sending)

    async with AsyncClient(transport=ASGITransport(recording), base_url="http://test") as client:
        await client.post("/shelves", params={"name": "Новости"})
    assert order == ["commit", "http.response.start", "http.response.body"]


async def test_the_connection_is_back_before_the_response(app: FastAPI, shelves: Database) -> None:
    held: list[int] = []
    pool: Any = shelves.engine.pool

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            held.append(pool.checkedout())
            await send(message)

        await app(scope, receive, sending)

    async with AsyncClient(transport=ASGITransport(recording), base_url="http://test") as client:
        await client.get("/shelves")
    assert held == [0, 0]


async def test_a_commit_that_fails_is_an_error(client: AsyncClient, shelves: Database) -> None:
    """A foreign key that is checked at the end of the transaction."""
    response = await client.post("/orphans")

    assert response.status_code == 500
    async with shelves.session() as session:
        assert await BookRepository(session).objects.count() == 0
    assert ok(await client.get("/annotated")) == 2


async def test_a_flush_that_fails_in_the_commit_is_an_error(client: AsyncClient, shelves: Database) -> None:
    response = await client.post("/shelves", params={"name": "Проза"})

    assert response.status_code == 500
    assert await stored(shelves) == ["Проза", "Poésie"]


@pytest.mark.parametrize(("error", "status"), [("http", 409), ("other", 500)])
async def test_a_handler_that_raises_rolls_back(
    error: str, status: int, client: AsyncClient, shelves: Database
) -> None:
    response = await client.post("/failing", params={"error": error})

    assert response.status_code == status
    assert await stored(shelves) == ["Проза", "Poésie"]
    assert ok(await client.get("/annotated")) == 2


async def test_two_repositories_share_one_session(client: AsyncClient, shelves: Database) -> None:
    assert ok(await client.post("/both")) == {"one session": True}
    async with shelves.session() as session:
        assert await BookRepository(session).objects.filter(shelf__name="both").count() == 1


async def test_what_is_nested_shares_it_too(client: AsyncClient) -> None:
    assert ok(await client.get("/nested")) is True


async def test_requests_have_sessions_of_their_own(app: FastAPI, client: AsyncClient) -> None:
    seen: list[AsyncSession] = []

    @app.get("/seen")
    async def see(repo: ShelfRepository = Depends()) -> int:
        seen.append(repo._session)
        return await repo.objects.count()

    await client.get("/seen")
    await client.get("/seen")
    assert len(set(map(id, seen))) == 2


async def test_constructors_of_their_own(client: AsyncClient) -> None:
    assert ok(await client.get("/tagged", headers={"X-Tag": "blue"})) == "blue"
    assert ok(await client.get("/tagged")) == "none"
    assert ok(await client.get("/limited", params={"size": 3})) == [3, "fixed", 2]
    assert (await client.get("/limited", params={"size": "x"})).status_code == 422


async def test_annotations_that_are_text(client: AsyncClient) -> None:
    answer = ok(await client.get("/postponed", headers={"X-Tag": "blue"}))

    assert answer == {"tag": "blue", "shelves": 2}


async def test_no_session_in_the_description(client: AsyncClient) -> None:
    paths = ok(await client.get("/openapi.json"))["paths"]
    described = {
        path: sorted(parameter["name"] for parameter in operation.get("parameters", ()))
        for path, operations in paths.items()
        for operation in operations.values()
    }

    assert described == {
        "/shelves": ["name"],
        "/annotated": [],
        "/orphans": [],
        "/failing": ["error"],
        "/both": [],
        "/nested": [],
        "/tagged": ["X-Tag"],
        "/limited": ["size", "tag"],
        "/postponed": ["X-Tag"],
    }
    assert not any("requestBody" in operation for path in paths.values() for operation in path.values())


async def test_a_client_cannot_set_the_session(client: AsyncClient) -> None:
    parameters = {"session": "x", "connection": "y", "self": "z"}

    assert ok(await client.get("/shelves", params=parameters)) == ["Проза", "Poésie"]


async def test_an_override_routes_every_repository(
    app: FastAPI, client: AsyncClient, shelves: Database
) -> None:
    async with Database("sqlite+aiosqlite://") as other:
        await other.create_all(Base.metadata)

        async def session_of_another() -> AsyncIterator[AsyncSession]:
            async with other.session() as session:
                yield session
                await session.commit()

        app.dependency_overrides[session_dependency] = session_of_another
        assert ok(await client.get("/shelves")) == []
        await client.post("/shelves", params={"name": "elsewhere"})
        assert ok(await client.get("/shelves")) == ["elsewhere"]
        assert ok(await client.get("/postponed"))["shelves"] == 1
        assert ok(await client.get("/limited"))[2] == 1

        app.dependency_overrides.clear()
        assert ok(await client.get("/annotated")) == 2
        assert await stored(shelves) == ["Проза", "Poésie"]


async def test_an_override_by_one_session(app: FastAPI, client: AsyncClient, shelves: Database) -> None:
    """As a test does that rolls everything back."""
    async with shelves.session() as session:
        app.dependency_overrides[session_dependency] = lambda: session
        await client.post("/shelves", params={"name": "Новости"})
        assert ok(await client.get("/annotated")) == 3
        await session.rollback()
    assert await stored(shelves) == ["Проза", "Poésie"]


async def test_a_database_in_the_lifespan_state(shelves: Database) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"database": shelves}

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    async with app.router.lifespan_context(app) as state:

        async def served(scope: Any, receive: Any, send: Any) -> None:
            # A server hands the lifespan's state on with each request.
            await app({**scope, "state": dict(state or {})}, receive, send)

        async with AsyncClient(transport=ASGITransport(served), base_url="http://test") as client:
            assert ok(await client.get("/annotated")) == 2


@pytest.mark.parametrize("given", [None, "sqlite://"])
async def test_no_database(given: object) -> None:
    app = FastAPI()
    app.include_router(router)
    if given is not None:
        app.state.database = given

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        with pytest.raises(RepositoryError, match=r"app\.state\.database = Database\("):
            await client.get("/shelves")


async def test_a_websocket(app: FastAPI) -> None:
    @app.websocket("/counting")
    async def counting(websocket: WebSocket, repo: ShelfRepository = Depends()) -> None:
        await websocket.accept()
        await websocket.send_text(str(await repo.objects.count()))
        await websocket.close()

    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/counting", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    assert [message.get("text") for message in sent if message["type"] == "websocket.send"] == ["2"]


async def test_a_mounted_app_has_its_own(shelves: Database) -> None:
    inner, outer = FastAPI(), FastAPI()
    inner.include_router(router)
    inner.state.database = shelves
    outer.mount("/inner", inner)

    async with client_of(outer) as client:
        assert ok(await client.get("/inner/annotated")) == 2


def test_a_dependency_that_outlives_the_session_is_refused_by_fastapi() -> None:
    """It says so when the route is declared."""
    app = FastAPI()

    async def request_scoped(
        session: Annotated[AsyncSession, Depends(session_dependency, scope="function")],
    ) -> AsyncIterator[ShelfRepository]:
        yield ShelfRepository(session)

    with pytest.raises(DependencyScopeError):

        @app.get("/")
        async def handler(repo: ShelfRepository = Depends(request_scoped)) -> None: ...


async def test_a_handler_that_committed_already(app: FastAPI, client: AsyncClient, shelves: Database) -> None:
    @app.post("/committing")
    async def committing(repo: ShelfRepository = Depends()) -> str:
        shelf = await repo.commit().create(name="Новости")
        return shelf.name

    assert ok(await client.post("/committing")) == "Новости"
    assert await stored(shelves) == ["Проза", "Poésie", "Новости"]


async def test_models_can_be_answered(app: FastAPI, client: AsyncClient) -> None:
    """The response is made of objects whose session is closed by then."""

    @app.get("/models", response_model=list[dict[str, Any]])
    async def models(repo: ShelfRepository = Depends()) -> list[dict[str, Any]]:
        return [{"id": shelf.id, "name": shelf.name} for shelf in await repo.objects.order_by("id")]

    assert ok(await client.get("/models"))[0] == {"id": 1, "name": "Проза"}
