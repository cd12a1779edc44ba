"""What `contrib.fastapi` is given wrongly is refused where it is said, or where the route is."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import Json
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, QuerySet, UnsupportedOperationError
from django_like_repos.contrib.fastapi import filter_params, install, path_object, provide, session_of
from django_like_repos.contrib.filters import Conditions, FilterSet, Lookup, Where
from tests.contrib.fastapi.library import Book, Shelf, ShelfRepository, client_of


class Base(DeclarativeBase): ...


class Parcel(Base):
    __tablename__ = "fastapi_parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)


class ShelfFilter(FilterSet[Shelf]):
    label: str


class ParcelFilter(FilterSet[Parcel]):
    about: Annotated[dict[str, Any], Lookup("data__about")]


class JsonFilter(FilterSet[Parcel]):
    about: Annotated[Json[dict[str, int]], Lookup("data__about")]


def given(call: Any, *arguments: Any, **keywords: Any) -> Callable[[], Any]:
    return lambda: call(*arguments, **keywords)


def declared(kind: Any) -> Callable[[], Any]:
    async def endpoint(given: Any) -> None: ...

    endpoint.__annotations__["given"] = Annotated[kind, Depends()]
    return lambda: FastAPI().get("/")(endpoint)


MISTAKES = {
    "a scope": (given(provide, ShelfRepository, scope="sx"), "scope is 'function' or 'request', not 'sx'"),
    "a model": (given(provide, Shelf), r"provide\(\): <class .*Shelf'> is no class of repositories"),
    "a text": (given(provide, "x"), r"provide\(\): 'x' is no class of repositories"),
    "no model": (given(provide, BaseRepository), "that has a model"),
    "a database": (given(provide, ShelfRepository, database=5), "called by its name, not by 5"),
    "another's database": (given(session_of, None), "called by its name, not by None"),
    "undeclared": (given(filter_params, ShelfFilter, undeclared="ignored"), "'refuse' or 'ignore', not"),
    "a body": (given(filter_params, Conditions[ShelfFilter]), "takes a FilterSet of a model, not <class"),
    "no model of filters": (given(filter_params, FilterSet), "takes a FilterSet of a model"),
    "a name": (given(filter_params, "F"), "takes a FilterSet of a model, not 'F'"),
    "an instance": (given(filter_params, ShelfFilter()), "takes a FilterSet of a model"),
    "a body as a dependency": (
        declared(Conditions[ShelfFilter]),
        r"Conditions\[ShelfFilter\] is the body of a request, and no dependency",
    ),
    "a part of one": (declared(Where[ShelfFilter]), r"Where\[ShelfFilter\] is the body of a request"),
    "a dict in a query": (
        declared(ParcelFilter),
        r"ParcelFilter.about takes dict\[str, Any\], which no query can say: the FilterSet is a body",
    ),
    "JSON in a query": (declared(JsonFilter), "JsonFilter.about takes dict.*, which no query can say"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    call, message = MISTAKES[name]
    with pytest.raises(UnsupportedOperationError, match=message):
        call()


async def test_the_queryset_of_a_path_is_of_the_model(library: Database) -> None:
    app = FastAPI()
    install(app, library)

    def books(shelves: Any) -> Any:
        return QuerySet(Book)

    @app.get("/shelves/{shelf_id}")
    async def shelf(
        shelf: Annotated[Any, Depends(path_object(ShelfRepository, "shelf_id", query=books))],
    ) -> int:
        return 1

    async with client_of(app, raising=True) as client:
        with pytest.raises(UnsupportedOperationError, match="where it makes a queryset of Shelf, as lambda"):
            await client.get("/shelves/1")
