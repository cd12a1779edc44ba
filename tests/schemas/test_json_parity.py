"""Random types: what ``json()`` writes is what pydantic writes of what ``into()`` makes, whoever writes it."""

import json
from typing import Any

import attrs
import msgspec
from hypothesis import given
from pydantic_core import to_json

from django_like_repos import Database, QuerySet
from tests.examples import examples
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Track
from tests.schemas.music import rows as rows
from tests.schemas.random_types import Spec, specs


def _fields(made: Any) -> dict[str, Any]:
    """Of what pydantic does not know."""
    return attrs.asdict(made, recurse=False) if attrs.has(type(made)) else msgspec.structs.asdict(made)


@given(specs())
@examples(60)
async def test_json(tables: Database, spec: Spec) -> None:
    kind = spec.type()
    async with tables.session() as session:
        queryset = QuerySet(Track, session).order_by("-id")
        made = await queryset.into(kind)
        text = await queryset.json(kind)
        assert await queryset.json_way(kind) == "database"
    assert json.loads(text) == json.loads(to_json(made, fallback=_fields))
