"""JSON is bytes, whatever it is of."""

from dataclasses import dataclass
from typing import assert_type

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from django_like_repos.contrib.fastapi import json_response
from tests.typing.repositories import OwnRepository


@dataclass
class ADataclass:
    name: str


class ATypedDict(TypedDict):
    name: str


async def test_json(session: AsyncSession) -> None:
    sections = OwnRepository(session).objects.order_by("id")
    assert_type(await sections.json(ADataclass), bytes)
    assert_type(await sections[:1].json(ATypedDict, by_alias=True), bytes)
    assert_type(await sections.values("name").json(), bytes)
    assert_type(await sections.json_get(ADataclass, id=1), bytes)
    assert_type(await sections.json_way(ADataclass), str)
    assert_type(await json_response(sections, ADataclass), Response)
