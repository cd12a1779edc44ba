"""Of which types a parameter may be, what bounds it, and what counts where nothing is sent."""

from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal, NewType

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    HttpUrl,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from sqlalchemy import JSON, String
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import django_like_repos.contrib.postgres  # noqa: F401 - its lookups
from django_like_repos import InvalidLookupValueError, QuerySet, UnsupportedOperationError
from django_like_repos.contrib.filters import FilterSet, Lookup, Ordering, parameter
from tests.contrib.filters.test_mistakes import made
from tests.pages.tracks import Kind, Singer, Track


class Many(DeclarativeBase):
    """A model of columns that hold several values."""


class Crate(Many):
    __tablename__ = "crates"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    data: Mapped[Any] = mapped_column(JSONB)
    plain: Mapped[Any] = mapped_column(JSON)
    address: Mapped[Any] = mapped_column(INET)
    seal: Mapped[bytes]


class Shape(BaseModel):
    side: int


FITS: list[tuple[Any, str, Any, Any]] = [
    (Crate, "tags", list[str], ["a"]),
    (Crate, "tags__contains", list[str], ["a"]),
    (Crate, "tags__contained_by", Sequence[str], ["a"]),
    (Crate, "tags__overlap", Annotated[list[str], Field(min_length=1)], ["a"]),
    (Crate, "tags__in", list[list[str]], [["a"], []]),
    (Crate, "tags__0", str, "a"),
    (Crate, "data__has_keys", list[str], ["a"]),
    (Crate, "data__has_any_keys", list[str], ["a"]),
    (Crate, "data", dict[str, Any], {"a": 1}),
    (Crate, "data__contains", dict, {"a": [1]}),
    (Crate, "data__in", list[dict[str, int]], [{"a": 1}]),
    (Crate, "data__a__in", list[int] | list[str], ["x"]),
    (Crate, "plain__a", dict[str, int], {"b": 1}),
    (Crate, "address", IPv4Address, "10.0.0.1"),
    (Crate, "address", str, "10.0.0.1"),
    (Crate, "seal", bytes, b"x"),
    (Track, "rank__range", tuple[int, int], [1, 2]),
    (Track, "rank__range", list[int], [1, 2]),
    (Track, "id__in", set[int], [1]),
    (Track, "id", NewType("Id", int), 1),
    (Track, "id", PositiveInt, 1),
    (Track, "title", Annotated[HttpUrl, AfterValidator(str)], "http://x.org/"),
    (Track, "title", Literal["a", "b"], "a"),
    (Track, "kind__in", list[Kind], ["1"]),
]


@pytest.mark.parametrize(("model", "lookup", "kind", "sent"), FITS)
def test_what_fits(model: Any, lookup: str, kind: Any, sent: Any) -> None:
    declared = made(model, {"x": Annotated[kind, Lookup(lookup)]})
    filtered = QuerySet(model).filter_by(declared(x=sent))
    value = declared(x=sent).x
    assert str(filtered.query) == str(QuerySet(model).filter(**{lookup: value}).query)


UNFIT: list[tuple[Any, str, Any, str]] = [
    (Track, "title", HttpUrl, "of HttpUrl: .* takes text here"),
    (Track, "title", SecretStr, "of SecretStr: .* takes text here"),
    (Track, "title", Path, "of Path: .* takes text here"),
    (Track, "title", IPv4Address, "of IPv4Address"),
    (Track, "title", bytes, "of bytes"),
    (Track, "title", str | bytes, r"of Union\[str, bytes\]"),
    (Track, "title", list[str], r"of list\[str\]"),
    (Track, "title", Shape, "of Shape"),
    (Track, "id", list[int], r"of list\[int\]: .* takes an integer here, not list"),
    (Track, "id__in", int, "of int: .* takes a list of values"),
    (Track, "id__in", list[str], r"of list\[str\]"),
    (Track, "rank__range", tuple[int, str], "of tuple"),
    (Crate, "tags__contains", str, "of str: .* takes a list here, not str"),
    (Crate, "data__has_keys", str, "of str"),
    (Crate, "data", Shape, "of Shape"),
    (Crate, "plain", dict[str, Any], "json, which PostgreSQL cannot compare"),
]


@pytest.mark.parametrize(("model", "lookup", "kind", "message"), UNFIT)
def test_what_never_fits_is_refused(model: Any, lookup: str, kind: Any, message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        made(model, {"x": Annotated[kind, Lookup(lookup)]})


def _schema(kind: Any, lookup: str, **body: Any) -> Any:
    declared = made(Crate, {"x": Annotated[kind, Lookup(lookup)]}, **body)
    return declared.model_json_schema()["properties"]["x"]["anyOf"][0]


def test_bounds_stand_in_openapi() -> None:
    assert _schema(str, "data__a") == {"type": "string", "maxLength": 200}
    assert _schema(Annotated[str, StringConstraints(max_length=5)], "data__a")["maxLength"] == 5
    assert _schema(Annotated[str, Field(max_length=500)], "data__a")["maxLength"] == 200
    listed = _schema(list[str], "tags__contains", most_values=3, longest_text=4)
    assert listed == {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 4}}
    assert _schema(Annotated[list[int], Field(max_length=2)], "id__in")["maxItems"] == 2
    either = made(Crate, {"x": Annotated[str | list[int], Lookup("data__a")]}).model_json_schema()
    text, listed, _ = either["properties"]["x"]["anyOf"]
    assert (text["maxLength"], listed["maxItems"]) == (200, 100)


DOCUMENTS = {
    "members": ({str(number): 1 for number in range(101)}, "There should be at most 100 of these"),
    "a list in it": ({"a": [0] * 101}, "There should be at most 100 of these"),
    "a text in it": ({"a": [{"b": "x" * 201}]}, "String should have at most 200 characters"),
    "a key": ({"k" * 201: 1}, "String should have at most 200 characters"),
    "a text of no database": ({"a": "\0"}, "Input should be"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_bounds_hold_within_documents(name: str) -> None:
    declared = made(Crate, {"x": Annotated[dict[str, Any], Lookup("data")]})
    sent, message = DOCUMENTS[name]
    with pytest.raises(ValidationError, match=message):
        declared(x=sent)
    deep: Any = 1
    for _ in range(15):
        deep = {"a": deep}
    assert declared(x=deep).x == deep
    with pytest.raises(ValidationError, match="Input should be nested at most 16 deep"):
        declared(x={"a": {"a": deep}})


def test_a_default_within_annotated_counts() -> None:
    kind = Annotated[bool, Lookup("done"), Field(default=True)]
    assert made(Track, {"x": kind})().x is True
    assert made(Track, {"x": kind}, x=False)().x is False
    assert made(Track, {"x": kind}, x=Field(False))().x is False
    assert made(Track, {"x": kind}, x=None)().x is None
    assert made(Track, {"x": kind}, x=Field(description="Done."))().x is True
    with pytest.raises(UnsupportedOperationError, match="the default 'nope' of 'x' is refused"):
        made(Track, {"x": Annotated[bool, Lookup("done"), Field(default="nope")]})


def test_every_field_counts() -> None:
    said = Annotated[
        str, Lookup("title"), Field(alias="t", deprecated=True), Field(description="Which.", title="T")
    ]
    shown = made(Track, {"x": said}).model_json_schema()["properties"]["t"]
    assert (shown["deprecated"], shown["description"], shown["title"]) == (True, "Which.", "T")


def test_null_is_nothing_that_is_sent() -> None:
    class Open(FilterSet[Track]):
        fields = {"done": ["exact"], "rank": ["exact"]}
        order = Ordering("title")
        defaults = {"done": True, "order": ["-title"]}

    for filters in (
        Open(done=None, order=None),
        Open.model_validate({"done": None, "rank": None, "order": None}),
        Open.model_validate_json('{"done": null, "order": null}'),
    ):
        assert (filters.done, filters.rank, filters.order) == (True, None, ["-title"])
        assert filters.model_fields_set <= {"rank"}
    without = Open().model_copy(update={"done": None, "order": None})
    assert QuerySet(Track).filter_by(without).sql() == QuerySet(Track).sql()


async def test_null_in_a_body_leaves_the_default(session: AsyncSession) -> None:
    class Ranked(FilterSet[Track]):
        rank: int = 2

    app = FastAPI()

    @app.post("/")
    async def ranked(filters: Ranked) -> list[int]:
        found = QuerySet(Track, session).filter_by(filters).order_by("id")
        return await found.values_list("id", flat=True)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://tracks") as client:
        answers = [(await client.post("/", json=sent)).json() for sent in ({}, {"rank": None}, {"rank": 1})]
    assert answers[0] == answers[1] != answers[2]


def test_an_order_that_is_none_is_refused() -> None:
    class Sorted(FilterSet[Track]):
        order = Ordering("title")

    made: Any = Sorted
    for filters in (made().model_copy(update={"order": ["nope"]}), made.model_construct(order=["nope"])):
        with pytest.raises(UnsupportedOperationError, match="'nope' is no order here: title, -title"):
            QuerySet(Track).filter_by(filters)


class Astray(FilterSet[Track]):
    @parameter
    def other(self, queryset: QuerySet[Track], value: int) -> Any:
        return QuerySet(Singer)


class Applied(FilterSet[Track]):
    title: str

    def apply(self, queryset: QuerySet[Track]) -> Any:
        return QuerySet(Singer)


def test_querysets_of_another_model_are_refused() -> None:
    with pytest.raises(
        UnsupportedOperationError, match=r"Astray.other\(\) gives a queryset of Track or a Q, not <QuerySet"
    ):
        QuerySet(Track).filter_by(Astray(other=1))
    with pytest.raises(UnsupportedOperationError, match=r"Applied.apply\(\) gives a queryset of Track, not"):
        QuerySet(Track).filter_by(Applied())


async def test_lists_in_a_query() -> None:
    """A parameter that takes a list is sent several times, whatever its lookup."""

    class Tagged(FilterSet[Crate]):
        tags__contains: list[str]

    app = FastAPI()

    @app.get("/")
    async def tagged(filters: Annotated[Tagged, Depends()]) -> Any:
        return filters.tags__contains

    async with AsyncClient(transport=ASGITransport(app), base_url="http://crates") as client:
        assert (await client.get("/?tags__contains=a&tags__contains=b")).json() == ["a", "b"]
    with pytest.raises(InvalidLookupValueError):
        QuerySet(Crate).filter(tags__contains="a")
