"""Random types: what ``json()`` writes is what pydantic writes of what ``into()`` makes."""

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
        way = await queryset.json_way(kind)
    # What a model of pydantic makes of plain types in it, Python writes.
    assert way == "database" or "which is of a type that may change" in way
    assert json.loads(text) == json.loads(to_json(made, fallback=_fields))
