"""Rows that are made into a type are of that type, whatever kind it is of, for checkers and when they run."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, NamedTuple, assert_type

import attrs
import msgspec
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from django_like_repos import Count, CursorPage, Page, QuerySet
from django_like_repos.showing import Item
from examples.help_center.models import Section
from tests.typing.repositories import OwnRepository


@dataclass
class ADataclass:
    name: str


class ANamedTuple(NamedTuple):
    name: str


class ATypedDict(TypedDict):
    name: str


class APydanticModel(BaseModel):
    name: str


class AStruct(msgspec.Struct):
    name: str


@attrs.define
class AnAttrsClass:
    name: str


async def test_every_kind(session: AsyncSession) -> None:
    sections = OwnRepository(session).objects.order_by("id")
    assert_type(sections.into(ADataclass), QuerySet[Section, ADataclass])
    assert_type((await sections.into(ADataclass))[0].name, str)
    assert_type(await sections.into(ANamedTuple), list[ANamedTuple])
    assert_type((await sections.into(ATypedDict))[0]["name"], str)
    assert_type(await sections.into(APydanticModel), list[APydanticModel])
    assert_type(await sections.into(AStruct), list[AStruct])
    assert_type(await sections.into(AnAttrsClass), list[AnAttrsClass])
    assert_type(await sections.values("name").annotate(n=Count("*")).into(AStruct), list[AStruct])


async def test_every_terminal_method(session: AsyncSession) -> None:
    rows = QuerySet(Section, session).order_by("id").into(AStruct)
    found = [
        assert_type(await rows.first(), AStruct | None),
        assert_type(await rows.last(), AStruct | None),
        assert_type(await rows.get(id=1), AStruct),
        assert_type(await rows.earliest("id"), AStruct),
        assert_type(await rows.get_or_none(id=1), AStruct | None),
        *assert_type(await rows.in_bulk([1]), dict[Any, AStruct]).values(),
        *assert_type(await rows[:2], list[AStruct]),
        *assert_type((await rows.page(1, 2)), Page[AStruct]).items,
        *assert_type(await rows.cursor_page(secret="of the tests of types"), CursorPage[AStruct]).items,
    ]
    assert {type(each) for each in found} == {AStruct}
    assert_type(rows[0], Item[AStruct])
    assert_type(aiter(rows), AsyncGenerator[AStruct, None])
    assert_type(rows.filter(id=1), QuerySet[Section, AStruct])
