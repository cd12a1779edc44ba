"""`get_or_404()` and `path_object()`: the object that a request is about, its type in OpenAPI, the 404."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
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
    Ticket,
    TicketRepository,
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


ByDay = Annotated[Ticket, Depends(path_object(TicketRepository, "day"))]
ByMoment = Annotated[Ticket, Depends(path_object(TicketRepository, "at", by="at"))]
BySpan = Annotated[Ticket, Depends(path_object(TicketRepository, "lasts", by="lasts"))]


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


@router.get("/days/{day}")
async def of_a_day(ticket: ByDay) -> str:
    return ticket.holder


@router.get("/moments/{at}")
async def of_a_moment(ticket: ByMoment) -> str:
    return ticket.holder


@router.get("/spans/{lasts}")
async def of_a_span(ticket: BySpan) -> str:
    return ticket.holder


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
        await TicketRepository(session).create(
            day=date(1994, 8, 22),
            at=datetime(1994, 8, 22, 12, tzinfo=UTC),
            lasts=timedelta(hours=1),
            holder="Ann",
            price=Decimal(1),
        )
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
        "/days/1994-08-22": "Ann",
        "/moments/1994-08-22T13:00:00+01:00": "Ann",
        "/spans/PT1H": "Ann",
        "/found/1": ["first", "first"],
    }
    for path, said in answers.items():
        answer = await client.get(path)
        # A slash is no part of a path's parameter.
        assert (answer.status_code, answer.json()) == (200, said) or said is None, path
    assert (await client.get("/shelves/1")).status_code == 200
    assert "WHERE library_shelves.id" in sql.last


@pytest.mark.by_turns
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
        ("/days/1994-08-23", "Ticket"),
        ("/moments/1994-08-22T13:00:00Z", "Ticket"),
        ("/found/2", "Shelf"),
    ],
)
async def test_what_is_not(path: str, model: str, client: AsyncClient) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"{model} not found"})


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "path",
    [
        *("/shelves/x", "/shelves/1.5", "/books/1", "/seats/a/b"),
        *("/days/777513600", "/moments/777556800", "/moments/1994-08-22T12:00:00", "/spans/3600"),
    ],
)
async def test_what_is_of_another_type(path: str, client: AsyncClient) -> None:
    """As a `FilterSet` has it: a number is no date, and a moment with a zone says which."""
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
        (
            SeatRepository,
            ["room", "room"],
            "pk",
            r"each column has a parameter of its own, .*'room'\) has one",
        ),
        (ShelfRepository, ["width"], "width", "several rows may have the same 'width': name .* unique"),
        (SeatRepository, ["room"], "room", "several rows may have the same 'room'"),
        (ShelfRepository, [""], "pk", "'' is no name of a parameter"),
        (ShelfRepository, ["shelf-id"], "pk", "'shelf-id' is no name of a parameter"),
        (ShelfRepository, ["class"], "pk", "'class' is no name of a parameter"),
        (ShelfRepository, ["_repository"], "pk", "'_repository' is no name of a parameter"),
        (ShelfRepository, [5], "pk", "5 is no name of a parameter"),
        (ShelfRepository, ["x"], 5, "by is a name, not 5"),
        (Shelf, ["x"], "pk", "Shelf'> is no class of repositories that has a model"),
        (BaseRepository, ["x"], "pk", "Repository'> is no class of repositories that has a model"),
        ("shelves", ["x"], "pk", "'shelves' is no class of repositories that has a model"),
    ],
)
def test_what_no_path_names(repository: Any, parameters: list[str], by: str, said: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=said):
        path_object(repository, *parameters, by=by)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"query": 5}, "query is a function that makes a queryset.*not 5"),
        ({"database": 5}, "database is a name"),
    ],
)
def test_what_is_no_way_to_find(others: Any, said: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=said):
        path_object(ShelfRepository, "shelf_id", **others)


async def test_a_query_says_which_of_several(library: Database) -> None:
    app = FastAPI()
    install(app, library)

    async def late(shelves: ShelfRepository) -> None: ...

    ways: dict[str, Any] = {
        "first": lambda shelves: shelves.objects.filter(label="first"),
        "none": lambda shelves: None,
        "late": late,
    }

    def way(name: str) -> None:
        found = path_object(ShelfRepository, "width", by="width", query=ways[name])

        @app.get(f"/{name}/{{width}}")
        async def read(shelf: Annotated[Shelf, Depends(found)]) -> str:
            return shelf.label

    for name in ways:
        way(name)
    async with client_of(app, raising=True) as client:
        assert (await client.get("/first/1")).json() == "first"
        for name in ("none", "late"):
            with pytest.raises(UnsupportedOperationError, match=r"query= gave .* where it makes a queryset"):
                await client.get(f"/{name}/1")


@pytest.mark.parametrize("source", [Shelf, ShelfRepository, None])
async def test_what_has_no_rows(source: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match="neither a queryset nor a repository with a session"):
        await get_or_404(source, label="first")


def test_an_unknown_field() -> None:
    with pytest.raises(UnknownFieldError, match=r"'labl'.*did you mean 'label'"):
        path_object(ShelfRepository, "label", by="labl")
