"""Parts of a body as parameters of an endpoint, documents under an operator, and what must be said."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import ValidationError
from sqlalchemy import JSON
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import QuerySet
from django_like_repos.contrib.filters import Conditions, FilterSet, Lookup, Sort, Where
from tests.conditions.declared import TrackFilter
from tests.pages.tracks import Track


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    app, tracks = FastAPI(), QuerySet(Track, session)

    @app.post("/where")
    async def where(where: Where[TrackFilter] | None = None) -> list[int]:
        found = tracks.order_by("id") if where is None else tracks.order_by("id").filter_by(where)
        return await found.values_list("id", flat=True)

    @app.post("/both")
    async def both(where: Where[TrackFilter], sort: Sort[TrackFilter]) -> list[int]:
        return await tracks.filter_by(where, sort).values_list("id", flat=True)

    @app.post("/said")
    async def said(where: Annotated[Where[TrackFilter], Body(embed=True)]) -> list[int]:
        return await tracks.order_by("id").filter_by(where).values_list("id", flat=True)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://tracks") as client:
        yield client


async def test_parts_are_the_body(client: AsyncClient, session: AsyncSession) -> None:
    some = {"rank": {"gt": 1}}
    ids = QuerySet(Track, session).order_by("id").values_list("id", flat=True)
    wanted = await ids.filter(rank__gt=1)
    assert (await client.post("/where", json=some)).json() == wanted
    assert (await client.post("/where")).json() == await ids.all()
    assert (await client.post("/said", json={"where": some})).json() == wanted
    both = await client.post("/both", json={"where": some, "sort": ["-title"]})
    assert both.json() == await ids.filter(rank__gt=1).order_by("-title", "id")
    refused = await client.post("/both", json={"where": {"rang": 1}, "sort": []})
    assert refused.json()["detail"][0]["loc"] == ["body", "where", "rang"]
    described = (await client.get("/openapi.json")).json()["paths"]
    assert all(
        "requestBody" in each["post"] and "parameters" not in each["post"] for each in described.values()
    )


class Base(DeclarativeBase): ...


class Parcel(Base):
    __tablename__ = "condition_parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)


class ParcelFilter(FilterSet[Parcel]):
    fields = {"id": ["gt"]}
    holds: Annotated[dict[str, Any], Lookup("data__contains")]
    size: Annotated[dict[str, int], Lookup("data__size")]
    any_of: Annotated[str | dict[str, int], Lookup("data__any")]


SAID: dict[str, tuple[Any, dict[str, Any]]] = {
    "another lookup": ({"holds": {"contains": {"a": 1}}}, {"data__contains": {"a": 1}}),
    "equal": ({"size": {"eq": {"a": 1}}}, {"data__size": {"a": 1}}),
    "by its name": ({"size": {"exact": {"a": 1}}}, {"data__size": {"a": 1}}),
    "a text or a document": ({"any_of": "x"}, {"data__any": "x"}),
}


@pytest.mark.parametrize("name", SAID)
def test_documents_are_said_under_an_operator(name: str) -> None:
    data, lookups = SAID[name]
    where = Conditions[ParcelFilter].model_validate({"conditions": data})
    assert str(QuerySet(Parcel).filter_by(where).query) == str(QuerySet(Parcel).filter(**lookups).query)


def test_openapi_says_how() -> None:
    defined = Conditions[ParcelFilter].model_json_schema()["$defs"]
    columns = defined["ParcelFilterConditions"]["properties"]
    assert [columns[name]["$ref"] for name in ("holds", "size")] == [
        "#/$defs/ParcelFilterConditions_holds",
        "#/$defs/ParcelFilterConditions_size",
    ]
    assert defined["ParcelFilterConditions_holds"]["properties"].keys() == {"contains"}
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Conditions[ParcelFilter].model_validate({"conditions": {"holds": {"a": 1}}})


class Wanted(ParcelFilter):
    required = ["id__gt", "holds"]


def test_what_must_be_said_is_named_where_it_would_stand() -> None:
    with pytest.raises(ValidationError) as caught:
        Conditions[Wanted].model_validate({})
    assert [each["loc"] for each in caught.value.errors()] == [
        ("conditions", "id", "gt"),
        ("conditions", "holds", "contains"),
    ]
