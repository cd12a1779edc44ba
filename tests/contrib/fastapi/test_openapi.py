"""All that an app's OpenAPI allows, asked at random: nothing is answered by a 5xx, or not as described."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote

import pytest
import schemathesis
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from django_like_repos import CursorPage, Database, Page
from django_like_repos.contrib.fastapi import CursorParams, PageParams, get_or_404, install, path_object
from django_like_repos.contrib.filters import FilterSet, Ordering
from tests.contrib.fastapi.library import (
    Book,
    BookRepository,
    Seat,
    SeatRepository,
    Shelf,
    ShelfRepository,
    client_of,
    in_use,
)
from tests.examples import examples

router = APIRouter()

AShelf = Annotated[Shelf, Depends(path_object(ShelfRepository, "shelf_id"))]
ABook = Annotated[Book, Depends(path_object(BookRepository, "book_id"))]
ASeat = Annotated[Seat, Depends(path_object(SeatRepository, "room", "number"))]
Labelled = Annotated[Shelf, Depends(path_object(ShelfRepository, "label", by="label"))]


class ShelfIn(BaseModel):
    label: str
    width: int = 1


class ShelfOut(ShelfIn):
    id: int


@router.get("/shelves", response_model=Page[ShelfOut])
async def pages(params: Annotated[PageParams, Depends()], shelves: ShelfRepository = Depends()) -> Any:
    return await params.page(shelves.objects, headers=True)


@router.get("/cursors", response_model=CursorPage[ShelfOut])
async def cursors(
    params: Annotated[CursorParams, Depends()], label: str = "", shelves: ShelfRepository = Depends()
) -> Any:
    found = shelves.objects.filter(label__icontains=label).order_by("-label")
    return await params.page(found, headers=True)


class ShelfFilter(FilterSet[Shelf]):
    fields: ClassVar[Any] = {
        "label": ["exact", "icontains", "in"],
        "width": ["gte", "range", "isnull"],
        "books__title": ["startswith"],
        "books__id": ["exact"],
    }
    order = Ordering("label", "width", "id")
    defaults: ClassVar[Any] = {"order": ["id"]}


@router.get("/filtered", response_model=Page[ShelfOut])
async def filtered(
    filters: Annotated[ShelfFilter, Depends()],
    params: Annotated[PageParams, Depends()],
    shelves: ShelfRepository = Depends(),
) -> Any:
    return await params.page(shelves.objects.filter_by(filters), headers=True)


@router.get("/filtered-cursors", response_model=CursorPage[ShelfOut])
async def filtered_cursors(
    filters: Annotated[ShelfFilter, Depends()],
    params: Annotated[CursorParams, Depends()],
    shelves: ShelfRepository = Depends(),
) -> Any:
    return await params.page(shelves.objects.filter_by(filters), headers=True)


@router.post("/shelves", response_model=ShelfOut, status_code=201, responses={409: {}})
async def create(new: ShelfIn, shelves: ShelfRepository = Depends()) -> Shelf:
    return await shelves.flush().create(**new.model_dump())


@router.get("/shelves/{shelf_id}", response_model=ShelfOut)
async def read(shelf: AShelf) -> Shelf:
    return shelf


@router.put("/shelves/{shelf_id}", response_model=ShelfOut, responses={409: {}})
async def change(shelf: AShelf, new: ShelfIn) -> Shelf:
    shelf.label, shelf.width = new.label, new.width
    return shelf


@router.delete("/shelves/{shelf_id}", status_code=204, responses={409: {}})
async def delete(shelf: AShelf, shelves: ShelfRepository = Depends()) -> None:
    await shelves.delete(shelf)


@router.get("/labelled/{label}", response_model=ShelfOut)
async def labelled(shelf: Labelled) -> Shelf:
    return shelf


@router.get("/books/{book_id}")
async def book(book: ABook) -> str:
    return book.title


@router.get("/seats/{room}/{number}")
async def seat(seat: ASeat) -> bool:
    return seat.taken


@router.get("/wide", responses={404: {}})
async def wide(width: int, shelves: ShelfRepository = Depends()) -> str:
    label: str = await get_or_404(
        shelves.objects.filter(width__gte=width).values_list("label", flat=True)[:1]
    )
    return label


@pytest.fixture
def app(library: Database) -> FastAPI:
    app = FastAPI()
    install(app, library, handlers=True)
    app.include_router(router)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(app) as client:
        yield client


def described() -> Any:
    app = FastAPI()
    install(app, Database("sqlite+aiosqlite://"))
    app.include_router(router)
    return schemathesis.openapi.from_dict(app.openapi())


SCHEMA: Final = described()
CASES: Final = st.one_of([operation.ok().as_strategy() for operation in SCHEMA.get_all_operations()])
"""Requests as the description allows them."""
UNCHECKED: Final = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much)
ODD: Final = st.one_of(st.integers(), st.text(), st.sampled_from(["\x00", "0x1", "1e9", "None", "%"]))


def request_of(case: Any) -> dict[str, Any]:
    """What of a case httpx takes."""
    sent: dict[str, Any] = case.as_transport_kwargs(base_url="http://test")
    del sent["cookies"]
    return sent


@settings(examples(100), suppress_health_check=UNCHECKED)
@given(case=CASES)
async def test_what_is_allowed(case: Any, client: AsyncClient, library: Database) -> None:
    sent = request_of(case)
    answer = await client.request(**sent)
    answers = case.operation.definition.raw["responses"]
    assert str(answer.status_code) in answers, (sent, answer.text)
    assert in_use(library) == 0


@settings(examples(100), suppress_health_check=UNCHECKED)
@given(case=CASES, odd=ODD)
async def test_what_is_not_allowed(case: Any, odd: Any, client: AsyncClient, library: Database) -> None:
    sent = request_of(case)
    part = quote(str(odd).encode("utf-8", "surrogatepass"), safe="")
    sent["url"] = case.path.format_map(dict.fromkeys(case.path_parameters or {}, part))
    sent["params"] = dict.fromkeys(case.query or {}, str(odd).encode("utf-8", "replace").decode())
    if isinstance(case.body, dict):
        sent |= {"json": dict.fromkeys(case.body, odd)}
    answer = await client.request(**sent)
    assert answer.status_code < 500, (sent, answer.text)
    assert in_use(library) == 0
