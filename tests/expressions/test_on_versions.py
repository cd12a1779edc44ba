"""UPDATE by annotations where rows have versions: what changes gets the next, all else keeps its own."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, QuerySet, Value, Window
from django_like_repos.query.functions.text import Lower, Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_versions import METADATA as METADATA
from tests.mappings.test_versions import Page, Tool
from tests.mappings.test_versions import rows as rows

UPDATES: Answers = {
    "to an annotation": (
        lambda q: q(Page).annotate(x=Upper("title")).filter(x__gt="").update(title=F("x")),
        [(1, "ONE", 2), (2, "TWO", 2)],
    ),
    "by windows": (
        lambda q: (
            q(Page).annotate(w=Window(RowNumber(), order_by="id")).filter(w=1).update(title=Value("first"))
        ),
        [(1, "first", 2), (2, "two", 1)],
    ),
    "by groups": (
        lambda q: q(Page).annotate(n=Count("title")).filter(n=1, pk=2).update(title=Value("second")),
        [(1, "one", 1), (2, "second", 2)],
    ),
}


@pytest.mark.parametrize("name", UPDATES)
async def test_versions(mapped: AsyncSession, name: str) -> None:
    make, expected = UPDATES[name]
    await answer_of(mapped, make)
    assert await QuerySet(Page, mapped).order_by("id").values_list("id", "title", "version") == expected


async def test_versions_of_a_base(mapped: AsyncSession) -> None:
    tools = QuerySet(Tool, mapped)
    counted = tools.annotate(n=Count("id")).filter(n=1)
    before = await tools.order_by("id").values_list("weight", "version")

    await counted.update(weight=F("weight") + 1)
    await counted.update(name=Upper("name"))

    after = await tools.order_by("id").values_list("weight", "version")
    assert after == [(weight + 1, version + 2) for weight, version in before]


async def test_loaded_models_know_the_version(mapped: AsyncSession) -> None:
    page: Any = await QuerySet(Page, mapped).order_by("id").first()
    await QuerySet(Page, mapped).annotate(x=Lower("title")).update(title=F("x"))
    page.title = "changed"
    await mapped.flush()
    assert (page.title, page.version) == ("changed", 3)
