"""Querysets without a session, to be chained wrongly: whatever raises on them has not asked a database."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from django_like_repos import QuerySet
from examples.help_center.models import Section
from tests.errors.models import Cabinet, Drawer, Specimen

Chain = Callable[[], Any]
Wrong = tuple[Chain, type[Exception], tuple[str, ...]]

sections: QuerySet[Section] = QuerySet(Section)
specimens: QuerySet[Specimen] = QuerySet(Specimen)
cabinets: QuerySet[Cabinet] = QuerySet(Cabinet)
drawers: QuerySet[Drawer] = QuerySet(Drawer)


def check(chain: Chain, error: type[Exception], fragments: tuple[str, ...]) -> None:
    """The chain raises on its line exactly this class, and says all of this."""
    with pytest.raises(error) as caught:
        chain()
    assert type(caught.value) is error
    message = str(caught.value)
    assert [fragment for fragment in fragments if fragment not in message] == [], message


async def check_awaited(
    chain: Callable[[], Awaitable[Any]], error: type[Exception], fragments: tuple[str, ...]
) -> None:
    """The same of what is awaited on its line anyhow: `update()`, `get()` and their kind."""
    with pytest.raises(error) as caught:
        await chain()
    assert type(caught.value) is error
    message = str(caught.value)
    assert [fragment for fragment in fragments if fragment not in message] == [], message
