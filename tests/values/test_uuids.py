"""The text of a UUID: its digits count, and hyphens do not, as databases keep it with them or without."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, QuerySet, Value
from django_like_repos.functions import Lower
from tests.values.schema import Exhibit

TOKEN = UUID("12345678-9abc-4def-8123-456789abcdef")
FOUND: dict[str, list[Any]] = {
    "iexact": [str(TOKEN), TOKEN.hex, TOKEN.hex.upper(), TOKEN, Value(TOKEN.hex)],
    "startswith": ["12345678-9abc", "123456789abc", "1234", TOKEN],
    "istartswith": ["12345678-9ABC", "123456789ABC"],
    "contains": [
        "9abc-4def",
        "9abc4def",
        "f-8",
        "f8",
        "-",
        Lower(Value("9ABC-4DEF")),
        Lower(Value("9ABC4DEF")),
    ],
    "icontains": ["9ABC-4def", "9ABC4DEF"],
    "endswith": ["8123-456789abcdef", "8123456789abcdef", ""],
    "iendswith": ["8123-456789ABCDEF", "8123456789ABCDEF"],
    "regex": ["^12345678-9abc"],
}
MISSED = {
    "iexact": ["12345678-9abc"],
    "startswith": ["2345"],
    "contains": ["8a", "9abc__4def"],
    "endswith": ["cde"],
}


@pytest.mark.parametrize("column", ["uuid", "uuid_text"])
async def test_found_with_hyphens_and_without(museum: AsyncSession, column: str) -> None:
    exhibits = QuerySet(Exhibit, museum)
    await exhibits.filter(pk=1).update({column: TOKEN})
    await exhibits.exclude(pk=1).update({column: UUID(int=0)})

    for lookup, values in FOUND.items():
        for value in values:
            found = await exhibits.filter(**{f"{column}__{lookup}": value}).values_list("pk", flat=True)
            assert 1 in found, (lookup, value)
            assert value in ("", "-") or found == [1], (lookup, value)
    for lookup, values in MISSED.items():
        for value in values:
            assert not await exhibits.filter(**{f"{column}__{lookup}": value}).exists(), (lookup, value)
    assert await exhibits.filter(**{f"{column}__startswith": F(column)}).count() == await exhibits.count()
