"""Random conditions that are plain data find what plain Python finds, on both databases."""

from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from django_like_repos import Database, Q, QuerySet
from tests.conditions.reading import conditions, found
from tests.examples import examples
from tests.pages.tracks import Track


@examples(200)
@given(asked=st.lists(conditions, min_size=2, max_size=2))
async def test_rows(listed: Database, asked: list[Any]) -> None:
    async with listed.session() as session:
        for data in asked:
            condition = Q.from_conditions(data)
            note(f"{data!r}\n{condition!r}")
            rows = QuerySet(Track, session).filter(condition).distinct().order_by("id")
            assert await rows.values_list("id", flat=True) == found(data)
