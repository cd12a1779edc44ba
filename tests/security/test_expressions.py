"""Regular expressions of a client's on SQLite: in linear time, where RE2 is there."""

import re
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, InvalidLookupValueError, QuerySet
from django_like_repos.constructs import patterns
from django_like_repos.execution.states import is_of_value
from tests.security.models import Account

linear = pytest.mark.skipif(patterns.LINEAR is None, reason="google-re2 is not installed")

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
    for pattern in ("^(?=a)", "(?<!a)b", r"(a)\1", r"a\Z", "(?:a{200}){200}", "(?#x)a"):
        assert str(patterns.unread_regex(pattern)).startswith("a regular expression that RE2 can read (")
    for asked in ("^(?=a)", F("login")):
        # What a column holds nobody could read before.
        await accounts.filter(login="ann").update(login="(?=a)")
        if session.get_bind().dialect.name == "postgresql":
            assert await accounts.filter(login__regex=asked).count() >= 0
            continue
        with pytest.raises(DBAPIError) as caught:
            await accounts.filter(login__regex=asked).count()
        assert "no lookaround" in caught.value.__notes__[0]
        assert is_of_value(caught.value.orig)


UNREAD = {
    "a{256}": "repetition beyond 255",
    "a{1,256}": "repetition beyond 255",
    "(?P<n>a)": r"\(\?P",
    "(?i:a)": r"\(\?i",
    "a++": r"\+\+",
    "a{2}+": r"\{2\}\+",
    "x{2": "brace that is not closed",
    "(?=a)*": r"repeated \(\?=",
    "[[.x]": r"\[\. in a set",
    r"[\N{BULLET}]": r"\\N",
    r"\N{BULLET}": r"\\N",
    r"[\1a]": r"\\1 in a set",
    "[^a-c-e]": "range that begins where another ends",
    r"[\x61-\x63-e]": "range that begins where another ends",
    "(?u)a": r"\(\?u",
}


@pytest.mark.parametrize("pattern", UNREAD)
@pytest.mark.filterwarnings("ignore:Possible nested set")
async def test_what_postgresql_does_not_read(pattern: str, session: AsyncSession) -> None:
    accounts: Any = QuerySet(Account, session)
    said = patterns.unread_regex(pattern)
    assert re.search(f"PostgreSQL can read, which has no {UNREAD[pattern]}", str(said))
    if session.get_bind().dialect.name == "postgresql":
        with pytest.raises(DBAPIError):
            await accounts.filter(login__iregex=pattern).count()


@pytest.mark.parametrize("pattern", ["a{99999999999}", "(" * 4000 + ")" * 4000])
def test_what_python_gives_up(pattern: str) -> None:
    accounts: Any = QuerySet(Account)
    with pytest.raises(InvalidLookupValueError, match="that Python can read"):
        accounts.filter(login__regex=pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "x{a}",
        "{",
        "(?i)a",
        "[]a]",
        "[^]a]",
        "a*?",
        "a{0,255}?",
        r"\(\?P",
        "()|",
        "[a-c-]",
        "[a-cd-e]",
        r"[a\-c-e]",
    ],
)
async def test_what_looks_alike_and_is_read(pattern: str, session: AsyncSession) -> None:
    assert patterns.unread_regex(pattern) is None
    assert await QuerySet(Account, session).filter(login__regex=pattern).count() >= 0


@pytest.mark.parametrize("lookup", ["like", "ilike"])
async def test_patterns_of_like_that_are_not_finished(lookup: str, session: AsyncSession) -> None:
    accounts: Any = QuerySet(Account, session)
    for pattern in ("\\", "a%\\", "\\\\\\"):
        with pytest.raises(InvalidLookupValueError, match="does not end with a single backslash"):
            accounts.filter(**{f"login__{lookup}": pattern})
    for pattern in ("\\\\", "\\a", "ann"):
        assert await accounts.filter(**{f"login__{lookup}": pattern}).count() == (pattern == "ann")


@linear
def test_the_linear_engine_is_used() -> None:
    found = patterns.compiled("a(b|c)+$", True)
    assert type(found).__module__.startswith("re2")
    assert found.search("xABC") is not None
    assert found.search("xABD") is None
