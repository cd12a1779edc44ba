"""`get_or_404()` and `path_object()`: the object that a request is about, its type in OpenAPI, the 404."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

from django_like_repos import (
    BaseRepository,
    Database,
    MultipleObjectsReturned,
    UnknownFieldError,
    UnsupportedOperationError,
)
from django_like_repos.contrib.fastapi import CursorParams, get_or_404, install, path_object
from tests.contrib.fastapi.library import (
    Book,
    BookRepository,
    Seat,
    SeatRepository,
    Shelf,
    ShelfRepository,
    client_of,
    running,
)
from tests.recording import RecordedSQL

BOOK = UUID(int=5)

AShelf = Annotated[Shelf, Depends(path_object(ShelfRepository, "shelf_id"))]
ABook = Annotated[
    Book,
    Depends(
        path_object(
            BookRepository,
            "book_id",
            query=lambda books: books.objects.select_related("shelf").filter(title="x"),
        )
    ),
]
ASeat = Annotated[Seat, Depends(path_object(SeatRepository, "room", "number"))]
Labelled = Annotated[Shelf, Depends(path_object(ShelfRepository, "label", by="label"))]


async def within(shelf: AShelf) -> str:
    return f"within {shelf.label}"


router = APIRouter()


@router.get("/shelves/{shelf_id}")
async def shelf(shelf: AShelf) -> str:
    return shelf.label


@router.get("/nested/{shelf_id}", responses={404: {"description": "own"}})
async def nested(said: Annotated[str, Depends(within)]) -> str:
    return said


@router.put("/shelves/{shelf_id}/{width}")
async def widen(shelf: AShelf, width: int, shelves: ShelfRepository = Depends()) -> bool:
    shelf.width = width
    return shelf in shelves._session


@router.get("/books/{book_id}")
async def book(book: ABook) -> str:
    return book.shelf.label


@router.get("/seats/{room}/{number}")
async def seat(seat: ASeat) -> list[Any]:
    return [seat.room, seat.number]


@router.get("/labelled/{label}")
async def labelled(shelf: Labelled) -> int:
    return shelf.id


@router.get("/found/{shelf_id}")
async def found(shelf_id: int, shelves: ShelfRepository = Depends()) -> list[object]:
    shelf = await get_or_404(shelves, id=shelf_id)
    label: str = await get_or_404(shelves.objects.values_list("label", flat=True), pk=shelf_id)
    return [shelf.label, label]


@router.get("/pages")
async def pages(params: Annotated[CursorParams, Depends()]) -> None: ...


@pytest.fixture
def app(library: Database) -> FastAPI:
    app = FastAPI()
    install(app, library)
    app.include_router(router)
    return app


@pytest.fixture
async def client(app: FastAPI, library: Database) -> AsyncIterator[AsyncClient]:
    async with library.session() as session:
        await BookRepository(session).create(id=BOOK, title="x", shelf_id=1)
        await SeatRepository(session).create(room="a/b", number=-1)
        await SeatRepository(session).create(room="a", number=2, taken=True)
        await session.commit()
    async with client_of(app) as client:
        yield client


async def test_what_is_there(client: AsyncClient, sql: RecordedSQL) -> None:
    answers = {
        "/shelves/1": "first",
        "/nested/1": "within first",
        f"/books/{BOOK}": "first",
        "/seats/a%2Fb/-1": None,
        "/labelled/first": 1,
        "/found/1": ["first", "first"],
    }
    for path, said in answers.items():
        answer = await client.get(path)
        # A slash is no part of a path's parameter.
        assert (answer.status_code, answer.json()) == (200, said) or said is None, path
    assert (await client.get("/shelves/1")).status_code == 200
    assert "WHERE library_shelves.id" in sql.last


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/shelves/2", "Shelf"),
        ("/shelves/-1", "Shelf"),
        (f"/shelves/{10**30}", "Shelf"),
        (f"/shelves/{2**31}", "Shelf"),
        (f"/shelves/{-(2**63) - 1}", "Shelf"),
        ("/nested/2", "Shelf"),
        ("/books/0f4b7a51-8a5e-4c27-9d5d-3f1f2c6b7e10", "Book"),
        ("/seats/a/1", "Seat"),
        ("/seats/a/2", "Seat"),
        (f"/seats/a/{10**20}", "Seat"),
        ("/labelled/%00", "Shelf"),
        ("/labelled/%ED%A0%80", "Shelf"),
        ("/labelled/" + "x" * 5000, "Shelf"),
        ("/found/2", "Shelf"),
    ],
)
async def test_what_is_not(path: str, model: str, client: AsyncClient) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"{model} not found"})


@pytest.mark.parametrize("path", ["/shelves/x", "/shelves/1.5", "/books/1", "/seats/a/b"])
async def test_what_is_of_another_type(path: str, client: AsyncClient) -> None:
    assert (await client.get(path)).status_code == 422


async def test_it_is_of_the_requests_session(client: AsyncClient, library: Database) -> None:
    assert (await client.put("/shelves/1/7")).json() is True
    async with library.session() as session:
        assert (await ShelfRepository(session).objects.get(id=1)).width == 7


async def test_several_that_are_found(library: Database) -> None:
    async with library.session() as session:
        shelves = ShelfRepository(session)
        await shelves.create(label="second")
        with pytest.raises(MultipleObjectsReturned):
            await get_or_404(shelves, width=1)
        assert (await get_or_404(shelves.objects.order_by("-id")[:1])).label == "second"


def test_openapi(app: FastAPI) -> None:
    paths = app.openapi()["paths"]

    def said(path: str) -> dict[str, Any]:
        return {each["name"]: each["schema"] for each in paths[path]["get"]["parameters"]}

    assert said("/shelves/{shelf_id}") == {
        "shelf_id": {"type": "integer", "title": "Shelf Id", "description": "Which Shelf."}
    }
    assert said("/books/{book_id}")["book_id"]["format"] == "uuid"
    assert [each["type"] for each in said("/seats/{room}/{number}").values()] == ["string", "integer"]
    answers = paths["/shelves/{shelf_id}"]["get"]["responses"]
    assert answers.keys() == {"200", "404", "422"}
    assert answers["404"]["description"] == "Shelf not found"
    assert paths["/shelves/{shelf_id}/{width}"]["put"]["responses"].keys() == {"200", "404", "422"}
    assert paths["/nested/{shelf_id}"]["get"]["responses"]["404"]["description"] == "own"
    assert paths["/found/{shelf_id}"]["get"]["responses"].keys() == {"200", "422"}
    assert paths["/pages"]["get"]["responses"]["400"]["description"] == "A cursor that is none"
    assert app.openapi()["paths"] == paths
    assert "x-answers" not in str(app.openapi())


async def test_of_another_database(library: Database) -> None:
    app = FastAPI()
    install(app, Database("sqlite+aiosqlite://"), real=library)

    @app.get("/{shelf_id}")
    async def named(
        shelf: Annotated[Shelf, Depends(path_object(ShelfRepository, "shelf_id", database="real"))],
    ) -> str:
        return shelf.label

    async with running(app), client_of(app) as client:
        assert (await client.get("/1")).json() == "first"


class Base(DeclarativeBase): ...


class Odd(Base):
    __tablename__ = "odd"

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Any] = mapped_column(JSON)


class OddRepository(BaseRepository[Odd]): ...


@pytest.mark.parametrize(
    ("repository", "parameters", "by", "said"),
    [
        (SeatRepository, ["room"], "pk", r"'pk' has 2 column\(s\).*: 'room'"),
        (ShelfRepository, [], "pk", r"'pk' has 1 column\(s\).*: none"),
        (BookRepository, ["x"], "shelf__label", "'shelf__label' is no column of Book"),
        (OddRepository, ["x"], "document", r"Odd.document is JSON\(\), which is no part of a path"),
    ],
)
def test_what_no_path_names(repository: Any, parameters: list[str], by: str, said: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=said):
        path_object(repository, *parameters, by=by)


def test_an_unknown_field() -> None:
    with pytest.raises(UnknownFieldError, match=r"'labl'.*did you mean 'label'"):
        path_object(ShelfRepository, "label", by="labl")
