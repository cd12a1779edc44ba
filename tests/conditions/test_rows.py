"""Random conditions find what plain Python finds, on both databases: as data of one's own, and of a body."""

from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from django_like_repos import Database, Q, QuerySet
from django_like_repos.contrib.filters import Conditions
from tests.conditions.declared import EveryFilter
from tests.conditions.reading import conditions, found
from tests.examples import examples
from tests.pages.tracks import Track


@examples(100)
@given(asked=st.lists(conditions, min_size=2, max_size=2))
async def test_rows(listed: Database, asked: list[Any]) -> None:
    async with listed.session() as session:
        for data in asked:
            condition = Q.from_conditions(data)
            note(f"{data!r}\n{condition!r}")
            tracks = QuerySet(Track, session).distinct().order_by("id").values_list("id", flat=True)
            expected = found(data)
            assert await tracks.filter(condition) == expected
            body = Conditions[EveryFilter].model_validate({"conditions": data})
            assert await tracks.filter_by(body) == expected
