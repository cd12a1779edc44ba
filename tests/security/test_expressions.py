"""Regular expressions of a client's on SQLite: in linear time, where RE2 is there."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import InvalidLookupValueError, QuerySet
from django_like_repos.sqlite import text
from tests.security.models import Account

linear = pytest.mark.skipif(text.LINEAR is None, reason="google-re2 is not installed")

PATTERNS = [("^a", 1), ("n+$", 1), ("(?i)ANN", 1), (".", 3), ("[be]", 2), ("a|b", 2), ("^$", 0)]


async def test_patterns_that_all_engines_read_alike(session: AsyncSession) -> None:
    accounts: Any = QuerySet(Account, session)
    for pattern, number in PATTERNS:
        assert await accounts.filter(login__regex=pattern).count() == number, pattern
    assert await accounts.filter(login__iregex="^AN").count() == 1
    with pytest.raises(InvalidLookupValueError, match="regular expression"):
        accounts.filter(login__regex="(")


@linear
async def test_what_the_linear_engine_does_not_read(session: AsyncSession) -> None:
    accounts: Any = QuerySet(Account, session)
    if session.get_bind().dialect.name == "postgresql":
        assert await accounts.filter(login__regex="^(?=a)").count() == 1
        return
    with pytest.raises(DBAPIError) as caught:
        await accounts.filter(login__regex="^(?=a)").count()
    assert "no lookaround" in caught.value.__notes__[0]


@linear
def test_the_linear_engine_is_used() -> None:
    found = text._pattern("a(b|c)+$", True)
    assert type(found).__module__.startswith("re2")
    assert found.search("xABC") is not None
    assert found.search("xABD") is None
