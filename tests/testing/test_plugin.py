"""The plugin, by runs of pytest: by pytest-asyncio and anyio, in loops of a test's own and in one for all."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import URL, text

from django_like_repos import Database
from tests.test_docs import DOCS, tokens

CONFTEST = """
import pytest
from examples.help_center.models import Base

pytest_plugins = ["django_like_repos.testing"]

@pytest.fixture(scope="session")
def database_models():
    return Base

@pytest.fixture(scope="session")
def database_url():
    return {url!r}
"""

TESTS = """
import pytest
from django_like_repos import atomic, on_commit
from examples.help_center.repositories import PublicationStatusRepository

{mark}

@pytest.mark.parametrize("number", [1, 2])
async def test_each_begins_anew(session, database, number):
    statuses = PublicationStatusRepository(session)
    assert not await statuses.objects.exists()
    await statuses.commit().create(code="a", name="A")
    async with atomic(database) as own:
        assert await PublicationStatusRepository(own).objects.count() == 1

async def test_calls(session, database, assert_num_queries, capture_queries, capture_on_commit_callbacks):
    statuses = PublicationStatusRepository(session)
    with assert_num_queries(1), capture_queries() as queries:
        await statuses.objects.count()
    assert queries[0].chain == "PublicationStatus"
    async with capture_on_commit_callbacks() as callbacks:
        async with atomic(database) as own:
            await on_commit(print, own)
    assert [*callbacks] == [print]

async def test_that_fails(session, assert_num_queries):
    with assert_num_queries(2):
        await PublicationStatusRepository(session).objects.filter(code="x").exists()
"""


_CONFIGURED = {
    "loops of their own": (
        "[pytest]\nasyncio_mode = auto\nfilterwarnings = error\n"
        "asyncio_default_fixture_loop_scope = function\n"
    ),
    "one loop": (
        "[pytest]\nasyncio_mode = auto\nfilterwarnings = error\n"
        "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n"
    ),
    "anyio": "[pytest]\naddopts = -p no:asyncio\nfilterwarnings = error\n",
}


async def _names(url: URL) -> list[str]:
    asked = text("SELECT datname FROM pg_database WHERE datname LIKE 'test_postgres%'")
    async with Database(url) as database, database.session() as session:
        return [*await session.scalars(asked)]


@pytest.mark.parametrize(
    ("backend", "way"),
    [
        ("sqlite", "anyio"),
        ("postgresql", "loops of their own"),
        # Those of the page are such a run.
        pytest.param("sqlite", "one loop", marks=pytest.mark.long),
        pytest.param("sqlite", "loops of their own", marks=pytest.mark.long),
        pytest.param("postgresql", "one loop", marks=pytest.mark.long),
        pytest.param("postgresql", "anyio", marks=pytest.mark.long),
    ],
)
def test_run(pytester: pytest.Pytester, backend: str, postgres: URL, way: str) -> None:
    pytester.makeini(_CONFIGURED[way])
    server = postgres.set(database="postgres").render_as_string(hide_password=False)
    url = server if backend == "postgresql" else "sqlite+aiosqlite:///never.db"
    pytester.makeconftest(CONFTEST.format(url=url))
    pytester.makepyfile(TESTS.format(mark="pytestmark = pytest.mark.anyio" if way == "anyio" else ""))
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: 1 queries were sent, and 2 were expected:",
            "*1. SELECT *",
            "*for PublicationStatus.filter(code='x')",
            "*at *test_run.py:*",
        ]
    )
    assert not [*pytester.path.glob("*.db*")]
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, _names(postgres.set(database="postgres"))).result() == []


def test_models_have_to_be_named(pytester: pytest.Pytester) -> None:
    pytester.makeini(_CONFIGURED["one loop"])
    pytester.makeconftest('pytest_plugins = ["django_like_repos.testing"]')
    pytester.makepyfile("async def test_it(session): ...")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*say which tables the database of the tests has*", "*def database_models():"]
    )


def test_the_page(pytester: pytest.Pytester) -> None:
    """The files that the page shows are run as a project has them."""
    pytester.makeini(_CONFIGURED["one loop"])
    for token in tokens(DOCS / "testing.md"):
        name = re.match(r"# (\w+\.py)\n", token.content)
        if token.type == "fence" and name is not None:
            (pytester.path / name[1]).write_text(token.content, encoding="utf-8")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=5)
